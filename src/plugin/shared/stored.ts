import type { Change, Notice } from '../../contract/signal.js'
import type { EpochMs } from '../../contract/time.js'
import type { Rollup, ServiceNow, ServiceRow } from '../../contract/view.js'

// What stores that keep rows of JSON have in common.

/**
 * Halves of surrogate pairs, which names of old logs may hold, become what the columns beside hold for them: U+FFFD. So
 * whoever reads a row can write its names into an address, and finds the row by it. JSON writes only halves as escapes.
 */
export const parsed = (text: string): unknown =>
  JSON.parse(
    text.includes('\\ud') ? text.replace(/\\(?:ud[89a-f][\da-f]{2}|[^])/g, c => (c.length > 2 ? '\ufffd' : c)) : text,
  )

/** What readers are given of a service. */
export const shown = ({ alerts: _, ...row }: ServiceRow): ServiceNow => row

/** Letters a to z in small, as SQLite does it. */
export const small = (text: string): string => text.replace(/[A-Z]/g, letter => letter.toLowerCase())

/** When a fact took effect. */
export const effectOf = (fact: Change | Notice): EpochMs =>
  fact.via === 'change' ? (fact.happenedAt ?? fact.at) : fact.at

/** Takes a label, or one value of it, out of a row; whether there was something of it. */
export function withoutLabel(row: Rollup, label: string, value: string | undefined): boolean {
  let changed = false
  for (const by of [row.reportsBy, row.ratesBy] as Record<string, Record<string, unknown>>[]) {
    const values = by[label]
    if (values === undefined || (value !== undefined && values[value] === undefined)) continue
    changed = true
    if (value !== undefined) delete values[value]
    if (value === undefined || Object.keys(values).length === 0) delete by[label]
  }
  return changed
}
