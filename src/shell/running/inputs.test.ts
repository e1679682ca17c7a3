import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ProbeUse, Use } from '../../contract/config.js'
import { fakeEnv } from '../../testing/env.js'
import { delayOf, Inputs } from './inputs.js'
import type { Taker } from './tasks.js'

const folder = mkdtempSync(join(tmpdir(), 'epicenter-inputs-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'well.mjs')
// What it does is told to the test through the process, which both share.
writeFileSync(
  file,
  `const log = (globalThis.wellLog ??= [])
export default {
  kind: 'source', name: 'well', summary: 'hands over one bucket and waits', config: {},
  async open({ of }, env) {
    log.push('open ' + of)
    if (of === 'dry' && globalThis.wellDry !== false) throw new env.errors.PermanentError('it is dry')
    return {
      async poll() { log.push('poll ' + of); return { signals: [{ of }] } },
      async [Symbol.asyncDispose]() { log.push('close ' + of) },
    }
  },
}
`,
)
const shared = globalThis as { wellLog?: string[]; wellDry?: boolean }

const use = (id: string, of: string): Use => ({ use: 'well', id, allowPrivate: null, settings: { of } })
const configOf = (...sources: Use[]) => ({ plugins: [file], sources, receivers: [], probes: [] })

describe('sources of the configuration', () => {
  const env = fakeEnv()
  const taker: Taker = {
    take: async values => ({ accepted: values.length, duplicate: 0, rejectedCount: 0, rejected: [] }),
    teach: async () => null,
    note: async () => {},
    noted: async () => null,
    even: env.steady,
  }
  let inputs: Inputs
  beforeEach(() => {
    shared.wellLog?.splice(0)
    shared.wellDry = true
    inputs = new Inputs(taker, env)
  })
  afterEach(() => inputs[Symbol.asyncDispose]())
  const said = () => shared.wellLog ?? []
  const until = (line: string) => vi.waitFor(() => expect(said()).toContain(line))

  it('are left running when the configuration is read again, but those that it says otherwise', async () => {
    await inputs.configure(configOf(use('a', 'sweet')))
    await until('poll sweet')
    const [before] = inputs.status
    await inputs.configure(configOf(use('a', 'sweet')))
    expect(said()).toEqual(['open sweet', 'poll sweet'])
    expect(inputs.status).toEqual([before])
    await inputs.configure(configOf(use('a', 'salt')))
    await until('poll salt')
    // The old one is closed before the new one is opened: never two of one.
    expect(said()).toEqual(['open sweet', 'poll sweet', 'close sweet', 'open salt', 'poll salt'])
    await inputs.configure(configOf())
    expect(said().at(-1)).toBe('close salt')
    expect(inputs.status).toEqual([])
  })

  it('that have stopped for good are tried again when it is read again', async () => {
    await inputs.configure(configOf(use('a', 'dry')))
    await vi.waitFor(() => expect(inputs.status[0]?.state).toBe('stopped'))
    expect(inputs.healths).toEqual({ ok: 0, stale: 0, unknown: 1 })
    shared.wellDry = false
    await inputs.configure(configOf(use('a', 'dry')))
    await until('poll dry')
    await vi.waitFor(() => expect(inputs.healths).toEqual({ ok: 1, stale: 0, unknown: 0 }))
  })

  it('do not begin all at once', async () => {
    await inputs.configure(configOf(use('a', 'one'), use('b', 'two'), use('c', 'three')))
    await until('poll one')
    expect(said().filter(line => line.startsWith('open'))).toEqual(['open one'])
    expect(inputs.status.map(each => each.state)).toEqual(['waiting', 'starting', 'starting'])
  })
})

const lamp = join(folder, 'lamp.mjs')
writeFileSync(
  lamp,
  `export default {
  kind: 'probe', name: 'lamp', summary: 'whether a lamp is lit', config: {},
  async open({ n }) {
    return {
      async check() { globalThis.lampSaw?.(n); return { outcome: 'ok' } },
      ...(n === 1 ? { hears: { take: () => ({ signals: [] }) } } : {}),
      async [Symbol.asyncDispose]() {},
    }
  },
}
`,
)
const probe = (n: number, everyMs: number): ProbeUse => ({
  use: 'lamp',
  id: `street.${n}`,
  of: 'street',
  place: null,
  allowPrivate: null,
  settings: { n },
  service: 'shop',
  labels: {},
  everyMs,
  timeoutMs: 1_000,
  slowMs: null,
  tries: 1,
  pauseMs: 0,
})

describe('many targets', () => {
  it.each([
    [3, 60_000, 15_000],
    [3, 1_000, 1_000],
    [2_000, 60_000, 40_000],
    [4_000, 60_000, 60_000],
    [10_000, 60_000, 60_000],
  ])('%i of them, each every %i ms, begin within %i ms, evenly', (count, everyMs, withinMs) => {
    const delays = Array.from({ length: count }, (_, i) => delayOf(i, count, everyMs))
    const gaps = delays.slice(1).map((delay, i) => delay - delays[i]!)
    for (const gap of gaps) expect(gap).toBeCloseTo(withinMs / count, 6)
    expect(delays[0]).toBe(0)
  })
  afterEach(() => void vi.useRealTimers())
  it('have all been looked at within one interval after a start, no second with many more than another', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const env = fakeEnv()
    const taker: Taker = {
      take: async () => ({ accepted: 1, duplicate: 0, rejectedCount: 0, rejected: [] }),
      note: async () => {},
      teach: async () => null,
      noted: async () => null,
      even: env.steady,
    }
    const seen = new Map<number, number>()
    let second = 0
    const perSecond = Array.from({ length: 60 }, () => 0)
    Object.assign(globalThis, {
      lampSaw: (n: number) => {
        seen.set(n, (seen.get(n) ?? 0) + 1)
        perSecond[second]!++
      },
    })
    await using inputs = new Inputs(taker, env)
    const probes = Array.from({ length: 100 }, (_, n) => probe(n, 60_000))
    await inputs.configure({ plugins: [lamp], sources: [], receivers: [], probes })
    for (; second < 60; second++) {
      await vi.advanceTimersByTimeAsync(1_000)
      env.move(1_000)
    }
    expect(seen.size).toBe(100)
    expect(Math.max(...seen.values())).toBeLessThanOrEqual(2)
    expect(Math.max(...perSecond)).toBeLessThanOrEqual(8)
    expect(inputs.healths).toEqual({ ok: 100, stale: 0, unknown: 0 })
    expect(inputs.status[7]).toMatchObject({ id: 'street.7', of: 'street', look: { outcome: 'ok' } })
    // What is called has a path of its own, what is not has none.
    expect(inputs.receiver('street.1')?.task.receiver).toBeDefined()
    expect(inputs.receiver('street.2')).toBeNull()
  })
})
