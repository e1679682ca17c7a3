import type { Channel } from '../../contract/subscribers/subscriber.js'
import type { Severity } from '../../contract/incident.js'
import { isZone, readMoment } from '../../core/calendar/zone.js'
import { readTime } from '../../core/ingest/time.js'

/** What an importer makes of the files of another tool. */

export interface PastIncident {
  service: string
  title: string
  severity: Severity
  components: string[]
  startedAt: number
  endedAt: number
  /** Oldest first. */
  said: { at: number; text: string }[]
  /** Where it came from, for the reason that is kept. */
  from: string
}
export interface FoundService {
  id: string
  title: string
  components: { id: string; name: string }[]
}
export interface Found {
  services: FoundService[]
  probes: Record<string, unknown>[]
  maintenance: Record<string, unknown>[]
  incidents: PastIncident[]
  /** Parts of a configuration about who is on call. */
  responders: Record<string, unknown>[]
  rotas: Record<string, unknown>[]
  routes: Record<string, unknown>[]
  /** Who wants to be told; taken over only where whoever imports says that they agreed to that. */
  subscribers: PastSubscriber[]
  notUnderstood: string[]
}

/** Somebody who is told by the other tool, at an address of mail or of the web. */
export interface PastSubscriber {
  channel: Channel
  address: string
  /** Ids of components, as {@link Found.services} has them; empty: everything. */
  components: string[]
  /** When they agreed; null: not said. */
  confirmedAt: number | null
}

/** A file as it was read: JSON, YAML, or Markdown with a head of YAML. */
export interface Doc {
  name: string
  value: unknown
  /** Below the head of a Markdown file. */
  body?: string
}
export type Importer = (docs: readonly Doc[], service: string | null) => Found

export const nothing = (): Found => ({
  ...{ services: [], probes: [], maintenance: [], incidents: [] },
  ...{ responders: [], rotas: [], routes: [], subscribers: [], notUnderstood: [] },
})

export type Rec = Record<string, unknown>
export const rec = (value: unknown): Rec =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Rec) : {}
export const list = (value: unknown): Rec[] => (Array.isArray(value) ? value.map(rec) : [])
export const text = (value: unknown): string | undefined => {
  const found = typeof value === 'number' ? String(value) : value
  return typeof found === 'string' && found.trim() !== '' ? found.replace(/\s+/g, ' ').trim() : undefined
}
const LOCAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?$/

/** Milliseconds since 1970, or null; a time without a zone is of this one, which is UTC where the tool writes it so. */
export function when(value: unknown, zone = 'Etc/UTC'): number | null {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.getTime()
  const plain = text(value)
  if (plain === undefined) return null
  // People write `8:00` by hand.
  const iso = plain
    .replace(' ', 'T')
    .replace(/^(\d{4}-\d\d-\d\d)$/, '$1T00:00:00')
    .replace(/T(?=\d:)/, 'T0')
  if (zone !== 'Etc/UTC' && LOCAL.test(iso) && isZone(zone)) return readMoment(iso, zone).at
  const zoned = /(?:Z|[+-]\d\d:?\d\d)$/.test(iso) ? iso : `${iso}Z`
  const at = readTime(zoned)
  return Number.isNaN(at) ? (Number.isNaN(Date.parse(zoned)) ? null : Date.parse(zoned)) : at
}
/** A name as an id: small letters, digits and `-`, at most 40. */
export const slug = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40)
    .replace(/-$/, '') || 'unnamed'

/** Ids that no two names share; the same name gets the same id. */
export class Ids {
  private readonly byName = new Map<string, string>()
  private readonly taken = new Set<string>()
  of(name: string): string {
    const known = this.byName.get(name)
    if (known !== undefined) return known
    const plain = slug(name).slice(0, 36)
    let id = plain
    for (let n = 2; this.taken.has(id); n++) id = `${plain}-${n}`
    this.taken.add(id)
    this.byName.set(name, id)
    return id
  }
}

/** Keys of an object that nothing here reads. */
export function strangers(found: Found, where: string, value: Rec, known: readonly string[]): void {
  const strange = Object.keys(value).filter(key => !known.includes(key))
  if (strange.length > 0) found.notUnderstood.push(`${where}: ${strange.join(', ')}`)
}

/** Keeps an incident that has both its times; else says what it lacks. */
export function keep(
  found: Found,
  incident: Omit<PastIncident, 'startedAt' | 'endedAt'> & { startedAt: number | null; endedAt: number | null },
): void {
  const { startedAt, endedAt, title } = incident
  if (startedAt === null) found.notUnderstood.push(`incident “${title}”: no time at which it began`)
  else if (endedAt === null)
    found.notUnderstood.push(`incident “${title}”: it is not over; open it by hand when you move`)
  else found.incidents.push({ ...incident, startedAt, endedAt: Math.max(startedAt, endedAt) })
}
