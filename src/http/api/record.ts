import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { DAY, MINUTE, type EpochMs } from '../../contract/time.js'
import type { IncidentView, Reader } from '../../contract/view.js'
import { GRACE_MS, monthOf, type MonthRecord, recordOf } from '../../core/vendors/record.js'
import { iso } from '../pages/format.js'
import { notFound } from '../problem.js'
import type { Routes } from '../routes.js'

/** Of one service so far back; notices are kept for 400 days. */
const OF_ONE_MS = 396 * DAY
/** Of all services so far back: this month and the two before. */
const OF_ALL_MS = 62 * DAY
/** What was found stays for so long: it changes by the day. */
const HELD_MS = 5 * MINUTE
/** Services of which it is held; beyond, the one asked for longest ago is read anew. */
const RECORDS_HELD = 1_024
/** Services that the record of all lists. */
export const RECORDS_LISTED = 500
/** Incidents of one service that are read at once. */
const INCIDENTS_READ = 200
/** Incidents of one service that a record looks at, newest first: five a day for thirteen months. */
const INCIDENTS_MOST = 2_000

export interface ServiceRecord {
  service: string
  title: string
  /** Newest first. */
  months: MonthRecord[]
}

/** Reads records from the store; each is remembered for a few minutes. */
export class Records {
  readonly #held = new Map<string, { slot: number; months: Promise<MonthRecord[]> }>()

  constructor(private readonly reader: Reader) {}

  /** Null: there is no such service. */
  async of(id: string): Promise<ServiceRecord | null> {
    const [{ now }, service] = await Promise.all([this.reader.workspace(), this.reader.service(id)])
    return service && { service: id, title: service.title, months: await this.#months(id, now, OF_ONE_MS) }
  }

  /** Of services of which anything was told or read, by name. */
  async all(): Promise<ServiceRecord[]> {
    const [{ now }, services] = await Promise.all([this.reader.workspace(), this.reader.services()])
    const records: ServiceRecord[] = []
    for (const { service, title } of services.slice(0, RECORDS_LISTED)) {
      const months = await this.#months(service, now, OF_ALL_MS)
      if (months.length > 0) records.push({ service, title, months })
    }
    return records.sort((a, b) => a.title.localeCompare(b.title))
  }

  #months(id: string, now: EpochMs, backMs: number): Promise<MonthRecord[]> {
    const [key, slot] = [`${backMs} ${id}`, Math.floor(now / HELD_MS)]
    const held = this.#held.get(key)
    if (held?.slot === slot) return held.months
    const months = this.#read(id, now, backMs)
    this.#held.delete(key)
    this.#held.set(key, { slot, months })
    if (this.#held.size > RECORDS_HELD) this.#held.delete(this.#held.keys().next().value as string)
    months.catch(() => this.#held.delete(key))
    return months
  }

  async #read(id: string, now: EpochMs, backMs: number): Promise<MonthRecord[]> {
    const from = Date.parse(`${monthOf(now - backMs)}-01T00:00:00Z`)
    // A word of the last days before may belong to a trouble of the first month.
    const facts = await this.reader.facts(id, from - 7 * DAY, now + 1, 'notice')
    const incidents: IncidentView[] = []
    let before: EpochMs | undefined
    while (incidents.length < INCIDENTS_MOST) {
      const query = { service: id, limit: INCIDENTS_READ, ...(before === undefined ? {} : { before }) }
      const some = await this.reader.incidents(query)
      incidents.push(...some)
      before = some.at(-1)?.openedAt
      if (some.length < INCIDENTS_READ || before === undefined || before < from) break
    }
    return recordOf({ facts, incidents, now }, from)
  }
}

const Count = Type.Union([Type.Integer(), Type.Null()], { description: 'null: no vendor was read' })
const Ms = Type.Union([Type.Number(), Type.Null()])
const Time = Type.Union([Type.String(), Type.Null()])
const Text = Type.Union([Type.String(), Type.Null()])
const Entry = Type.Object({
  judged: Type.String({ description: 'both, missed, alone, confirmed or unjudged' }),
  leadMs: Ms,
  ours: Type.Union([
    Type.Object({ id: Type.String(), title: Type.String(), at: Type.String(), resolvedAt: Time }),
    Type.Null(),
  ]),
  vendor: Type.Union([
    Type.Object({
      source: Text,
      thread: Text,
      title: Text,
      href: Text,
      at: Type.String({ description: "First word, by the vendor's own clock" }),
      heardAt: Type.String({ description: 'When that was read here' }),
      resolvedAt: Time,
    }),
    Type.Null(),
  ]),
})
const Answer = Type.Object({
  rule: Type.String(),
  graceMs: Type.Number(),
  services: Type.Array(
    Type.Object({
      service: Type.String(),
      title: Type.String(),
      months: Type.Array(
        Type.Object({
          month: Type.String({ description: 'Of UTC, such as 2026-02' }),
          spanMs: Type.Number({ description: 'How much of it is over' }),
          readMs: Type.Number({ description: "How much of that a vendor's page is known to have been read" }),
          ours: Type.Integer({ description: 'Troubles told here' }),
          both: Type.Integer({ description: 'Of these, told by the vendor as well' }),
          vendors: Count,
          missed: Count,
          alone: Count,
          leadMs: Type.Union([Type.Number(), Type.Null()], {
            description: "Median time by which our first word came before the vendor's; negative: after it",
          }),
          leads: Type.Integer({ description: 'Of how many that is the median' }),
          oursLastedMs: Ms,
          vendorsLastedMs: Ms,
          entries: Type.Array(Entry),
        }),
      ),
    }),
  ),
})

const RULE =
  "Ours counts from when it was told here, the vendor's from the time that the vendor wrote beside its first word. Two are the same trouble where they overlap, with graceMs on either side. missed: the vendor told of it and nothing was told here. alone: told here, while the vendor's page was read and said nothing, and no person confirmed it. What falls into times in which no vendor was read is unjudged."

const isoOrNull = (at: EpochMs | null): string | null => (at === null ? null : iso(at))

const shown = ({ entries, ...month }: MonthRecord) => ({
  ...month,
  entries: entries.map(({ judged, leadMs, ours, vendor }) => ({
    judged,
    leadMs,
    ours: ours && { id: ours.id, title: ours.title, at: isoOrNull(ours.at), resolvedAt: isoOrNull(ours.resolvedAt) },
    vendor: vendor && {
      ...vendor,
      at: isoOrNull(vendor.at),
      heardAt: isoOrNull(vendor.heardAt),
      resolvedAt: isoOrNull(vendor.resolvedAt),
    },
  })),
})

/** `GET /api/v1/record`: how right this was, of one service or of all. */
export function recordRoutes(server: FastifyInstance, routes: Routes, records: Records): void {
  routes.add(
    server,
    {
      method: 'GET',
      url: '/api/v1/record',
      summary: 'How right this was, month by month: first words, misses, false alarms; of all services three months',
      query: Type.Object({
        service: Type.Optional(
          Type.String({ minLength: 1, maxLength: 300, description: 'Of this one thirteen months' }),
        ),
      }),
      answer: Answer,
      fails: [404],
      handle: async ({ query: { service } }) => {
        const one = service === undefined ? null : await records.of(service)
        if (service !== undefined && one === null) throw notFound('service', service)
        const list = one === null ? await records.all() : [one]
        return {
          rule: RULE,
          graceMs: GRACE_MS,
          services: list.map(({ months, ...each }) => ({ ...each, months: months.map(shown) })),
        }
      },
    },
    async () => {},
  )
}
