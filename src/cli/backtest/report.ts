import { DAY, type EpochMs, MINUTE } from '../../contract/time.js'
import type { BySide, Comparison, Difference, Episode, KnownResult, Side } from './compare.js'

export interface History {
  file: string
  kind: 'counts' | 'signals'
  from: EpochMs
  until: EpochMs
  services: string[]
}

/** The comparison as text for a terminal. */
export function report(history: History, settings: BySide<string>, comparison: Comparison, first: number): string {
  const { services, differences, known } = comparison
  const days = (history.until - history.from) / DAY
  const raised = history.kind === 'counts' ? 'episodes' : 'incidents'
  const total = {
    service: 'all',
    raised: sum(services.map(s => s.raised)),
    openMs: sum(services.map(s => s.openMs)),
    both: services.reduce((n, s) => n + s.both, 0),
    only: sum(services.map(s => s.only)),
  }
  const rows = services.length > 1 ? [...services, total] : services
  return [
    `${history.file}: ${clock(history.from)} to ${clock(history.until)} UTC, ${days.toFixed(1)} days`,
    '',
    `  A  ${settings.a}`,
    `  B  ${settings.b}`,
    '',
    rows.length === 0
      ? 'Neither raised anything.'
      : table(
          ['service', `${raised} A`, `${raised} B`, 'open A', 'open B', 'both', 'only A', 'only B'],
          rows.map(s => [
            s.service,
            s.raised.a,
            s.raised.b,
            duration(s.openMs.a),
            duration(s.openMs.b),
            s.both,
            s.only.a,
            s.only.b,
          ]),
        ),
    ...(known === null ? [] : ['', knownTable(known)]),
    ...(differences.length === 0 && rows.length > 0 ? ['', 'They agree in everything raised.'] : []),
    ...(differences.length === 0
      ? []
      : ['', heading(differences.length, first), differenceTable(history, differences, first)]),
    '',
  ].join('\n')
}

const heading = (count: number, first: number) =>
  count > first ? `The first ${first} of ${count} differences:` : `Differences (${count}):`

const sum = (values: readonly BySide<number>[]): BySide<number> => ({
  a: values.reduce((n, v) => n + v.a, 0),
  b: values.reduce((n, v) => n + v.b, 0),
})

function differenceTable({ kind }: History, differences: readonly Difference[], first: number): string {
  const figures = kind === 'counts' ? ['expected', 'observed', 'bits'] : ['what', 'bits']
  return table(
    ['raised', 'by', 'service', 'since', 'until', ...figures],
    differences.slice(0, first).map(({ service, a, b }) => {
      const e = (a === null || (b !== null && b.raised < a.raised) ? b : a) as Episode
      const what = kind === 'counts' ? [short(e.expected), short(e.observed)] : [e.what ?? '']
      return [
        clock(e.raised),
        by(a, b),
        service,
        clock(e.from),
        until(e),
        ...what,
        e.bits === null ? '' : e.bits.toFixed(1),
      ]
    }),
  )
}

/** Who raised it: one alone, or one so much before the other. */
function by(a: Episode | null, b: Episode | null): string {
  if (a === null) return 'only B'
  if (b === null) return 'only A'
  const lead = duration(Math.abs(b.raised - a.raised))
  return a.raised < b.raised ? `A, ${lead} before B` : `B, ${lead} before A`
}

const until = (e: Episode) => (e.until === null ? 'open' : clock(e.until))

function knownTable(known: readonly KnownResult[]): string {
  const shown = known.filter(k => k.events > 0 || k.unexplained.a > 0 || k.unexplained.b > 0)
  if (shown.length === 0) return 'No known event lies within the time of the history.'
  const delay = (k: KnownResult, side: Side) => {
    const all = k.delaysMin[side]
    return all.length === 0 ? '–' : signed(all[all.length >> 1]!)
  }
  return table(
    [
      'known events',
      'number',
      'found A',
      'found B',
      'missed A',
      'missed B',
      'delay A',
      'delay B',
      'unexplained A',
      'unexplained B',
    ],
    shown.map(k => [
      k.service ?? '(any service)',
      k.events,
      k.found.a,
      k.found.b,
      k.events - k.found.a,
      k.events - k.found.b,
      delay(k, 'a'),
      delay(k, 'b'),
      k.unexplained.a,
      k.unexplained.b,
    ]),
  )
}

const signed = (minutes: number) => `${minutes < 0 ? '−' : '+'}${duration(Math.abs(minutes) * MINUTE)}`

export const clock = (at: EpochMs) => new Date(at).toISOString().slice(0, 16).replace('T', ' ')

const short = (value: number | null) =>
  value === null ? '' : String(Number.isInteger(value) ? value : Number(value.toPrecision(3)))

function duration(ms: number): string {
  const minutes = Math.round(ms / MINUTE)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** A number, a duration, or nothing; no time of day. */
const FIGURE = /^$|^–$|^[+−]?\d[\d.]*(?: [dhm]|$)/

/** Columns of equal width; numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines = [head, ...rows.map(row => row.map(String))]
  const widths = head.map((_, column) => Math.max(...lines.map(line => line[column]!.length)))
  const right = head.map((_, column) => rows.every(row => FIGURE.test(String(row[column]))))
  return lines
    .map(line =>
      line
        .map((cell, column) => (right[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
