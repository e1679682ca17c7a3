import { describe, expect, it } from 'vitest'
import type { ProbeUse } from '../../contract/config.js'
import { PermanentError, TransientError } from '../../contract/error.js'
import type { Checked, Probe } from '../../contract/plugin.js'
import { MINUTE } from '../../contract/time.js'
import { fakeEnv } from '../../testing/env.js'
import { ProbeTask } from './probing.js'
import { Pulse } from './pulse.js'
import type { Taker } from './tasks.js'

/** An intake that takes everything, and a store's notes. */
function world() {
  const env = fakeEnv()
  const taken: { values: readonly unknown[]; namespace: string; own: boolean }[] = []
  const notes = new Map<string, Uint8Array>()
  const taker: Taker = {
    take: async (given, { namespace }) => {
      const own = typeof given === 'function'
      const values = own ? given(env.now()) : given
      taken.push({ values, namespace, own })
      return { accepted: values.length, duplicate: 0, rejectedCount: 0, rejected: [] }
    },
    note: async (key, value) => void notes.set(key, value),
    teach: async () => null,
    noted: async key => notes.get(key) ?? null,
    even: env.steady,
  }
  return { env, taker, taken, notes, signals: () => taken.map(each => each.values[0]) }
}
const use: ProbeUse = {
  use: 'pigeons',
  id: 'loft',
  allowPrivate: null,
  settings: {},
  of: null,
  place: null,
  service: 'shop',
  labels: { component: 'cart' },
  everyMs: MINUTE,
  timeoutMs: 20,
  slowMs: null,
  tries: 1,
  pauseMs: 0,
}
const stop = () => new AbortController().signal
function probeOf(w: ReturnType<typeof world>, check: Probe['check'], more: Partial<ProbeUse> = {}) {
  const pulse = new Pulse({ kind: 'probe', id: 'loft', use: 'pigeons' }, w.env.steady, w.env.now, MINUTE)
  const open = async () => ({ check, [Symbol.asyncDispose]: async () => {} })
  return { pulse, task: new ProbeTask({ use: { ...use, ...more }, open, pulse, taker: w.taker, random: () => 0.5 }) }
}
const giving = (...found: Checked[]) => {
  const left = [...found]
  return async () => left.shift()!
}

describe('a probe', () => {
  it('makes a check signal of what it found, with phases beside it', async () => {
    const w = world()
    const { task, pulse } = probeOf(
      w,
      giving(
        { outcome: 'ok', phases: { lookup: 1.234, total: 20.06 }, labels: { region: 'eu' } },
        { outcome: 'bad', why: 'status 500' },
      ),
    )
    expect(await task.turn(stop())).toBe(MINUTE)
    expect(pulse.status).toMatchObject({ health: 'ok', phases: { lookup: 1.2, total: 20.1 }, lastError: null })
    w.env.move(MINUTE)
    await task.turn(stop())
    const check = { type: 'observation', via: 'check', service: 'shop', total: 1 }
    const [first, second] = [w.env.now() - MINUTE, w.env.now()]
    expect(w.signals()).toEqual([
      { ...check, id: `${first}`, at: first, bad: 0, labels: { component: 'cart', region: 'eu' }, latencyMs: 20.06 },
      { ...check, id: `${second}`, at: second, bad: 1, labels: { component: 'cart' }, text: 'status 500' },
    ])
    expect(w.taken[0]).toMatchObject({ namespace: 'probe.loft', own: true })
    // What it looks at is bad; the probe is well.
    expect(pulse.status).toMatchObject({ health: 'ok', lastError: { why: 'status 500' }, look: { outcome: 'bad' } })
  })

  it('tells what is degraded as slow, and so what takes longer than it should', async () => {
    const w = world()
    const { task, pulse } = probeOf(
      w,
      giving(
        { outcome: 'degraded', why: 'a stall', figures: { stalls: 1 } },
        { outcome: 'ok', phases: { total: 201 } },
        { outcome: 'ok', phases: { total: 199 } },
        { outcome: 'bad', phases: { total: 999 } },
      ),
      { slowMs: 200 },
    )
    await task.turn(stop())
    expect(pulse.status.look).toMatchObject({ outcome: 'degraded', figures: { stalls: 1 } })
    for (let i = 0; i < 3; i++) await task.turn(stop())
    expect(w.signals()).toMatchObject([
      { bad: 0, slow: 1, text: 'a stall' },
      { bad: 0, slow: 1, text: 'it took 201 ms, more than 200', latencyMs: 201 },
      { bad: 0, latencyMs: 199 },
      { bad: 1, latencyMs: 999 },
    ])
    expect(w.signals().map(each => 'slow' in (each as object))).toEqual([true, true, false, false])
  })

  it('tries again as often as it may, and says what failed: one bad second is no outage, and is no secret', async () => {
    const bad = (why: string): Checked => ({ outcome: 'bad', why, phases: { total: 7 } })
    const after = async (...found: Checked[]) => {
      const w = world()
      const { task, pulse } = probeOf(w, giving(...found), { tries: 3 })
      await task.turn(stop())
      return { ...pulse.status.look, signals: w.signals() }
    }
    expect(await after(bad('status 503'), { outcome: 'ok' })).toMatchObject({
      outcome: 'degraded',
      why: '1 of 2 tries failed (status 503)',
      tries: [
        { outcome: 'bad', why: 'status 503', phases: { total: 7 } },
        { outcome: 'ok', why: null, phases: null },
      ],
      signals: [{ bad: 0, slow: 1 }],
    })
    expect(await after(bad('a'), bad('b'), bad('c'))).toMatchObject({
      outcome: 'bad',
      why: '3 of 3 tries failed: c',
      signals: [{ bad: 1 }],
    })
    const lost: Checked = { outcome: 'unknown', why: 'no network' }
    expect(await after(bad('a'), lost, lost)).toMatchObject({ outcome: 'bad', why: '1 of 3 tries failed: a' })
    expect(await after(lost, lost, lost)).toMatchObject({ outcome: 'unknown', signals: [] })
    expect((await after(lost, { outcome: 'ok' })).outcome).toBe('ok')
  })

  it('takes no answer in time for a bad one', async () => {
    const w = world()
    const { task } = probeOf(
      w,
      end => new Promise(done => end.addEventListener('abort', () => done({ outcome: 'ok' }), { once: true })),
    )
    await task.turn(stop())
    expect(w.signals()[0]).toMatchObject({ bad: 1, text: 'no answer within 0.02 s' })
    const { task: telling, pulse } = probeOf(
      w,
      end =>
        new Promise(done =>
          end.addEventListener(
            'abort',
            () => done({ outcome: 'bad', why: 'connected, and no answer', phases: { connect: 3, total: 20 } }),
            { once: true },
          ),
        ),
    )
    await telling.turn(stop())
    expect(w.signals()[1]).toMatchObject({ bad: 1, text: 'no answer within 0.02 s: connected, and no answer' })
    expect(pulse.status.phases).toEqual({ connect: 3, total: 20 })
  })

  it('says nothing where it could not tell: no network, a machine that was away, a fault of its own', async () => {
    const w = world()
    const blind = probeOf(w, async () => {
      throw new TransientError('no route of our own', 0)
    })
    expect(await blind.task.turn(stop())).toBe(MINUTE)
    expect(blind.pulse.status).toMatchObject({ health: 'unknown', look: { outcome: 'unknown' } })
    expect(blind.pulse.blind).toBe('no route of our own')
    const away = probeOf(
      w,
      end =>
        new Promise(done =>
          end.addEventListener('abort', () => (w.env.move(MINUTE), done({ outcome: 'ok' })), { once: true }),
        ),
    )
    await away.task.turn(stop())
    expect(away.pulse.blind).toMatch(/was away/)
    const faulty = probeOf(w, async () => {
      throw new TypeError('x is no function')
    })
    await expect(faulty.task.turn(stop())).rejects.toThrow(TypeError)
    const wordless = probeOf(w, async () => ({ ok: true }) as never)
    await expect(wordless.task.turn(stop())).rejects.toThrow(PermanentError)
    expect(w.taken).toEqual([])
  })

  it('looks at multiples of its interval, however long a look takes, and never makes up for those it missed', async () => {
    const w = world()
    const lasting = [0, 10_000, 59_000, 130_000, 0]
    const began: number[] = []
    const { task } = probeOf(w, async () => {
      began.push(w.env.steady() - 1_000_000)
      w.env.move(lasting.shift()!)
      return { outcome: 'ok' }
    })
    for (let i = 0; i < 5; i++) w.env.move((await task.turn(stop()))!)
    expect(began).toEqual([0, 1, 2, 3, 6].map(n => n * MINUTE))
  })

  it('goes on from what it left, also in another life', async () => {
    const w = world()
    const seen: unknown[] = []
    const count = async (_: unknown, state: unknown): Promise<Checked> => {
      seen.push(state)
      return { outcome: 'ok', ...(seen.length === 2 ? {} : { state: { n: seen.length } }) }
    }
    const { task } = probeOf(w, count)
    for (let i = 0; i < 3; i++) await task.turn(stop())
    await probeOf(w, count).task.turn(stop())
    await probeOf(w, count, { use: 'crows' }).task.turn(stop())
    expect(seen).toEqual([undefined, { n: 1 }, { n: 1 }, { n: 3 }, undefined])
  })
})
