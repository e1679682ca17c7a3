import { describe, expect, it } from 'vitest'
import type { NewEntry } from '../../contract/ports.js'
import { fakeEnv } from '../../testing/env.js'
import type { Parts } from '../standing.js'
import { bodyOf, type Post, type Span } from './exporter.js'
import { readTraceparent, Tracer } from './tracer.js'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SENT_BY = '00f067aa0ba902b7'
const THEIRS = `00-${TRACE}-${SENT_BY}-01`

/** A tracer, the parts of a workspace that it traces, and a collector that answers as a test says. */
function traced(share: number, answer: () => Promise<{ ok: boolean; status: number }>) {
  const env = fakeEnv()
  const got: ReturnType<typeof sent>[] = []
  const post = (async (_url: string, { body }: { body: string }) => {
    got.push(sent(body))
    return { ...(await answer()), cancel: async () => {} }
  }) as unknown as Post
  const tracer = new Tracer({ url: 'http://collector/v1/traces', share }, env, post)
  let last = 0
  const append = async (entries: readonly NewEntry[]) => {
    env.move(7)
    return entries.map(() => ++last)
  }
  const parts = tracer.over({ append } as unknown as Parts)
  const entry: NewEntry = { at: 0, kind: 'signals', count: 1, keys: new Uint8Array(8), body: new Uint8Array() }
  return { env, tracer, parts, entry, got, spans: () => got.flat() }
}
const fine = async () => ({ ok: true, status: 200 })

function sent(body: string) {
  type Sent = { traceId: string; spanId: string; parentSpanId?: string; name: string; status: { message?: string } }
  const { resourceSpans } = JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: Sent[] }[] }[] }
  return resourceSpans.flatMap(each => each.scopeSpans.flatMap(({ spans }) => spans))
}

describe('traceparent', () => {
  it.each([
    [THEIRS, true],
    [`00-${TRACE}-${SENT_BY}-00`, false],
    [`cc-${TRACE}-${SENT_BY}-03-what-comes-later`, true],
  ])('%s is read', (header, sampled) => {
    expect(readTraceparent(header)).toEqual({ trace: TRACE, span: SENT_BY, sampled })
  })
  it.each([
    undefined,
    '',
    'x',
    `ff-${TRACE}-${SENT_BY}-01`,
    `00-${'0'.repeat(32)}-${SENT_BY}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SENT_BY}-01`,
    `00-${TRACE}-${SENT_BY}-01x`,
  ])('%s is none', header => {
    expect(readTraceparent(header)).toBeNull()
  })
})

describe('a trace', () => {
  it('goes from the request of somebody who traces to the message about what came of it', async () => {
    const { env, tracer, parts, entry, spans } = traced(0, fine)
    const request = tracer.request('POST /api/v1/signals', THEIRS)!
    await parts.append([entry])
    tracer.answered(request, 200)
    env.move(30)
    tracer.committed({ position: 1, incidents: ['inc-1'] })
    expect(await tracer.telling('pager', 'inc-1', 'msg_inc-1_0', async () => 'taken')).toBe('taken')
    await tracer[Symbol.asyncDispose]()
    const all = spans()
    expect(all.map(each => each.name)).toEqual([
      'append to the log',
      'POST /api/v1/signals',
      'fold',
      'incident events',
      'tell pager',
    ])
    expect(new Set(all.map(each => each.traceId))).toEqual(new Set([TRACE]))
    const by = new Map(all.map(each => [each.name, each]))
    const parents = all.map(({ name, parentSpanId }) => [name, all.find(x => x.spanId === parentSpanId)?.name])
    expect(Object.fromEntries(parents)).toEqual({
      'append to the log': 'POST /api/v1/signals',
      'POST /api/v1/signals': undefined,
      fold: 'POST /api/v1/signals',
      'incident events': 'fold',
      'tell pager': 'incident events',
    })
    expect(by.get('POST /api/v1/signals')!.parentSpanId).toBe(SENT_BY)
    expect(by.get('fold')).toMatchObject({ kind: 1, startTimeUnixNano: `${env.now() - 30}000000` })
  })
  it('begins by chance where nobody traces, never against a sender who does not', async () => {
    const all = traced(1, fine)
    expect(all.tracer.request('POST /', undefined)).not.toBeNull()
    expect(all.tracer.request('POST /', `00-${TRACE}-${SENT_BY}-00`)).toBeNull()
    const none = traced(0, fine)
    expect(none.tracer.request('POST /', undefined)).toBeNull()
    await none.parts.append([{ ...none.entry, kind: 'tick' }])
    await none.tracer[Symbol.asyncDispose]()
    expect(none.got).toEqual([])
    const half = traced(0.5, fine)
    const times = Array.from({ length: 400 }, () => half.tracer.request('POST /', undefined)).filter(x => x !== null)
    expect(times.length).toBeGreaterThan(140)
    expect(times.length).toBeLessThan(260)
  })
  it('has a tick of its own', async () => {
    const { tracer, parts, entry, spans } = traced(1, fine)
    await parts.append([{ ...entry, kind: 'tick' }])
    tracer.committed({ position: 1, incidents: [] })
    await tracer[Symbol.asyncDispose]()
    expect(spans().map(each => each.name)).toEqual(['append to the log', 'tick', 'fold'])
  })
  it('says what failed, and lets it fail', async () => {
    const { tracer, spans } = traced(1, fine)
    tracer.committed({ position: 1, incidents: ['inc-1'] })
    const telling = tracer.telling('pager', 'inc-1', 'msg', async () => {
      throw new Error('nobody is there')
    })
    await expect(telling).rejects.toThrow('nobody is there')
    await tracer[Symbol.asyncDispose]()
    expect(spans().at(-1)).toMatchObject({ name: 'tell pager', status: { code: 2, message: 'nobody is there' } })
  })
})

describe('a collector that does not answer', () => {
  it('holds nothing up: spans are dropped beyond a bound, and it is asked less and less often', async () => {
    let asked = 0
    const { env, tracer, parts, entry } = traced(1, async () => {
      asked++
      throw new Error('no answer')
    })
    for (let i = 0; i < 1_500; i++) {
      const request = tracer.request('POST /', undefined)!
      await parts.append([entry])
      tracer.answered(request, 200)
    }
    // 3,000 have ended, 2,048 wait.
    expect(tracer.exporter.counts).toEqual({ sent: 0, dropped: 952 })
    const turns: number[] = []
    for (let turn = 1; turn <= 20; turn++) {
      const before = asked
      await tracer.exporter.turn()
      if (asked > before) turns.push(turn)
    }
    expect(turns).toEqual([1, 3, 7, 15])
    expect(env.said.filter(each => each.what.startsWith('traces cannot be sent'))).toHaveLength(1)
    await tracer[Symbol.asyncDispose]()
  })
})

describe('a span as OTLP has it', () => {
  it('has its times to the microsecond, as text', () => {
    const span: Span = {
      ...{ trace: TRACE, span: SENT_BY, parent: null, name: 'fold', kind: 'internal', failed: null },
      ...{ from: 1_770_000_000_000.25, until: 1_770_000_000_001, attributes: { 'epicenter.position': 7 } },
    }
    expect(bodyOf([span], {})).toMatchObject({
      resourceSpans: [
        {
          scopeSpans: [
            {
              spans: [
                {
                  startTimeUnixNano: '1770000000000250000',
                  endTimeUnixNano: '1770000000001000000',
                  attributes: [{ key: 'epicenter.position', value: { intValue: '7' } }],
                },
              ],
            },
          ],
        },
      ],
    })
  })
})
