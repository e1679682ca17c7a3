import { PermanentError } from '../../contract/error.js'
import type { IncidentEvent } from '../../contract/incident.js'
import type { Forget, Order } from '../../contract/order.js'
import { type Plugin, plugin } from '../../contract/plugin.js'
import type { Commit, CommittedEvent, IncidentHead, Reads, Store } from '../../contract/ports.js'
import type { SubscriberChange, Subscriptions } from '../../contract/subscribers/subscriber.js'
import type { EpochMs } from '../../contract/time.js'
import type { AlertHeard, Heard, IncidentQuery, IncidentView, Rollup, ServiceRow } from '../../contract/view.js'
import { faultsOfTls } from '../shared/tls-files.js'
import { effectOf, parsed, shown, small, withoutLabel } from '../shared/stored.js'
import type { Ask, Session, Sessions } from './postgres/session.js'
import { type PostgresConfig, replaced, SETTINGS } from './postgres/settings.js'
import { IS_MINE } from './postgres/sharing-sql.js'
import * as sql from './postgres/sql.js'
import { subscriberReader, writeSubscribers } from './postgres/subscribers.js'

/** Rows of one statement: some megabytes. */
const STATEMENT_ROWS = 5_000
/** A part of a snapshot: rows of hundreds of megabytes are more than a client reads as one. */
const SNAPSHOT_PART_BYTES = 16 * 1024 * 1024
interface Body {
  body: string
}
const opened = <T>({ body }: Body): T => parsed(body) as T
const first = <T>([row]: readonly Body[]): T | null => (row === undefined ? null : opened<T>(row))
const bytes = (value: Uint8Array): Buffer => Buffer.from(value.buffer, value.byteOffset, value.byteLength)

/** Rows in bulk. Of two that are the same row the later one counts, unless `newer` says otherwise. */
async function put(
  ask: Ask,
  table: sql.Table,
  rows: readonly (readonly unknown[])[],
  newer: (next: readonly unknown[], had: readonly unknown[]) => boolean = () => true,
): Promise<void> {
  const byKey = new Map<string, readonly unknown[]>()
  const columns = Object.keys(table.columns)
  const key = table.key.map(each => columns.indexOf(each))
  for (const row of rows) {
    const id = JSON.stringify(key.map(at => row[at]))
    const had = byKey.get(id)
    if (had === undefined || newer(row, had)) byKey.set(id, row)
  }
  // In the order of their keys, so that pages of the index are written one after the other.
  const distinct = [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
  const text = sql.putting(table)
  for (let i = 0; i < distinct.length; i += STATEMENT_ROWS) {
    const part = distinct.slice(i, i + STATEMENT_ROWS)
    await ask(
      text,
      columns.map((_, at) => part.map(row => row[at])),
    )
  }
}

/** What a word is looked for in; a column of text has no U+0000. */
const wordsOf = ({ id, service, title }: IncidentHead): string =>
  small(`${id} ${service} ${title}`).replaceAll('\0', '')

const daysOf = (rollups: readonly Rollup[]) => new Set(rollups.map(({ bin }) => sql.dayOf(bin)))

class PostgresStore implements Store {
  /** Days that have their partition. */
  private readonly days = new Set<EpochMs>()

  constructor(
    private readonly writing: Session | null,
    private readonly reading: Session | Sessions,
    /** The owner's number when this one became it. */
    private readonly owned: number,
    private readonly schema: string,
    /** The lease by which it writes, where several share out the work. */
    private readonly lease: string | undefined,
  ) {}

  async commit({ outcome, heads, orders, position, now }: Commit): Promise<void> {
    await this.write('commit to the store', async ask => {
      for (const each of outcome.forgotten ?? []) await this.forget(ask, each)
      for (let i = 0; i < outcome.events.length; i += STATEMENT_ROWS) {
        const part = outcome.events.slice(i, i + STATEMENT_ROWS)
        await ask(sql.TELLING, [part.map(e => e.incident), part.map(e => e.seq), part.map(e => JSON.stringify(e))])
      }
      const body = (value: object) => JSON.stringify(value)
      await put(
        ask,
        sql.HEAD,
        heads.map(h => [h.id, h.service, h.open, h.openedAt, h.resolvedAt, wordsOf(h), body(h)]),
      )
      for (const { after, until, since, position: last } of outcome.undone ?? [])
        await ask('DELETE FROM rollup WHERE bin > $1 AND bin <= $2 AND position > $3 AND position <= $4', [
          ...[after, until, since, last],
        ])
      await this.makeDays(ask, outcome.rollups)
      await put(
        ask,
        sql.ROLLUP,
        outcome.rollups.map(r => [r.service, r.bin, r.position, body(r)]),
        (next, had) => {
          return Number(next[2]) >= Number(had[2])
        },
      )
      await put(
        ask,
        sql.SERVICE,
        outcome.services.map(s => [s.service, position, body(s)]),
      )
      await put(
        ask,
        sql.FACT,
        outcome.facts.map(f => [f.service, f.id, f.via, effectOf(f), body(f)]),
      )
      await put(
        ask,
        sql.COMMAND,
        orders.map(o => [o.id, o.incident, body(o)]),
      )
      const at = Number.isFinite(now) ? now : 0
      await ask('UPDATE position SET position = $1, now = $2 WHERE position <= $1', [position, at])
    })
    for (const day of daysOf(outcome.rollups)) this.days.add(day)
  }

  /** A transaction that is undone takes its partitions along: a day is known once one was committed. */
  private async makeDays(ask: Ask, rollups: readonly Rollup[]): Promise<void> {
    for (const day of daysOf(rollups)) {
      if (this.days.has(day)) continue
      const [found] = await ask<{ there: boolean }>(sql.IS_THERE, [sql.partitionOf(day)])
      if (!found!.there) await ask(sql.makingPartition(day))
    }
  }

  private async forget(ask: Ask, { service, label, value, component }: Forget): Promise<void> {
    const part = label ?? (component === undefined ? undefined : 'component')
    if (part !== undefined) return this.forgetLabel(ask, service, part, label === undefined ? component : value)
    const incidents = 'SELECT id FROM head WHERE service = $1'
    await ask(`DELETE FROM command WHERE incident IN (${incidents})`, [service])
    // Their places stay taken: what is folded again is not told again. Nobody is told of a note.
    const told = await ask<Body & { cursor: number }>(
      `SELECT cursor, body FROM event WHERE incident IN (${incidents})`,
      [service],
    )
    const notes = told.map(row => {
      const { at, incident, seq, service: of } = opened<IncidentEvent>(row)
      return JSON.stringify({ at, event: 'note', incident, seq, service: of } satisfies IncidentEvent)
    })
    await ask(
      'UPDATE event SET body = note.body FROM unnest($1::bigint[], $2::text[]) AS note (cursor, body) WHERE event.cursor = note.cursor',
      [told.map(row => row.cursor), notes],
    )
    for (const table of ['head', 'rollup', 'service', 'fact'])
      await ask(`DELETE FROM ${table} WHERE service = $1`, [service])
  }

  private async forgetLabel(ask: Ask, service: string, label: string, value: string | undefined): Promise<void> {
    for (let after = -1; ; ) {
      const rows = await ask<Body>('SELECT body FROM rollup WHERE service = $1 AND bin > $2 ORDER BY bin LIMIT $3', [
        ...[service, after, STATEMENT_ROWS],
      ])
      const changed: Rollup[] = []
      for (const row of rows.map(each => opened<Rollup>(each))) {
        if (withoutLabel(row, label, value)) changed.push(row)
        after = row.bin
      }
      await put(
        ask,
        sql.ROLLUP,
        changed.map(r => [r.service, r.bin, r.position, JSON.stringify(r)]),
      )
      if (rows.length < STATEMENT_ROWS) return
    }
  }

  async committed(): Promise<{ position: number; now: EpochMs }> {
    const [row] = await this.read<{ position: number; now: EpochMs }>('SELECT position, now FROM position')
    return row!
  }

  async saveSnapshot(position: number, version: number, body: Uint8Array): Promise<void> {
    await this.write('save a snapshot', async ask => {
      await ask('DELETE FROM snapshot')
      for (let part = 0, from = 0; part === 0 || from < body.length; part++, from += SNAPSHOT_PART_BYTES)
        await ask('INSERT INTO snapshot (part, position, version, body) VALUES ($1, $2, $3, $4)', [
          ...[part, position, version],
          bytes(body.subarray(from, from + SNAPSHOT_PART_BYTES)),
        ])
    })
  }

  async loadSnapshot(): Promise<{ position: number; version: number; body: Uint8Array } | null> {
    const rows = await this.read<{ position: number; version: number; body: Buffer }>(
      'SELECT position, version, body FROM snapshot ORDER BY part',
    )
    if (rows.length === 0) return null
    const { position, version } = rows[0]!
    return { position, version, body: Buffer.concat(rows.map(row => row.body)) }
  }

  async snapshotAt(): Promise<{ position: number; version: number } | null> {
    const [row] = await this.read<{ position: number; version: number }>(
      'SELECT position, version FROM snapshot WHERE part = 0',
    )
    return row ?? null
  }

  async changedSince(position: number, max: number): Promise<string[]> {
    const text = 'SELECT service FROM service WHERE position > $1 ORDER BY position LIMIT $2'
    return (await this.read<{ service: string }>(text, position, max)).map(({ service }) => service)
  }

  async head(incident: string): Promise<IncidentHead | null> {
    return first(await this.read('SELECT body FROM head WHERE id = $1', incident))
  }

  async eventsAfter(after: number, max: number): Promise<CommittedEvent[]> {
    const rows = await this.read<Body & { cursor: number }>(
      'SELECT cursor, body FROM event WHERE cursor > $1 ORDER BY cursor LIMIT $2',
      ...[after, max],
    )
    return rows.map(row => ({ cursor: row.cursor, event: opened(row) }))
  }

  async note(key: string, value: Uint8Array): Promise<void> {
    await this.write('save a note', ask => ask(sql.NOTING, [key, bytes(value)]))
  }

  async noted(key: string): Promise<Uint8Array | null> {
    const [row] = await this.read<{ value: Buffer }>('SELECT value FROM note WHERE key = $1', key)
    return row?.value ?? null
  }

  notes(after: string, max: number): Promise<{ key: string; value: Uint8Array }[]> {
    return this.read('SELECT key, value FROM note WHERE key > $1 ORDER BY key LIMIT $2', after, max)
  }

  async subscribe(change: SubscriberChange): Promise<void> {
    await this.write('save subscribers', async ask => {
      await writeSubscribers(ask, change)
      if (change.note !== undefined) await ask(sql.NOTING, [change.note.key, bytes(change.note.value)])
    })
  }

  get subscriptions(): Subscriptions {
    return subscriberReader((text, ...values) => this.read(text, ...values))
  }

  /** Whole days go with their partition; of the day in which the bound lies its rows. */
  async trim(before: { rollups: EpochMs; facts: EpochMs }): Promise<void> {
    await this.write('forget what is old', async ask => {
      await ask(sql.SOON)
      const last = sql.partitionOf(sql.dayOf(before.rollups))
      const partitions = await ask<{ name: string }>(sql.PARTITIONS)
      this.days.clear()
      for (const { name } of partitions) if (name < last) await ask(`DROP TABLE ${name}`)
      await ask('DELETE FROM rollup WHERE bin < $1', [before.rollups])
      await ask('DELETE FROM fact WHERE effect < $1', [before.facts])
    })
  }

  async alerts(service: string): Promise<AlertHeard[] | null> {
    const row = first<ServiceRow>(await this.read('SELECT body FROM service WHERE service = $1', service))
    return row === null ? null : (row.alerts ?? [])
  }

  reader(): Reads {
    const bodies = async <T>(text: string, ...values: unknown[]): Promise<T[]> =>
      (await this.read<Body>(text, ...values)).map(row => opened<T>(row))
    const asked = async (query: IncidentQuery): Promise<IncidentHead[]> => {
      const { service, open, limit, before, openedFrom, endsAfter, word, skip = 0 } = query
      const values: unknown[] = [limit, skip]
      const where = ['true']
      const and = (condition: string, value: unknown) => {
        if (value !== undefined) where.push(condition.replace('?', `$${values.push(value)}`))
      }
      and('service = ?', service)
      and('open = ?', open)
      and('opened_at < ?', before)
      and('opened_at >= ?', openedFrom)
      and("(open OR coalesce(resolved_at, 'Infinity') > ?)", endsAfter)
      and('strpos(words, ?) > 0', word === undefined || word === '' ? undefined : small(word))
      const heads = `SELECT body FROM head WHERE ${where.join(' AND ')} ORDER BY opened_at DESC, id LIMIT $1 OFFSET $2`
      return bodies<IncidentHead>(heads, ...values)
    }
    const stories = async (heads: readonly IncidentHead[]): Promise<IncidentView[]> => {
      const ids = heads.map(head => head.id)
      const told = ids.length === 0 ? [] : await bodies<IncidentEvent>(EVENTS_OF, ids)
      const byIncident = grouped(told)
      return heads.map(({ lastSeq: _, ...view }) => ({ ...view, events: byIncident.get(view.id) ?? [] }))
    }
    return {
      services: async () => (await bodies<ServiceRow>('SELECT body FROM service ORDER BY service')).map(shown),
      service: async id => {
        const [row] = await bodies<ServiceRow>('SELECT body FROM service WHERE service = $1', id)
        return row === undefined ? null : shown(row)
      },
      rollups: (service, from, until) =>
        bodies(
          'SELECT body FROM rollup WHERE service = $1 AND bin >= $2 AND bin < $3 ORDER BY bin',
          service,
          from,
          until,
        ),
      days: async (service, from, until, offsetMs = 0) =>
        (await this.read<{ day: EpochMs }>(sql.DAYS, service, from, until, offsetMs)).map(({ day }) => day),
      incidents: async query => stories(await asked(query)),
      briefs: asked,
      heard: (from, until) => this.read<Heard>(sql.HEARD, from, until),
      incident: async id =>
        (await stories(await bodies<IncidentHead>('SELECT body FROM head WHERE id = $1', id)))[0] ?? null,
      orders: async incident =>
        (await bodies<Order>('SELECT body FROM command WHERE incident = $1 ORDER BY id', incident)).sort(
          (a, b) => (a.position ?? 0) - (b.position ?? 0) || a.at - b.at,
        ),
      facts: (service, from, until, via) => bodies(FACTS, service, from, until, via ?? null),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reading[Symbol.asyncDispose]()
    await this.writing?.[Symbol.asyncDispose]()
  }

  private read<Row extends object = Body>(text: string, ...values: unknown[]): Promise<Row[]> {
    return this.reading.do('read the store', ask => ask<Row>(text, values))
  }

  /** One transaction, if this process is still the one that writes. */
  private write(operation: string, work: (ask: Ask) => Promise<unknown>): Promise<unknown> {
    if (this.writing === null) throw new PermanentError(`cannot ${operation}: it was opened for reading`)
    return this.writing.within(operation, async ask => {
      const mine =
        this.lease === undefined
          ? await ask('SELECT FROM owner WHERE epoch = $1 FOR SHARE', [this.owned])
          : await ask(IS_MINE, [this.lease, this.owned])
      if (mine.length === 0) throw replaced(operation, this.schema)
      await work(ask)
    })
  }
}

const EVENTS_OF = 'SELECT body FROM event WHERE incident = ANY ($1::text[]) ORDER BY incident, seq'
const FACTS = `SELECT body FROM fact WHERE service = $1 AND effect >= $2 AND effect < $3 AND via = coalesce($4::text, via)
  ORDER BY effect, id`

function grouped(events: readonly IncidentEvent[]): Map<string, IncidentEvent[]> {
  const by = new Map<string, IncidentEvent[]>()
  for (const each of events) by.set(each.incident, [...(by.get(each.incident) ?? []), each])
  return by
}

const postgres: Plugin<'store', PostgresConfig, Store> = plugin({
  kind: 'store',
  name: 'postgres',
  summary: 'what is made of the log, in a schema of a PostgreSQL of yours',
  config: SETTINGS,
  check: config => faultsOfTls(config),
  open: async (config, env, place) => {
    const { connected } = await import('./postgres/owner.js')
    const { writing, reading, epoch } = await connected(config, env, place)
    return new PostgresStore(writing, reading, epoch, config.schema, place.as?.name)
  },
  shared: async (config, env) => (await import('./postgres/sharing.js')).openShared(config, env),
})
export default postgres
