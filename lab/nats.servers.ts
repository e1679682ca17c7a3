import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { jetstreamManager } from '@nats-io/jetstream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PermanentError, TransientError } from '../src/contract/error.js'
import type { Log, NewEntry } from '../src/contract/ports.js'
import nats from '../src/plugin/bus/nats.js'
import { NOTHING } from '../src/plugin/bus/nats/message.js'
import type { NatsConfig } from '../src/plugin/bus/nats/settings.js'
import { pluginEnv } from '../src/shell/outside/env.js'
import { testLog } from '../src/testing/log-contract.js'
import { type Daemon, Daemons } from './daemons.js'

// The log on NATS servers of Debian's: one, and three of which the leader is killed.

const daemons = new Daemons()
const env = pluginEnv({ now: () => Date.now(), log: () => {} }, true)
let server: Daemon
let n = 0
const settings = (more: Partial<NatsConfig> = {}): NatsConfig => ({
  ...{ servers: [`127.0.0.1:${server.port}`], stream: `s${n}`, replicas: 1, tls: 'off' },
  ...more,
})
const open = (more: Partial<NatsConfig> = {}, readonly = false): Promise<Log> =>
  nats.open(settings(more), env, { file: '', readonly })
const fresh = (more: Partial<NatsConfig> = {}) => {
  n++
  return open(more)
}
const entry = (at: number, body: string | Buffer, count = 1): NewEntry => ({
  ...{ at, kind: 'signals' as const, count, keys: new Uint8Array(8 * count).fill(at % 251) },
  body: Buffer.from(body as string),
})
const bodies = async (log: Log, after = 0, max = 10_000) =>
  (await log.read(after, max)).map(each => Buffer.from(each.body).toString())
const why = async (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => new Error('nothing was wrong'),
    (error: Error) => error,
  )
/** As whoever uses the log does: a leader that is not there yet is asked again, for nothing was written then. */
async function until<T>(ask: () => Promise<T>): Promise<T> {
  for (;;)
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof TransientError)) throw error
    }
}
/** What an operator would ask with. */
async function asked<T>(
  port: number,
  ask: (manager: Awaited<ReturnType<typeof jetstreamManager>>, c: NatsConnection) => Promise<T>,
) {
  const connection = await connect({ servers: `127.0.0.1:${port}` })
  try {
    return await ask(await jetstreamManager(connection), connection)
  } finally {
    await connection.close()
  }
}

beforeAll(async () => {
  server = await daemons.nats()
})
afterAll(() => daemons.stop())

testLog('nats', { open: () => fresh(), reopen: () => open() })

describe('the log on NATS', () => {
  it('gives a batch of any size back, cut into messages of about 200 signals', async () => {
    const log = await fresh()
    const large = Buffer.from(Array.from({ length: 700_000 }, (_, i) => (i * 7) % 251))
    expect(await log.append([entry(1, 'a'), entry(2, large, 3_000), entry(3, ''), entry(4, 'd')])).toEqual([1, 2, 3, 4])
    const rows = await log.read(0, 9)
    expect(rows.map(each => [each.position, each.at, each.count, each.keys.length, each.body.length])).toEqual([
      [1, 1, 1, 8, 1],
      [2, 2, 3_000, 24_000, 700_000],
      [3, 3, 1, 8, 0],
      [4, 4, 1, 8, 1],
    ])
    expect(Buffer.compare(Buffer.from(rows[1]!.body), large)).toBe(0)
    const { state } = await asked(server.port, manager => manager.streams.info(`s${n}`))
    expect(state.messages).toBe(1 + 1 + 11 + 1 + 1)
    expect((await bodies(log, 2, 1))[0]).toBe('')
    expect(await bodies(log, 3)).toEqual(['d'])
    await log[Symbol.asyncDispose]()
  })
  it('has what a second one reads as soon as it is acknowledged', async () => {
    const log = await fresh()
    const reader = await open({}, true)
    for (let i = 1; i <= 40; i++) {
      const [position] = await log.append([entry(i, `${i}`)])
      expect(await bodies(reader, position! - 1)).toEqual([`${i}`])
      expect(await reader.read(position!, 1)).toEqual([])
    }
    await expect((async () => reader.append([entry(1, 'x')]))()).rejects.toThrow(/readonly/)
    // From places of no order, and after a part was forgotten.
    expect(await log.trim(21, 30)).toBe(20)
    for (const after of [37, 3, 20, 25, 0])
      expect((await reader.read(after, 1))[0]!.position).toBe(Math.max(21, after + 1))
    expect(await log.state()).toMatchObject({ first: 21, last: 40, gaps: 0, workspace: null })
    await reader[Symbol.asyncDispose]()
    await log[Symbol.asyncDispose]()
  })
})

describe('what the log on NATS knows', () => {
  it('knows its workspace, and where positions were left out, after it was opened again too', async () => {
    let log = await fresh()
    await log.append([entry(5, 'a')])
    await log.belongsTo('mine')
    await log.goOnAfter(100)
    expect(await log.last()).toEqual({ position: 100, at: 5 })
    expect(await log.append([entry(6, 'b'), entry(7, 'c')])).toEqual([101, 102])
    await log[Symbol.asyncDispose]()
    log = await open()
    expect(await log.state()).toEqual({ first: 1, last: 102, gaps: 1, gapEnd: 100, summed: 1, workspace: 'mine' })
    expect((await log.read(0, 9)).map(each => each.position)).toEqual([1, 101, 102])
    expect((await log.read(50, 9)).map(each => each.position)).toEqual([101, 102])
    expect(await log.append([entry(8, 'd')])).toEqual([103])
    await log[Symbol.asyncDispose]()
  })
  it('finds stamps where the clock went back, as the reference does', async () => {
    const log = await fresh()
    const stamps = [1, 5, 9, 3, 4, 4, 8, 2, 2, 6, 7, 20, 11, 12, 13]
    for (const [i, at] of stamps.entries()) await log.append([entry(at, `${i}`)])
    for (const since of [0, 1, 4, 9, 12, 20, 21]) {
      const wanted = stamps.flatMap((at, i) => (at >= since ? [i + 1] : []))
      expect(
        (await log.keys(0, since, 99)).map(each => each.position),
        `since ${since}`,
      ).toEqual(wanted)
      expect((await log.keys(4, since, 2)).map(each => each.position)).toEqual(
        wanted.filter(each => each > 4).slice(0, 2),
      )
    }
    expect(await log.trim(1, 99)).toBe(0)
    expect(await log.trim(3, 7)).toBe(1)
    expect(await log.trim(3, 12)).toBe(8)
    expect((await log.read(0, 1))[0]!.position).toBe(10)
    expect(await log.trim(99, 99)).toBe(5)
    expect(await bodies(log)).toEqual(['14'])
    await log[Symbol.asyncDispose]()
  })
})

describe('what is written to NATS', () => {
  it('passes over a batch that never came to its end', async () => {
    const log = await fresh()
    await log.append([entry(1, 'a')])
    const half = Buffer.from(
      JSON.stringify({
        ...(await headOf(2)),
        state: { ...NOTHING, position: 1, at: 1, high: 1, turn: 1 },
        batch: 'half',
        n: 2,
      }),
    )
    await asked(server.port, (_, connection) =>
      connection.request(`s${n}.signals.0`, Buffer.concat([half, Buffer.from('\nlost')])),
    )
    // Whoever was writing is outrun by it; the next one goes on after it.
    expect((await why(log.append([entry(2, 'b')]))).message).toMatch(/another process has taken over/)
    await log[Symbol.asyncDispose]()
    const next = await open()
    expect(await next.last()).toEqual({ position: 1, at: 1 })
    expect(await next.append([entry(3, 'c')])).toEqual([2])
    expect(await bodies(next)).toEqual(['a', 'c'])
    expect(await bodies(next, 1)).toEqual(['c'])
    await next[Symbol.asyncDispose]()
  })
  it('lets nobody write who was replaced', async () => {
    const old = await fresh()
    await old.append([entry(1, 'a')])
    const next = await open()
    const late = await why(old.append([entry(2, 'late')]))
    expect(late).toBeInstanceOf(PermanentError)
    expect(late.message).toMatch(/cannot append to the log: another process has taken over the stream s\d+/)
    expect(await next.append([entry(2, 'b')])).toEqual([2])
    expect(await bodies(next)).toEqual(['a', 'b'])
    for (const log of [old, next]) await log[Symbol.asyncDispose]()
  })
  it('says that there is no room, and keeps nothing of the batch', async () => {
    const log = await fresh({ maxBytes: 1_048_576 })
    await log.append([entry(1, 'a')])
    const full = await why(log.append([entry(2, 'x'.repeat(100)), entry(2, Buffer.alloc(1_500_000, 'b'))]))
    expect(full).toBeInstanceOf(TransientError)
    expect(full.message).toMatch(/no room in the stream s\d+ \(maximum bytes exceeded/)
    expect(await bodies(log)).toEqual(['a'])
    expect(await log.append([entry(3, 'c')])).toEqual([2])
    expect(await bodies(log)).toEqual(['a', 'c'])
    await log[Symbol.asyncDispose]()
  })
})

/** The head of a message, as it stands in the stream. */
async function headOf(seq: number): Promise<object> {
  const message = await asked(server.port, manager => manager.streams.getMessage(`s${n}`, { seq }))
  return JSON.parse(Buffer.from(message!.data).toString().split('\n')[0]!) as object
}

describe('a server that is away', () => {
  it('killed and begun anew, a batch at a time goes on, once each', async () => {
    const log = await fresh()
    await log.append([entry(1, '0')])
    const told: string[] = ['0']
    const writing = async () => {
      for (let i = 1; i <= 30; i++) {
        await until(() => log.append([entry(i, `${i}`), entry(i, `${i}+`)]))
        told.push(`${i}`, `${i}+`)
      }
    }
    await Promise.all([writing(), server.restart()])
    expect(await bodies(log)).toEqual(told)
    await log[Symbol.asyncDispose]()
  })
  it('can be left while it is away', async () => {
    const away = await daemons.nats()
    const log = await fresh({ servers: [`127.0.0.1:${away.port}`] })
    await log.append([entry(1, 'a')])
    away.hold()
    const doubt = why(log.append([entry(2, 'b')]))
    await log[Symbol.asyncDispose]()
    expect(await doubt).toBeInstanceOf(TransientError)
    await away.stop()
  })
})

describe('three servers', () => {
  it('go on without their leader: what was acknowledged is there once, in order', async () => {
    const three = await daemons.natsCluster()
    n++
    const servers = three.map(each => `127.0.0.1:${each.port}`)
    const log = await open({ servers, replicas: 3 })
    const reader = await open({ servers, replicas: 3 }, true)
    const told: string[] = []
    const read: string[] = []
    let stop = false
    const writing = async () => {
      for (let i = 0; !stop; i++) {
        const batch = [`${i}`, `${i} `.repeat(20_000), `${i}-`]
        await until(() => log.append(batch.map(body => entry(i + 1, body, 200))))
        told.push(...batch)
      }
    }
    const folding = async () => {
      for (let after = 0; !stop || read.length < told.length; ) {
        const rows = await until(() => reader.read(after, 16))
        read.push(...rows.map(each => Buffer.from(each.body).toString()))
        after = rows.at(-1)?.position ?? after
        if (rows.length === 0) await setTimeout(5)
      }
    }
    const killing = async () => {
      await more(30)
      for (let kill = 0; kill < 2; kill++) {
        const leader = await asked(
          three[0]!.port,
          async manager => (await manager.streams.info(`s${n}`)).cluster!.leader,
        )
        const killed = three.find(each => `n${each.port}` === leader)!
        await killed.restart(() => more(30))
        await more(30)
      }
    }
    const more = async (by: number) => {
      for (const from = told.length; !stop && told.length < from + by; ) await setTimeout(20)
    }
    const ended = () => {
      stop = true
    }
    // Where one of them fails, the others have to end too.
    await Promise.all([writing().finally(ended), folding().finally(ended), killing().finally(ended)])
    expect(told.length).toBeGreaterThan(150)
    expect(read).toEqual(told)
    expect(await bodies(await open({ servers, replicas: 3 }, true))).toEqual(told)
    for (const each of [log, reader]) await each[Symbol.asyncDispose]()
  })
})

describe('an operator is told what is wrong', () => {
  it('who they are not, what is not there, what it cannot be', async () => {
    const guarded = await daemons.nats('authorization { user: ada, password: hush }')
    const servers = [`127.0.0.1:${guarded.port}`]
    n++
    for (const who of [{ user: 'ada', password: 'other' }, {}]) {
      const wrong = await why(open({ servers, ...who }))
      expect(wrong).toBeInstanceOf(PermanentError)
      expect(wrong.message).toMatch(/refuses (the user ada|who this says it is)/)
      expect(wrong.message).not.toMatch(/other|hush/)
    }
    await (await open({ servers, user: 'ada', password: 'hush' }))[Symbol.asyncDispose]()
    expect((await why(open({ replicas: 3 }))).message).toMatch(/with 3 replicas cannot be made: .*"replicas: 1"/)
    expect((await why(open({}, true))).message).toMatch(/there is no stream s\d+ yet/)
    expect((await why(open({ servers: ['127.0.0.1:1'] }))).message).toMatch(
      /NATS at 127\.0\.0\.1:1 cannot be connected to/,
    )
    await asked(server.port, manager => manager.streams.add({ name: `s${n}`, subjects: [`s${n}.>`], max_age: 1e12 }))
    expect((await why(open())).message).toMatch(/the stream s\d+ forgets by itself/)
  })
  it('the rights that the documentation names are enough', async () => {
    n++
    const page = readFileSync(new URL('../docs/many-machines.md', import.meta.url), 'utf8')
    const said = /publish to (.*?), and to\s+subscribe to (.*?)\.\n/s.exec(page)!
    const [publish, subscribe] = said
      .slice(1)
      .map(part => [...part!.matchAll(/`([^`]+)`/g)].map(each => each[1]!.replaceAll('epicenter', `s${n}`)))
    expect([publish!.length, subscribe!.length]).toEqual([3, 1])
    const list = (subjects: string[]) => `[${subjects.map(each => `"${each}"`).join(', ')}]`
    const rights = `permissions: { publish: ${list(publish!)}, subscribe: ${list(subscribe!)} }`
    const bound = await daemons.nats(`authorization { users: [{ user: ada, password: hush, ${rights} }] }`)
    const who = { servers: [`127.0.0.1:${bound.port}`], user: 'ada', password: 'hush' }
    const log = await open(who)
    await log.append(Array.from({ length: 5 }, (_, i) => entry(i + 1, `${i}`)))
    expect(await log.trim(3, 9)).toBe(2)
    expect((await log.keys(0, 0, 9)).length).toBe(3)
    await log[Symbol.asyncDispose]()
    expect((await why(open({ ...who, stream: 'other' }))).message).toMatch(/NATS does not let this user .*other/)
  })
  it('TLS, with the certificate of who signs; none where it is asked for is refused before a word is said', async () => {
    const [key, certificate] = ['key', 'cert'].map(each => join(daemons.folder, `nats-${each}.pem`)) as [string, string]
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '9']
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', ...subject]
    execFileSync('openssl', [...made, '-keyout', key, '-out', certificate], { stdio: 'ignore' })
    const secure = await daemons.nats(`tls { cert_file: "${certificate}", key_file: "${key}" }`)
    const servers = [`localhost:${secure.port}`]
    const log = await fresh({ servers, tls: 'verify', caFile: certificate })
    expect(await log.append([entry(1, 'a')])).toEqual([1])
    await log[Symbol.asyncDispose]()
    expect((await why(open({ servers, tls: 'verify' }))).message).toMatch(/is not believed: .*caFile names/)
    const plain = await why(open({ tls: 'verify', user: 'ada', password: 'hush' }))
    expect(plain).toBeInstanceOf(PermanentError)
    expect(plain.message).toMatch(/"tls: off" says that none is meant/)
    expect((await why(open({ servers }))).message).toMatch(/"tls" do not fit/)
  })
})
