import { describe, expect, it } from 'vitest'
import { TransientError } from '../../contract/error.js'
import type { Batch, PluginEnv, Source } from '../../contract/plugin.js'
import { pluginEnv } from '../../shell/outside/env.js'
import { fakeOutside } from '../../testing/outside.js'
import { testSource } from '../../testing/plugin-contract.js'
import bluesky, { type BlueskyConfig } from './bluesky.js'
import { eventOf, V2_PATH } from './bluesky/events.js'
import { deleteEvent, frame, Jetstream, type JetEvent, postEvent, v2Frame } from './bluesky/fixtures/jetstream.js'
import { Frames, FRAME_MESSAGE_BYTES } from './bluesky/websocket.js'

const NOON = Date.UTC(2026, 1, 3, 12)
const us = (seconds: number) => (NOON + seconds * 1_000) * 1_000
const settings: BlueskyConfig = {
  url: 'wss://jetstream.example/subscribe',
  services: [{ service: 'chatgpt', names: ['ChatGPT'] }],
  holdSeconds: 0,
}

/** An outside with a Jetstream; its clock goes on a second with each sleep, and nothing waits. */
function outsideOf(jetstream: Jetstream) {
  const outside = fakeOutside()
  let now = NOON
  const env: PluginEnv = {
    ...outside.env,
    now: () => now,
    sleep: ms => new Promise(done => setImmediate(() => ((now += ms), done()))),
    connect: jetstream.connect,
  }
  return {
    ...outside,
    env,
    jetstream,
    break: () => void (env.connect = jetstream.refuse),
  }
}

testSource('bluesky', {
  plugin: bluesky,
  settings,
  world: () => {
    const jetstream = new Jetstream()
    jetstream.tell(postEvent(us(-2), 'ChatGPT is down'), postEvent(us(-1), 'lunch'), postEvent(us(0), 'is chatgpt ok?'))
    return outsideOf(jetstream)
  },
  more: world => (world as ReturnType<typeof outsideOf>).jetstream.tell(postEvent(us(3), 'ChatGPT works again')),
  counts: [2, 3],
})

const live = () => {
  const stop = new AbortController()
  return { stop, signal: stop.signal }
}
/** Batches until there are so many signals, and the state after them; what follows is left. */
async function take(source: Source, count: number, state?: unknown): Promise<{ signals: Signal[]; last: Batch }> {
  const { stop, signal } = live()
  const signals: Signal[] = []
  for await (const batch of source.read!(signal, state)) {
    signals.push(...(batch.signals as Signal[]))
    if (signals.length >= count) {
      stop.abort()
      return { signals, last: batch }
    }
  }
  throw new Error('it ended')
}
interface Signal {
  id: string
  text: string
  author: string
  labels: Record<string, string>
}
async function opened(jetstream: Jetstream, more: Partial<BlueskyConfig> = {}) {
  const outside = outsideOf(jetstream)
  return { outside, source: await bluesky.open({ ...settings, ...more }, outside.env) }
}

describe('bluesky', () => {
  it('tells network and language, and nobody’s name', async () => {
    const jetstream = new Jetstream()
    jetstream.tell(postEvent(us(0), 'ChatGPT est en panne', { did: 'did:plc:someone', langs: ['fr-CA'] }))
    const { source } = await opened(jetstream)
    const { signals, last } = await take(source, 1)
    expect(signals[0]).toMatchObject({
      labels: { network: 'bluesky', lang: 'fr' },
      text: 'ChatGPT est en panne',
      total: 1,
    })
    expect(JSON.stringify([signals, last.state])).not.toContain('someone')
    expect(last.lagMs).toBeGreaterThanOrEqual(0)
  })

  it('calls an author the same all along, and another otherwise', async () => {
    const jetstream = new Jetstream()
    const by = (did: string, at: number) => postEvent(us(at), `ChatGPT down ${at}`, { did })
    jetstream.tell(by('did:plc:a', 0), by('did:plc:b', 1))
    const first = await take((await opened(jetstream)).source, 2)
    jetstream.tell(by('did:plc:a', 6))
    const second = await take((await opened(jetstream)).source, 1, first.last.state)
    expect(first.signals[0]!.author).not.toBe(first.signals[1]!.author)
    expect(second.signals.map(each => each.author)).toEqual([first.signals[0]!.author])
  })

  it('goes on some seconds before where it stopped, and tells nothing twice', async () => {
    const jetstream = new Jetstream()
    jetstream.tell(...[0, 1, 2, 3].map(at => postEvent(us(at), `ChatGPT down, try ${at}`)))
    const { last } = await take((await opened(jetstream)).source, 4)
    jetstream.tell(postEvent(us(4), 'ChatGPT still down'))
    const { signals } = await take((await opened(jetstream)).source, 1, last.state)
    expect(jetstream.asked).toEqual([null, us(3) - 5_000_000])
    expect(signals.map(each => each.text)).toEqual(['ChatGPT still down'])
  })

  it('says so where posts are missing, and begins anew where too many are', async () => {
    const jetstream = new Jetstream()
    jetstream.tell(postEvent(us(0), 'ChatGPT down'))
    const { last } = await take((await opened(jetstream)).source, 1)
    jetstream.events.length = 0
    jetstream.tell(postEvent(us(300), 'ChatGPT down too'))
    const gap = await opened(jetstream)
    await take(gap.source, 1, last.state)
    expect(gap.outside.said).toEqual(['posts of some time are missing'])
    const old = { ...(last.state as object), cursor: us(-3 * 3_600) }
    await take((await opened(jetstream)).source, 1, old)
    expect(jetstream.asked.at(-1)).toBeNull()
  })

  it('never tells what is deleted while it is held, nor anything of an account that is gone', async () => {
    const jetstream = new Jetstream()
    const [kept, taken, gone] = ['did:plc:a', 'did:plc:b', 'did:plc:c'].map((did, i) =>
      postEvent(us(i), `ChatGPT down says ${did.at(-1)}`, { did }),
    ) as [JetEvent, JetEvent, JetEvent]
    jetstream.tell(kept, taken, gone, deleteEvent(us(4), taken))
    jetstream.tell({ did: gone.did, time_us: us(5), kind: 'account', account: { active: false, status: 'deleted' } })
    const { signals } = await take((await opened(jetstream, { holdSeconds: 5 })).source, 1)
    expect(signals.map(each => each.text)).toEqual(['ChatGPT down says a'])
  })

  it('goes on before what it still holds', async () => {
    const jetstream = new Jetstream()
    const { source } = await opened(jetstream, { holdSeconds: 100 })
    jetstream.tell(postEvent(us(0), 'lunch'), postEvent(us(1), 'ChatGPT down'), postEvent(us(2), 'dinner'))
    const { stop, signal } = live()
    for await (const batch of source.read!(signal, undefined)) {
      expect(batch).toMatchObject({ signals: [], state: { cursor: us(1) - 1 } })
      stop.abort()
      break
    }
  })

  it('tells copies once, and short ones that many write each time', async () => {
    const jetstream = new Jetstream()
    const long = 'ChatGPT is down! Retweet this so that they finally hear all of us, please and thank you'
    jetstream.tell(...[0, 1, 2].map(at => postEvent(us(at), `${long} https://a.example/${at}`)))
    jetstream.tell(...[3, 4].map(at => postEvent(us(at), 'chatgpt down')))
    const { signals } = await take((await opened(jetstream)).source, 3)
    expect(new Set(signals.map(each => each.id)).size).toBe(3)
    expect(signals.filter(each => each.text.length > 40).length).toBe(1)
  })

  it.each<[what: string, act: (jetstream: Jetstream) => void, why: RegExp]>([
    ['hangs up', jetstream => jetstream.hangUp(), /closed the stream/],
    ['closes', jetstream => jetstream.write(frame(8, '')), /closed the stream/],
    ['is silent', () => {}, /silent/],
    ['compresses', jetstream => jetstream.write(Buffer.from([0xc1, 0])), /extension/],
    ['masks', jetstream => jetstream.write(Buffer.from([0x81, 0x80, 0, 0, 0, 0])), /masked/],
  ])('begins anew where the server %s', async (_, act, why) => {
    const jetstream = new Jetstream()
    jetstream.tell(postEvent(us(0), 'ChatGPT down'))
    const { source } = await opened(jetstream)
    const read = async () => {
      for await (const batch of source.read!(live().signal, undefined)) if (batch.signals.length > 0) act(jetstream)
    }
    const error = (await read().catch((each: unknown) => each)) as Error
    expect(error).toBeInstanceOf(TransientError)
    expect(error.message).toMatch(why)
    expect(jetstream.heard).toEqual(String(why).includes('silent') ? [9] : [])
  })

  it('waits a minute where it is refused', async () => {
    const jetstream = new Jetstream()
    jetstream.refuses = 429
    const { source } = await opened(jetstream)
    await expect(take(source, 1)).rejects.toMatchObject({
      message: 'jetstream.example answered 429',
      retryAfterMs: 60_000,
    })
  })

  it('reads a real connection: pings, pieces, and ten times the usual rate', async () => {
    const jetstream = new Jetstream()
    const url = await jetstream.listen()
    const { connect } = pluginEnv({ now: Date.now, log: () => {} }, true)
    const source = await bluesky.open({ ...settings, url }, { ...outsideOf(jetstream).env, connect })
    const text = JSON.stringify(postEvent(us(0), 'ChatGPT down in two pieces', { did: 'did:plc:other' }))
    const ofEach = (i: number) => (i % 100 === 0 ? `ChatGPT down ${i}` : `something else ${'x'.repeat(200)} ${i}`)
    jetstream.tell(...Array.from({ length: 5_000 }, (_, i) => postEvent(us(0) + i, ofEach(i))))
    const { stop, signal } = live()
    const found = new Set<string>()
    for await (const { signals } of source.read!(signal, undefined)) {
      for (const each of signals as Signal[]) found.add(each.text)
      if (found.has('ChatGPT down in two pieces') && jetstream.heard.includes(10)) stop.abort()
      else if (found.size > 0) {
        jetstream.write(frame(9, 'are you there?'))
        jetstream.write(Buffer.concat([frame(1, text.slice(0, 40), false), frame(9, ''), frame(0, text.slice(40))]))
      }
    }
    expect(found.size).toBe(51)
    await jetstream.close()
  })
})

describe('what Jetstream says', () => {
  it.each([
    '{"did":"did:plc:x","time_us":1736448492661668,"kind":"commit","commit":{"operation":"create","collection":"app.bsky.feed.like","rkey":"3"}}',
    '{"did":"did:plc:x","time_us":1736448492661668,"kind":"identity","identity":{}}',
    '{"did":"did:plc:x","time_us":1736448492661668,"kind":"account","account":{"active":true}}',
    '{"did":"did:plc:x","time_us":1736448492661668,"kind":"commit","commit":{"operation":"create","collection":"app.bsky.feed.post"}}',
  ])('is of no interest: %s', message => expect(eventOf(message)).toMatchObject({ kind: 'other' }))
  it.each([
    '',
    '[]',
    'null',
    '{"time_us":"1","did":"x"}',
    '{"time_us":1.5,"did":"x"}',
    '{"time_us":-1,"did":"x"}',
    '{',
  ])('is none: %j', message => expect(eventOf(message)).toBeNull())
  it('is a post, with its place and its language', () => {
    expect(eventOf(JSON.stringify(postEvent(us(0), 'hello', { did: 'did:plc:x', rkey: '3', langs: ['pt'] })))).toEqual({
      us: us(0),
      kind: 'post',
      key: 'did:plc:x/3',
      post: { id: 'at://did:plc:x/app.bsky.feed.post/3', author: 'did:plc:x', text: 'hello', at: NOON, lang: 'pt' },
    })
  })
})

describe('frames', () => {
  const bytes = Buffer.concat([frame(1, 'a'.repeat(200)), frame(9, 'p'), frame(1, 'ü'.repeat(40_000)), frame(1, '')])
  it('are the same however the network cuts them', () => {
    const whole = new Frames().take(bytes).map(each => `${each.op} ${each.bytes.toString()}`)
    expect(whole.map(each => each.length)).toEqual([202, 3, 40_002, 2])
    for (const size of [1, 3, 127, 4_096]) {
      const frames = new Frames()
      const found: string[] = []
      for (let at = 0; at < bytes.length && (size > 1 || at < 500); at += size)
        for (const each of frames.take(bytes.subarray(at, at + size))) found.push(`${each.op} ${each.bytes.toString()}`)
      expect(found).toEqual(whole.slice(0, found.length))
      expect(found.length).toBeGreaterThanOrEqual(size > 1 ? 4 : 2)
    }
  })
  it('end where they promise too much', () => {
    const head = Buffer.alloc(10)
    head[0] = 0x81
    head[1] = 127
    head.writeBigUInt64BE(BigInt(FRAME_MESSAGE_BYTES + 1), 2)
    expect(() => new Frames().take(head)).toThrow(/too large/)
  })
})

describe('bluesky, what was said since a moment', () => {
  const since = NOON - 36 * 3_600_000
  const asked = { ...settings, url: `wss://jetstream.example${V2_PATH}`, since, holdSeconds: 10 }
  async function all(jetstream: Jetstream, state?: unknown) {
    const outside = outsideOf(jetstream)
    const source = await bluesky.open(asked, outside.env)
    const batches: Batch[] = []
    for await (const batch of source.read!(live().signal, state)) batches.push(batch)
    return { outside, batches, texts: batches.flatMap(each => (each.signals as Signal[]).map(({ text }) => text)) }
  }

  it('reads Jetstream v2 to where it is now and ends, by the time of the stream', async () => {
    const jetstream = new Jetstream(v2Frame)
    const old = postEvent(us(-35 * 3_600), 'ChatGPT is down')
    const soonGone = postEvent(us(-7_200), 'ChatGPT oh no')
    jetstream.tell(postEvent(us(-40 * 3_600), 'ChatGPT before'), old, soonGone, deleteEvent(us(-7_195), soonGone))
    // Deleted hours after it was said, when it would long have been taken.
    jetstream.tell(postEvent(us(-3_600), 'is chatgpt slow?'), deleteEvent(us(-600), old), postEvent(us(0), 'lunch'))
    const { batches, texts } = await all(jetstream)
    expect(texts).toEqual(['ChatGPT is down', 'is chatgpt slow?'])
    expect(batches.at(-1)!.done).toBe(true)
    expect(jetstream.lines[0]).toContain(
      `${V2_PATH}?kinds=commit&kinds=account&collections=app.bsky.feed.post&cursor=${since * 1_000}`,
    )
  })
  it('goes on from where it was, says what the server does not keep, and ends with its error', async () => {
    const frames = [
      '{"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#info","name":"OutdatedCursor"}}',
      '{"$type":"error","error":"ConsumerTooSlow","message":"read faster"}',
    ]
    const jetstream = new Jetstream(event => frames[event.time_us] ?? v2Frame(event))
    jetstream.tell(postEvent(us(-60), 'chatgpt?'), postEvent(us(-40), 'lunch'))
    const source = await bluesky.open(asked, outsideOf(jetstream).env)
    const { last } = await take(source, 1)
    jetstream.events.length = 0
    const outside = outsideOf(jetstream)
    const again = (await bluesky.open(asked, outside.env)).read!(live().signal, last.state)[Symbol.asyncIterator]()
    const failed = expect(again.next()).rejects.toThrow('ConsumerTooSlow read faster')
    await new Promise(done => setImmediate(done))
    jetstream.tell(...[0, 1].map(time_us => ({ time_us, did: '', kind: '' })))
    await failed
    expect(outside.said).toEqual(['the server keeps less'])
    expect(jetstream.asked.at(-1)).toBe((last.state as { cursor: number }).cursor - 5_000_000)
  })
})
