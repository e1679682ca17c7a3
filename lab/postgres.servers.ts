import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PermanentError, TransientError } from '../src/contract/error.js'
import type { Store } from '../src/contract/ports.js'
import { ROLLUP_MS } from '../src/contract/view.js'
import postgres from '../src/plugin/store/postgres.js'
import { openShared } from '../src/plugin/store/postgres/sharing.js'
import type { PostgresConfig } from '../src/plugin/store/postgres/settings.js'
import { pluginEnv } from '../src/shell/outside/env.js'
import { someEvent, someHead, someService, testStore } from '../src/testing/store-contract.js'
import { type Daemon, Daemons } from './daemons.js'

// The store on a PostgreSQL of Debian's, at a port of its own.

const daemons = new Daemons()
const env = pluginEnv({ now: () => Date.now(), log: () => {} }, true)
let server: Daemon
let asked: pg.Client
let n = 0

const settings = (more: Partial<PostgresConfig> = {}): PostgresConfig => ({
  ...{ host: '127.0.0.1', port: server.port, database: 'epicenter', user: 'watcher', password: 'hush' },
  ...{ schema: `s${n}`, tls: 'off', statementTimeoutSeconds: 30 },
  ...more,
})
const open = (more: Partial<PostgresConfig> = {}, readonly = false): Promise<Store> =>
  postgres.open(settings(more), env, { file: '', readonly })
const fresh = (more: Partial<PostgresConfig> = {}) => {
  n++
  return open(more)
}
const connect = async (database: string) => {
  const client = new pg.Client({ ...settings(), database })
  client.on('error', () => {})
  await client.connect()
  return client
}
const commitOf = (position: number, bad = position) => ({
  outcome: { events: [someEvent('a', position)], rollups: [], services: [someService('chat', bad)], facts: [] },
  ...{ heads: [], orders: [], position, now: position },
})
const rollup = (day: number, bin: number) => ({
  ...{ service: 'chat', bin: Date.UTC(2026, 1, day) + bin * ROLLUP_MS, position: 1 },
  ...{ reports: { bad: 1, ok: 0, expected: 1, high: 2 }, posts: { total: 0, complaints: 0, expected: 0 } },
  ...{ checks: { total: 0, bad: 0 }, metrics: { total: 0, bad: 0, slow: 0 }, reportsBy: {}, ratesBy: {} },
})
/** Ends the connections of a store as the server sees them; how many. */
const cutOff = async () => {
  const ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'epicenter%'"
  return (await asked.query(ends)).rowCount
}
const why = async (store: Promise<unknown>): Promise<Error> =>
  store.then(
    () => new Error('nothing was wrong'),
    (error: Error) => error,
  )

beforeAll(async () => {
  const key = join(daemons.folder, 'pg-key.pem')
  const certificate = join(daemons.folder, 'pg-cert.pem')
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '9']
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', ...subject]
  execFileSync('openssl', [...made, '-keyout', key, '-out', certificate], { stdio: 'ignore' })
  execFileSync('chown', ['postgres', key, certificate])
  const ssl = ['ssl=on', `ssl_cert_file=${certificate}`, `ssl_key_file=${key}`]
  server = await daemons.postgresql(...ssl.flatMap(each => ['-c', each]))
  const first = await connect('postgres')
  await first.query("CREATE DATABASE epicenter ENCODING 'UTF8' TEMPLATE template0")
  await first.query("CREATE ROLE guest LOGIN PASSWORD 'quiet'")
  await first.query("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
  await first.end()
  asked = await connect('epicenter')
})
afterAll(async () => {
  await asked?.end().catch(() => {})
  await daemons.stop()
})

testStore('postgres', { open: () => fresh(), reopen: () => open() })

describe('the store on PostgreSQL', () => {
  it('keeps rollups in a table for each day, and forgets whole days with it', async () => {
    const store = await fresh()
    const outcome = {
      events: [],
      rollups: [rollup(3, 0), rollup(3, 1), rollup(4, 0), rollup(5, 0)],
      services: [],
      facts: [],
    }
    await store.commit({ outcome, heads: [], orders: [], position: 1, now: 1 })
    const tables = async () =>
      (
        await asked.query("SELECT tablename FROM pg_tables WHERE schemaname = $1 AND tablename LIKE 'rollup_%'", [
          `s${n}`,
        ])
      ).rows
        .map(row => row.tablename)
        .sort()
    expect(await tables()).toEqual(['rollup_2026_02_03', 'rollup_2026_02_04', 'rollup_2026_02_05'])
    await store.trim({ rollups: Date.UTC(2026, 1, 4) + 1, facts: 0 })
    expect(await tables()).toEqual(['rollup_2026_02_04', 'rollup_2026_02_05'])
    expect((await store.reader().rollups('chat', 0, Date.UTC(2027, 0))).map(row => row.bin)).toEqual([
      Date.UTC(2026, 1, 5),
    ])
    // What comes late for a day that is gone makes its table anew.
    await store.commit({ outcome, heads: [], orders: [], position: 2, now: 2 })
    expect(await tables()).toHaveLength(3)
    await store[Symbol.asyncDispose]()
  })
  it('goes on after its connection was cut, also in the middle', async () => {
    const store = await fresh()
    const reader = await open({}, true)
    for (let position = 1; position <= 20; position++) {
      const commit = store.commit(commitOf(position))
      if (position % 3 === 0) await cutOff()
      await commit
      expect((await reader.committed()).position).toBe(position)
    }
    expect((await store.eventsAfter(0, 99)).map(each => each.event.seq)).toEqual(
      Array.from({ length: 20 }, (_, i) => i + 1),
    )
    await reader[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
  })
  it('goes on after the server was killed and started anew, and has what was committed', async () => {
    const store = await fresh()
    await store.commit(commitOf(1))
    const waiting: Promise<void>[] = []
    await server.restart(async () => {
      waiting.push(store.commit(commitOf(2)))
    })
    await Promise.all(waiting)
    expect((await store.eventsAfter(0, 9)).map(each => each.event.seq)).toEqual([1, 2])
    await store[Symbol.asyncDispose]()
    asked = await connect('epicenter')
  })
  it('says that a statement took too long, that nothing of it counts, and takes it once it can', async () => {
    const store = await fresh({ statementTimeoutSeconds: 0.3 })
    await store.commit(commitOf(1))
    await asked.query(`BEGIN; LOCK TABLE s${n}.service`)
    const late = await why(store.commit(commitOf(2)))
    expect(late).toBeInstanceOf(TransientError)
    expect(late.message).toMatch(/cannot commit to the store: a statement took longer than 0\.3 s/)
    await asked.query('ROLLBACK')
    expect((await store.eventsAfter(0, 9)).length).toBe(1)
    await store.commit(commitOf(2))
    expect((await store.eventsAfter(0, 9)).length).toBe(2)
    await store[Symbol.asyncDispose]()
  })
})

describe('who writes', () => {
  it('refuses a second one that writes, and lets nobody commit who was replaced', async () => {
    const old = await fresh()
    await old.commit(commitOf(1))
    const second = await why(open())
    expect(second).toBeInstanceOf(TransientError)
    expect(second.message).toMatch(/another process writes to the schema s\d+ \(from 127\.0\.0\.1 since 2/)
    // The old one loses its connection, with it the lock, and another takes it before it is back.
    const next = open()
    await cutOff()
    const owner = await next
    await owner.commit(commitOf(2))
    const fenced = await why(old.commit(commitOf(3)))
    expect(fenced.message).toMatch(/another process (writes to|has taken over) the schema/)
    expect((await owner.committed()).position).toBe(2)
    await owner[Symbol.asyncDispose]()
    const replaced = await why(old.commit(commitOf(3)))
    expect(replaced).toBeInstanceOf(PermanentError)
    expect(replaced.message).toMatch(/another process has taken over/)
    await old[Symbol.asyncDispose]()
  })
  it('looks at the number of its owner in each transaction, whatever became of the lock', async () => {
    const store = await fresh()
    await store.commit(commitOf(1))
    await asked.query(`UPDATE s${n}.owner SET epoch = epoch + 1`)
    await expect(store.commit(commitOf(2))).rejects.toThrow(PermanentError)
    await expect(store.note('a', Uint8Array.of(1))).rejects.toThrow(/taken over/)
    expect((await store.committed()).position).toBe(1)
    await store[Symbol.asyncDispose]()
  })
  it('lets a lease be taken over from somebody who froze while writing by it, and keeps nobody waiting', async () => {
    n++
    const shared = await openShared(settings(), env)
    const held = await shared.take('judge', 'a', 0)
    const frozen = await connect('epicenter')
    await frozen.query('BEGIN')
    await frozen.query(`SELECT FROM s${n}.lease WHERE name = 'judge' FOR KEY SHARE`)
    expect(await shared.take('judge', 'b', 0)).toBeNull()
    await frozen.end()
    expect(await shared.take('judge', 'b', 0)).toEqual({ name: 'judge', epoch: held!.epoch + 1 })
    await expect(shared.saveCheckpoint(held!, 1, 1, Uint8Array.of(1))).rejects.toThrow(PermanentError)
    await shared[Symbol.asyncDispose]()
  })
  it('writes nothing where it was opened for reading, nor reads what is not there', async () => {
    n++
    await expect(open({}, true)).rejects.toThrow(/nothing was kept in the schema/)
    await (await open())[Symbol.asyncDispose]()
    const reader = await open({}, true)
    await expect(reader.note('a', Uint8Array.of(1))).rejects.toThrow(/for reading/)
    expect(await reader.noted('a')).toBeNull()
    await reader[Symbol.asyncDispose]()
  })
})

describe('what PostgreSQL keeps', () => {
  it('keeps snapshots of many parts, whole', async () => {
    const store = await fresh()
    const body = Buffer.alloc(40_000_000, 'a snapshot')
    await store.saveSnapshot(7, 3, body)
    const saved = (await store.loadSnapshot())!
    expect([saved.position, saved.version, Buffer.compare(Buffer.from(saved.body), body)]).toEqual([7, 3, 0])
    await store.saveSnapshot(8, 3, new Uint8Array(0))
    expect((await store.loadSnapshot())!.body).toHaveLength(0)
    await store[Symbol.asyncDispose]()
  })
  it('gives names with half a character so that they can be written into an address', async () => {
    const store = await fresh()
    const id = 'a\ud800-1'
    const outcome = {
      events: [someEvent(id, 0)],
      rollups: [],
      services: [{ ...someService('a\ud800'), incidents: [id] }],
      facts: [],
    }
    await store.commit({ outcome, heads: [someHead(id)], orders: [], position: 1, now: Number.NEGATIVE_INFINITY })
    expect(await store.committed()).toEqual({ position: 1, now: 0 })
    expect(await store.reader().service('a\ufffd')).toMatchObject({ service: 'a\ufffd', incidents: ['a\ufffd-1'] })
    expect((await store.reader().incident('a\ufffd-1'))!.events).toHaveLength(1)
    await store[Symbol.asyncDispose]()
  })
  it('does not touch what a newer version wrote', async () => {
    await (await fresh())[Symbol.asyncDispose]()
    await asked.query(`UPDATE s${n}.version SET version = 99`)
    await expect(open()).rejects.toThrow(/written by a newer Epicenter \(version 99/)
    await expect(open({}, true)).rejects.toThrow(/newer/)
  })
})

describe('an operator is told what is wrong', () => {
  const told: [string, Partial<PostgresConfig>, RegExp][] = [
    ['a wrong password', { password: 'other' }, /refuses the user watcher \(28P01/],
    ['no password', { password: undefined as never }, /asks the user watcher for a password/],
    ['no such database', { database: 'nowhere' }, /has no database nowhere; make it/],
    [
      'no right',
      { user: 'guest', password: 'quiet' },
      /does not let the user guest .*CREATE SCHEMA s\d+ AUTHORIZATION/,
    ],
    ['another encoding', { database: 'latin' }, /one in UTF8; this one is in LATIN1/],
    ['a certificate that nobody believes', { tls: 'verify', host: 'localhost' }, /is not believed: .*caFile names who/],
  ]
  it.each(told)('%s', async (_, more, message) => {
    n++
    const wrong = await why(open(more))
    expect(wrong.message).toMatch(message)
    expect(wrong).toBeInstanceOf(PermanentError)
    expect(wrong.message).not.toMatch(/hush|quiet/)
  })
  it('TLS, with the certificate of who signs, by the name that it is for', async () => {
    n++
    const caFile = join(daemons.folder, 'pg-cert.pem')
    const store = await open({ tls: 'verify', host: 'localhost', caFile })
    await store.commit(commitOf(1))
    const { rows } = await asked.query(
      "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'epicenter'",
    )
    expect(rows).toEqual([{ ssl: true }])
    await store[Symbol.asyncDispose]()
    const other = await why(open({ tls: 'verify', host: '127.0.0.1', caFile }))
    expect(other.message).toMatch(/not believed/)
  })
  it('a user who owns a schema needs no further right', async () => {
    n++
    await asked.query(`CREATE SCHEMA s${n} AUTHORIZATION guest`)
    const store = await open({ user: 'guest', password: 'quiet' })
    await store.commit(commitOf(1))
    await store[Symbol.asyncDispose]()
    await asked.query(`REVOKE INSERT ON s${n}.event FROM guest`)
    const again = await open({ user: 'guest', password: 'quiet' })
    expect((await why(again.commit(commitOf(2)))).message).toMatch(/does not let the user guest .*42501/)
    await again[Symbol.asyncDispose]()
  })
})
