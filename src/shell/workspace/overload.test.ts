import { Clock } from './clock.js'
import { describe, expect, it } from 'vitest'
import { TransientError } from '../../contract/error.js'
import { QUEUE_BYTES, REPORTS_OPEN, REQUESTS_OPEN } from '../../contract/limits.js'
import { fakeEnv } from '../../testing/env.js'
import { STREAM_START } from '../../testing/stream.js'
import { complete } from '../config/load.js'
import type { Parts } from '../parts.js'
import { Workspace } from './workspace.js'

const text = 'x'.repeat(7_990)
const lines = (from: number, count: number) =>
  Buffer.from(
    Array.from({ length: count }, (_, i) =>
      JSON.stringify({
        type: 'observation',
        via: 'report',
        id: `r${from + i}`,
        service: 's',
        at: STREAM_START,
        total: 1,
        bad: 1,
        text,
      }),
    ).join('\n'),
  )

/** A workspace whose disk answers when the test lets it. */
async function stuck() {
  const workspace = await Workspace.open(complete({ clock: 'signals' }), fakeEnv(), new Clock(fakeEnv()), () => {}, {
    run: 'memory',
  })
  const { parts } = workspace as unknown as { parts: Parts }
  const append = parts.append.bind(parts)
  let free = () => {}
  const freed = new Promise<void>(resolve => {
    free = resolve
  })
  parts.append = async entries => {
    await freed
    return append(entries)
  }
  return { workspace, free }
}

describe('overload', () => {
  it('is answered with a time to come again before memory grows, and passes', async () => {
    const { workspace, free } = await stuck()
    const chunk = 1_000
    const waiting: Promise<unknown>[] = []
    let refused: unknown = null
    for (let i = 0; i < 40 && refused === null; i++) {
      const sent = workspace.ingest(lines(i * chunk, chunk))
      sent.catch(error => (refused ??= error))
      waiting.push(sent)
      await new Promise(wait => setImmediate(wait))
    }
    expect(refused).toBeInstanceOf(TransientError)
    expect((refused as TransientError).retryAfterMs).toBeGreaterThan(0)
    expect(workspace.queueBytes).toBeLessThan(QUEUE_BYTES * 1.2)
    free()
    const answers = await Promise.allSettled(waiting)
    expect(answers.filter(a => a.status === 'fulfilled').length).toBeGreaterThan(5)
    expect(answers.filter(a => a.status === 'rejected').length).toBe(1)
    expect(await workspace.ingest(lines(1e6, 1))).toMatchObject({ accepted: 1 })
    await workspace[Symbol.asyncDispose]()
  })
  it('makes one long sender wait instead of collecting what it sends', async () => {
    const { workspace, free } = await stuck()
    let pulled = 0
    async function* body() {
      for (; pulled < 12; pulled++) yield Buffer.concat([lines(pulled * 1_000, 1_000), Buffer.from('\n')])
    }
    const sent = workspace.ingest(body())
    await new Promise(wait => setTimeout(wait, 300))
    expect(pulled).toBeLessThan(10)
    free()
    expect(await sent).toMatchObject({ accepted: 12_000 })
    await workspace[Symbol.asyncDispose]()
  })
  it('lets so many requests be read at once and no more', async () => {
    const { workspace, free } = await stuck()
    const waiting = Array.from({ length: REQUESTS_OPEN + REPORTS_OPEN }, (_, i) => workspace.ingest(lines(i, 1)))
    await expect(workspace.ingest(lines(5_000, 1))).rejects.toThrow(TransientError)
    free()
    await Promise.all(waiting)
    await workspace[Symbol.asyncDispose]()
  })
})
