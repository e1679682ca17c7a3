import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NewEntry } from '../../contract/ports.js'
import nats from './nats.js'
import {
  batchOf,
  Joiner,
  markOf,
  type Message,
  NOTHING,
  PART_BYTES,
  readMessage,
  type State,
  stateAfter,
} from './nats/message.js'
import { beforeStamp, newestBefore, newestUpTo, Reading, type Source } from './nats/reading.js'
import type { NatsConfig } from './nats/settings.js'

// What can be said of it without a server; lab/nats.servers.ts has the rest.

const entry = (at: number, bytes = 3): NewEntry => ({
  ...{ at, kind: 'signals', count: 1, keys: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, at % 256) },
  body: Buffer.alloc(bytes, `body ${at} `),
})

/** A stream in the memory, as a server keeps it. */
class Kept implements Source {
  readonly messages: Message[] = []
  first = 1
  state: State = NOTHING
  n = 0

  put(bytes: Uint8Array): void {
    this.messages.push(readMessage(this.messages.length + 1, bytes))
  }
  append(entries: readonly NewEntry[], lacking = 0): void {
    const { messages, after } = batchOf(`${++this.n}`, this.state, entries)
    for (const each of messages.slice(0, messages.length - lacking)) this.put(each)
    if (lacking === 0) this.state = after
  }
  async ends() {
    return { first: this.first, last: this.messages.length }
  }
  async get(seq: number) {
    return seq < this.first ? null : (this.messages[seq - 1] ?? null)
  }
}

const stamps = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 4 })
const course = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ what: fc.constant('batch' as const), stamps }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('lost' as const), stamps }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('mark' as const), stamps }) },
  ),
  { minLength: 1, maxLength: 12 },
)
/** A stream with batches, some of which were given up before their end, and what should be read from it. */
function played(steps: typeof course extends fc.Arbitrary<infer T> ? T : never): { kept: Kept; at: number[] } {
  const kept = new Kept()
  const at: number[] = []
  for (const step of steps) {
    if (step.what === 'mark') kept.put(markOf({ state: kept.state, batch: `m${++kept.n}`, mark: 'owner' }))
    // Every other one in two parts.
    else
      kept.append(
        step.stamps.map((each, i) => entry(each, i % 2 === 0 ? 9 : PART_BYTES + 1)),
        step.what === 'lost' ? 1 : 0,
      )
    if (step.what === 'batch') at.push(...step.stamps)
  }
  return { kept, at }
}
const checked = (property: fc.IAsyncProperty<[Parameters<typeof played>[0]]>) =>
  fc.assert(property, { numRuns: 25, seed: 7 })

describe('entries as messages of a stream', () => {
  it('come back as they were, and of a batch without its end nothing', async () => {
    await checked(
      fc.asyncProperty(course, async steps => {
        const { kept, at } = played(steps)
        const joiner = new Joiner()
        const read = kept.messages.flatMap(each => joiner.take(each))
        expect(read.map(each => [each.position, each.at])).toEqual(at.map((each, i) => [i + 1, each]))
        for (const each of read) {
          const was = entry(each.at, each.body.length)
          expect([Buffer.compare(Buffer.from(each.body), Buffer.from(was.body)), each.keys]).toEqual([0, was.keys])
        }
        // The newest message alone tells how far the log is.
        expect(stateAfter(kept.messages.at(-1)!.head)).toEqual(kept.state)
      }),
    )
  })
  it('are found from any position, also by one who read elsewhere before', async () => {
    await checked(
      fc.asyncProperty(course, async steps => {
        const { kept, at } = played(steps)
        const reading = new Reading(kept)
        for (const after of [0, at.length, 1, at.length - 1, 0]) {
          const found = await reading.read(Math.max(0, after), 3)
          expect(found.map(each => each.at)).toEqual(at.slice(Math.max(0, after), Math.max(0, after) + 3))
        }
        for (let position = 1; position <= at.length; position++)
          expect((await newestUpTo(kept, position))!.position).toBe(position)
      }),
    )
  })
  it('are found by their stamps although these went back', async () => {
    await checked(
      fc.asyncProperty(course, async steps => {
        const { kept, at } = played(steps)
        for (const bound of [1, 7, 15, 29, 31]) {
          const newest = at.findLastIndex(each => each < bound) + 1
          expect(await newestBefore(kept, bound, at.length, 1)).toBe(newest)
          const first = at.findIndex(each => each >= bound)
          const before = await beforeStamp(kept, bound)
          if (first < 0) expect(before ?? at.length).toBeLessThanOrEqual(at.length)
          else expect(before).toBeLessThanOrEqual(first)
        }
      }),
    )
  })
  it('are found across positions that were left out', async () => {
    const kept = new Kept()
    const mark = (what: 'owner' | 'gap', state: State) => {
      kept.state = state
      kept.put(markOf({ state, batch: what, mark: what }))
    }
    kept.append([entry(5)])
    mark('owner', kept.state)
    mark('gap', { ...kept.state, position: 100, gaps: 1, gapEnd: 100 })
    kept.append([entry(6)])
    for (const [upTo, position] of [
      [1, 1],
      [50, 1],
      [100, 1],
      [101, 101],
    ])
      expect((await newestUpTo(kept, upTo!))?.position, `up to ${upTo}`).toBe(position)
    expect(await newestBefore(kept, 7, 101, 1)).toBe(101)
    expect(await newestBefore(kept, 6, 101, 1)).toBe(1)
    const reading = new Reading(kept)
    expect((await reading.read(0, 9)).map(each => each.position)).toEqual([1, 101])
    expect((await reading.read(60, 9)).map(each => each.position)).toEqual([101])
  })
  it('are left where the stream was trimmed within a batch', async () => {
    const kept = new Kept()
    kept.append([entry(1), entry(2, PART_BYTES * 2), entry(3)])
    kept.append([entry(4)])
    kept.first = 2
    expect((await new Reading(kept).read(0, 9)).map(each => each.position)).toEqual([2, 3, 4])
    kept.first = 3
    expect((await new Reading(kept).read(0, 9)).map(each => each.position)).toEqual([3, 4])
  })
  const none = ['', 'no head\nx', '{}\n', '{"batch":"a"}\n', '{"batch":1,"state":{"position":1}}\n']
  it.each([...none, '{"batch":"a","state":{"position":1},"i":0,"n":1,"parts":0}\n'])(
    'are not what somebody else wrote: %j',
    text => expect(() => readMessage(1, Buffer.from(text))).toThrow(),
  )
})

describe('settings of the log on NATS', () => {
  const settings: NatsConfig = { servers: ['a:4222'], stream: 'epicenter', replicas: 3, tls: 'verify' }
  it.each<[Partial<NatsConfig>, string[]]>([
    [{}, []],
    [{ user: 'ada', password: 'x' }, []],
    [{ user: 'ada' }, ['password']],
    [{ password: 'x' }, ['user']],
    [{ token: 'x', credentialsFile: 'y' }, ['credentialsFile']],
    [{ certFile: 'x' }, ['keyFile']],
    [{ tls: 'off', caFile: 'x', token: 'y' }, ['caFile']],
  ])('%j', (more, paths) => expect(nats.check!({ ...settings, ...more }).map(each => each.path)).toEqual(paths))
})
