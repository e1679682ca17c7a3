import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PermanentError, RefusedError, TransientError } from '../contract/error.js'
import type { Notifier } from '../contract/notifier.js'
import type { Past } from '../contract/past.js'
import type { Batch, Plugin, PluginKind, Probe, Receiver, Source } from '../contract/plugin.js'
import type { Received } from '../contract/received.js'
import type { Signal } from '../contract/signal.js'
import type { EpochMs } from '../contract/time.js'
import { readSignal, Refusal } from '../core/ingest/door.js'
import { readPast } from '../core/ingest/past.js'
import { endlessMessage, someDelivery } from './messages.js'
import type { fakeOutside } from './outside.js'

// What every plug-in of a kind does. A plug-in's test calls the contract of its kind, then adds its own cases.

type Outside = ReturnType<typeof fakeOutside>
type Opener<Opened> = Pick<Plugin<PluginKind, never, Opened>, 'open' | 'config' | 'name' | 'summary' | 'kind'>

interface Common<Opened> {
  plugin: Opener<Opened>
  /** Settings that its schema passes, defaults filled in. */
  settings: object
}

const FIELDS = ['service', 'id', 'at'] as const
const running = { aborted: false, addEventListener() {} }

/** A signal as the door reads it. @throws what it says against it */
export function readable(signal: unknown): Signal {
  const read = readSignal(structuredClone(signal))
  if (read instanceof Refusal) throw new Error(`${read.rule}: ${read.message}; received ${read.value}`)
  for (const field of FIELDS) expect(read[field]).toBeDefined()
  return read
}
/** Counts of a past as the door reads them. @throws what it says against it */
export function readablePast(past: unknown, now: EpochMs): Past {
  const read = readPast(structuredClone(past), now)
  if (read instanceof Refusal) throw new Error(`${read.rule}: ${read.message}; received ${read.value}`)
  return read
}
const idsOf = (signals: readonly unknown[]) => signals.map(each => `${readable(each).service} ${readable(each).id}`)

/** What the door says to each: the rule that it breaks, or `taken`. */
export const rulesOf = (signals: readonly unknown[]): string[] =>
  signals.map(signal => {
    const read = readSignal(structuredClone(signal))
    return read instanceof Refusal ? read.rule : 'taken'
  })

function testPlugin({ plugin, settings }: Common<AsyncDisposable>): void {
  it('says what it is and what it may be told, and no more', () => {
    expect(plugin.name).toMatch(/^[a-z0-9][a-z0-9-]*$/)
    expect(plugin.summary).toMatch(/^[^.\n]{10,200}$/)
    expect(JSON.parse(JSON.stringify(plugin.config))).toMatchObject({ type: 'object', additionalProperties: false })
    const { properties = {} } = plugin.config as { properties?: object }
    for (const key of Object.keys(settings)) expect(properties).toHaveProperty(key)
  })
}

async function opened<T extends AsyncDisposable>({ plugin, settings }: Common<T>, { env }: Outside): Promise<T> {
  return (plugin.open as (settings: object, env: Outside['env']) => Promise<T>)(settings, env)
}

export interface SourceWorld extends Common<Source> {
  /** An outside with some signals to read. */
  world(): Outside
  /** Adds some to it. */
  more(world: Outside): void
  /** How many at first, and after `more`. */
  counts: [number, number]
}

/** Batches after which one that listens has nothing to say: it may first say where it begins, and from where to where it reads. */
const EMPTY_BATCHES = 4

/** One batch of a source, of either kind. */
async function batchOf(source: Source, state: unknown): Promise<Batch> {
  if (source.poll !== undefined) return source.poll(state, running)
  let empty = 0
  let kept = {}
  for await (const { signals, ...more } of source.read!(running, state)) {
    kept = { ...kept, ...more }
    if (signals.length > 0 || ++empty === EMPTY_BATCHES) return { signals, ...kept }
  }
  throw new Error('it ended')
}

export function testSource(name: string, world: SourceWorld): void {
  describe(`${name} as a source`, () => {
    testPlugin(world)
    it('hands over signals that the door lets in', async () => {
      await using source = await opened(world, world.world())
      const { signals, past = [] } = await batchOf(source, undefined)
      expect(new Set(idsOf(signals)).size).toBe(world.counts[0])
      for (const each of past) expect(readablePast(each, 0).counts.length).toBeGreaterThan(0)
    })
    it('gives a signal the same id each time that it is asked: what comes twice counts once', async () => {
      const outside = world.world()
      const ids: string[][] = []
      for (let i = 0; i < 2; i++) {
        await using source = await opened(world, outside)
        ids.push(idsOf((await batchOf(source, undefined)).signals))
      }
      expect(ids[0]).toEqual(ids[1])
    })
    it('goes on where it stopped, also after a restart, and brings what is new', async () => {
      const outside = world.world()
      let state: unknown
      {
        await using source = await opened(world, outside)
        state = JSON.parse(JSON.stringify((await batchOf(source, undefined)).state ?? null)) ?? undefined
      }
      await using source = await opened(world, outside)
      const again = await batchOf(source, state)
      // One that keeps nothing to go on from gives everything again.
      if (state !== undefined) expect(again.signals).toEqual([])
      world.more(outside)
      const { signals } = await batchOf(source, again.state ?? state)
      const ids = new Set(idsOf(signals))
      expect(ids.size).toBeGreaterThanOrEqual(world.counts[1] - world.counts[0])
      expect(ids.size).toBeLessThanOrEqual(world.counts[1])
    })
    it('fails where it cannot read, instead of having nothing to say', async () => {
      const outside = world.world()
      outside.break()
      const read = async () => {
        await using source = await opened(world, outside)
        return await batchOf(source, undefined)
      }
      await expect(read()).rejects.toThrow(Error)
    })
  })
}

/** A request as a receiver gets it. */
export function someRequest(body: unknown, more: Partial<Received> = {}): Received {
  const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from(JSON.stringify(body))
  return {
    method: 'POST',
    path: '',
    query: {},
    headers: { 'content-type': 'application/json' },
    body: bytes,
    json: () => JSON.parse(bytes.toString()) as unknown,
    ...more,
  }
}

export interface ReceiverWorld extends Common<Receiver> {
  /** Requests, each with how many signals it means. */
  good: [Received, number][]
  /** What it does not take, by the rule that it names. */
  bad: [Received, RegExp][]
  /** Whom it does not trust; none where a token is asked for. */
  strangers?: Received[]
  outside: Outside
}

export function testReceiver(name: string, world: ReceiverWorld): void {
  describe(`${name} as a receiver`, () => {
    testPlugin(world)
    it('turns what it knows into signals that the door lets in, with the same ids each time', async () => {
      await using receiver = await opened(world, world.outside)
      for (const [request, count] of world.good) {
        expect(await (receiver.trusts?.(request) ?? true)).toBe(true)
        const [first, second] = [await receiver.take(request), await receiver.take(request)]
        if (!('signals' in first) || !('signals' in second)) throw new Error(JSON.stringify(first))
        expect(new Set(idsOf(first.signals)).size).toBe(count)
        expect(idsOf(second.signals)).toEqual(idsOf(first.signals))
        const answer = first.answer?.({ accepted: count, duplicate: 0, rejectedCount: 0, rejected: [] })
        expect(answer?.status ?? 200).toBeLessThan(300)
      }
    })
    it('refuses what it does not, by a rule with a name', async () => {
      await using receiver = await opened(world, world.outside)
      for (const [request, rule] of world.bad) {
        const taken = await receiver.take(request)
        if (!('refused' in taken)) throw new Error(JSON.stringify(taken))
        expect(taken.refused.rule).toMatch(/^[a-z][\w-]*(\.[\w-]+)*$/i)
        expect(taken.refused.rule).toMatch(rule)
        expect(taken.refused.status ?? 400).toBeGreaterThanOrEqual(400)
        expect(taken.refused.status ?? 400).toBeLessThan(500)
      }
    })
    it.skipIf(world.strangers === undefined)('trusts no stranger', async () => {
      await using receiver = await opened(world, world.outside)
      for (const request of world.strangers!) expect(await receiver.trusts?.(request)).toBe(false)
    })
    it('has an answer to every JSON there is', async () => {
      await using receiver = await opened(world, world.outside)
      await fc.assert(
        fc.asyncProperty(fc.jsonValue(), async value => {
          const taken = await receiver.take({ ...world.good[0]![0], ...someRequest(value), json: () => value })
          expect('signals' in taken || 'refused' in taken).toBe(true)
        }),
        { numRuns: 200 },
      )
    })
  })
}

export interface ProbeWorld extends Common<Probe> {
  /** Everything is as it should be. */
  well(): Outside
  /** It is not, each in another way, with words of why. */
  ill: [what: string, outside: () => Outside, why: RegExp][]
  /** Nobody can tell. */
  blind: [what: string, outside: () => Outside][]
}

export function testProbe(name: string, world: ProbeWorld): void {
  describe(`${name} as a probe`, () => {
    testPlugin(world)
    it('finds what is well, and how long it took', async () => {
      await using probe = await opened(world, world.well())
      const found = await probe.check(running)
      expect(found).toMatchObject({ outcome: 'ok' })
      // Who is called takes no time.
      expect(found.phases?.total ?? 0).toBeGreaterThanOrEqual(0)
    })
    it.each(world.ill)('finds what is not, and says why: %s', async (_, outside, why) => {
      await using probe = await opened(world, outside())
      const found = await probe.check(running)
      expect(found.outcome).toBe('bad')
      expect(found.why).toMatch(why)
    })
    it.each(world.blind)('takes nothing for a failure that it could not see: %s', async (_, outside) => {
      await using probe = await opened(world, outside())
      const found = await probe.check(running).catch((error: Error) => error)
      expect(found instanceof Error || found.outcome === 'unknown').toBe(true)
    })
  })
}

export interface NotifierWorld extends Common<Notifier> {
  /** A receiver that answers each message with this status. */
  receiver(status: number): Outside
  /** Texts of the settings that nobody may read in an error. */
  secrets: string[]
  /** Bytes of what it sends at most, as its receiver has it. */
  bytesMost: number
  /** It repeats each message as data, and writes no sentence of its own. */
  wordless?: true
}

export function testNotifier(name: string, world: NotifierWorld): void {
  describe(`${name} as a notifier`, () => {
    testPlugin(world)
    it('sends the message, and the same again when it is told again', async () => {
      const outside = world.receiver(200)
      await using notifier = await opened(world, outside)
      await notifier.tell(someDelivery())
      await notifier.tell(someDelivery())
      expect(outside.asked.length).toBe(2)
      expect(outside.asked[0]!.body).toEqual(outside.asked[1]!.body)
    })
    it.skipIf(world.wordless)('says in a sentence what is wrong, and where to look', async () => {
      const outside = world.receiver(200)
      await using notifier = await opened(world, outside)
      const { message, ...rest } = someDelivery()
      await notifier.tell({ ...rest, message })
      const said = String(outside.asked[0]!.body)
      expect(said).toContain(message.subject)
      expect(said).toContain('status.example.com')
    })
    it('cuts what is longer than its receiver takes', async () => {
      const outside = world.receiver(200)
      await using notifier = await opened(world, outside)
      await notifier.tell(someDelivery({ message: endlessMessage() }))
      for (const { body } of outside.asked) expect(Buffer.byteLength(String(body))).toBeLessThanOrEqual(world.bytesMost)
    })
    it('tells no secret of its settings where it is refused', async () => {
      const outside = world.receiver(400)
      await using notifier = await opened(world, outside)
      const error = (await notifier.tell(someDelivery()).catch((each: unknown) => each)) as Error
      for (const secret of world.secrets) expect(`${error.message} ${outside.said.join()}`).not.toContain(secret)
    })
    it('says of a test that it is one', async () => {
      const outside = world.receiver(200)
      await using notifier = await opened(world, outside)
      const answer = await notifier.tell(someDelivery({ test: true }))
      for (const secret of world.secrets) expect(answer?.said ?? '').not.toContain(secret)
      expect(outside.asked.length).toBeGreaterThan(0)
    })
    it.each<[what: string, status: number, kind: typeof TransientError | typeof PermanentError]>([
      ['comes again after an answer 500', 500, TransientError],
      ['comes again after an answer 429', 429, TransientError],
      ['comes again a few times after an answer 400', 400, RefusedError],
      ['does not come again after 410', 410, PermanentError],
    ])('%s', async (_, status, kind) => {
      await using notifier = await opened(world, world.receiver(status))
      await expect(notifier.tell(someDelivery())).rejects.toThrow(kind)
    })
    it('comes again where nobody answers, and tells no secret of its settings', async () => {
      const outside = world.receiver(200)
      await using notifier = await opened(world, outside)
      outside.break()
      const error = (await notifier.tell(someDelivery()).catch((each: unknown) => each)) as Error
      expect(error).toBeInstanceOf(TransientError)
      for (const secret of world.secrets) expect(`${error.message} ${outside.said.join()}`).not.toContain(secret)
    })
  })
}
