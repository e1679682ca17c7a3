import { type EpochMs, HOUR, MINUTE } from '../../src/contract/time.js'

/** What really happens to one service, and what its vendor says of it. */
export interface Fate {
  kind: 'broken' | 'lied about' | 'called down' | 'planned work' | 'meme' | 'talked about' | 'unreadable' | 'quiet'
  from: EpochMs
  until: EpochMs
}

/** Before the first thing happens: what is usual is learned. */
const QUIET_MS = 2 * HOUR
const KINDS: readonly [Fate['kind'], number, number][] = [
  ['broken', 10, 40 * MINUTE],
  // An hour in which it is broken and its page says that all is well.
  ['lied about', 4, HOUR],
  ['called down', 4, 40 * MINUTE],
  ['planned work', 2, HOUR],
  ['meme', 2, HOUR],
  ['talked about', 2, HOUR],
  ['unreadable', 2, HOUR],
]

/** The fates of so many services, spread over the time that is left of a day which lasts so long. */
export function fatesOf(count: number, began: EpochMs, lastsMs: number): Fate[] {
  const fates: Fate[] = []
  const eventful = KINDS.reduce((sum, [, n]) => sum + n, 0)
  const room = lastsMs - QUIET_MS - 2 * HOUR
  for (const [kind, n, ms] of KINDS)
    for (let i = 0; i < n; i++) {
      const from = began + QUIET_MS + Math.floor((room * ((fates.length * 7) % eventful)) / eventful / MINUTE) * MINUTE
      fates.push({ kind, from, until: from + ms })
    }
  while (fates.length < count) fates.push({ kind: 'quiet', from: began, until: began })
  return fates
}

export const isBroken = ({ kind, from, until }: Fate, at: EpochMs): boolean =>
  (kind === 'broken' || kind === 'lied about') && at >= from && at < until

export interface Said {
  at: EpochMs
  status: string
  body: string
}
/** The vendor is late: its first word comes so long after the trouble, its last so long after the end. */
const VENDOR_LATE_MS = 20 * MINUTE
const VENDOR_LONGER_MS = 10 * MINUTE

/** The words of a vendor up to a time, oldest first. */
export function wordsOf({ kind, from, until }: Fate, name: string, at: EpochMs): Said[] {
  const late = kind === 'broken' ? VENDOR_LATE_MS : 0
  const all: Said[] =
    kind === 'broken' || kind === 'called down'
      ? [
          { at: from + late, status: 'investigating', body: `We are looking into elevated errors of ${name}.` },
          { at: from + late + 5 * MINUTE, status: 'identified', body: `The cause of the errors of ${name} was found.` },
          { at: until + VENDOR_LONGER_MS, status: 'resolved', body: `${name} works again for everybody.` },
        ]
      : kind === 'planned work'
        ? [
            { at: from - HOUR, status: 'scheduled', body: `We will upgrade databases of ${name}.` },
            { at: from, status: 'in_progress', body: `The upgrade of ${name} has begun.` },
            { at: until, status: 'completed', body: `The upgrade of ${name} is complete.` },
          ]
        : []
  return all.filter(each => each.at <= at)
}

/** Statuspage's summary as the vendor's page is at a time. */
export function summaryOf(fate: Fate, name: string, at: EpochMs): string {
  const words = wordsOf(fate, name, at)
  const newest = words.at(-1)
  const isOpen = newest !== undefined && newest.status !== 'resolved' && newest.status !== 'completed'
  const planned = fate.kind === 'planned work'
  const iso = (ms: EpochMs) => new Date(ms).toISOString()
  const bad = isOpen && !planned
  const works = isOpen && newest.status === 'in_progress'
  const incident = newest && {
    ...{ id: `${name}-1`, name: planned ? 'Database upgrade' : `Errors of ${name}`, status: newest.status },
    ...{ impact: planned ? 'maintenance' : 'critical', created_at: iso(words[0]!.at), updated_at: iso(newest.at) },
    ...(planned ? { scheduled_for: iso(fate.from), scheduled_until: iso(fate.until) } : {}),
    incident_updates: words
      .map((each, i) => ({ id: `${name}-${i}`, status: each.status, body: each.body, created_at: iso(each.at) }))
      .reverse(),
    components: [],
  }
  const state = bad ? 'major_outage' : works ? 'under_maintenance' : 'operational'
  return JSON.stringify({
    page: { id: name, name, updated_at: iso(newest?.at ?? fate.from) },
    status: bad
      ? { indicator: 'critical', description: 'Major Service Outage' }
      : works
        ? { indicator: 'maintenance', description: 'Service Under Maintenance' }
        : { indicator: 'none', description: 'All Systems Operational' },
    components: [{ id: 'c1', name: 'API', status: state, group: false }],
    incidents: incident && !planned ? [incident] : [],
    scheduled_maintenances: incident && planned ? [incident] : [],
  })
}
