import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Probe } from '../../contract/plugin.js'
import { fakeOutside } from '../../testing/outside.js'
import { someRequest, testProbe } from '../../testing/plugin-contract.js'
import heartbeat, { type HeartbeatConfig } from './heartbeat.js'

const stop = { aborted: false, addEventListener() {} }
const open = (secret?: string): Promise<Probe> =>
  heartbeat.open({ withinSeconds: 60, ...(secret === undefined ? {} : { secret }) }, fakeOutside().env)
const call = (probe: Probe, path = '', body = '') => probe.hears!.take(someRequest(body, { path }))

/** What it was called with before it is looked at. */
let calls: string[] = []
const called =
  (...paths: string[]) =>
  () => {
    calls = paths
    return fakeOutside()
  }
testProbe('heartbeat', {
  plugin: {
    ...heartbeat,
    open: async (config: HeartbeatConfig, env) => {
      const probe = await heartbeat.open(config, env)
      for (const path of calls) await call(probe, path)
      return probe
    },
  },
  settings: { withinSeconds: 60 } satisfies HeartbeatConfig,
  well: called('fail', ''),
  ill: [
    ['a failure that it tells', called('', 'fail'), /says that it failed/],
    ['an exit code', called('1'), /exit code 1/],
  ],
  blind: [['nobody who has called', called()]],
})

describe('heartbeat', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
  afterEach(() => void vi.useRealTimers())
  const after = (seconds: number) => vi.advanceTimersByTime(seconds * 1_000)

  it('is unknown before it was called, well while it is, bad when it falls silent, well again', async () => {
    await using probe = await open()
    after(3_600)
    expect(await probe.check(stop)).toEqual({ outcome: 'unknown', why: 'it has not been called yet' })
    expect(await call(probe)).toMatchObject({ signals: [] })
    after(60)
    expect(await probe.check(stop)).toMatchObject({ outcome: 'ok', figures: { silentSeconds: 60 } })
    after(1)
    expect(await probe.check(stop)).toMatchObject({ outcome: 'bad', why: 'not called for more than 60 s' })
    await call(probe)
    expect((await probe.check(stop)).outcome).toBe('ok')
  })
  it('hears of failures, with what a job says', async () => {
    await using probe = await open()
    const after = async (path: string, body?: string) => {
      await call(probe, path, body)
      const { outcome, why } = await probe.check(stop)
      return [outcome, why]
    }
    expect(await after('fail', 'disk full\n')).toEqual(['bad', 'the last call says that it failed: disk full'])
    expect(await after('0')).toEqual(['ok', undefined])
    expect(await after('3')).toEqual(['bad', 'it ended with exit code 3'])
    expect(await call(probe, 'what')).toMatchObject({ refused: { rule: 'heartbeat.path', value: 'what' } })
  })
  it('after a restart counts silence from then on: of the time before nobody knows', async () => {
    let state: unknown
    {
      await using probe = await open()
      await call(probe)
      ;({ state } = await probe.check(stop))
    }
    after(86_400)
    await using probe = await open()
    expect((await probe.check(stop, JSON.parse(JSON.stringify(state)))).outcome).toBe('ok')
    after(61)
    expect((await probe.check(stop, state)).outcome).toBe('bad')
  })
  it('knows its callers by a secret, if it has one', async () => {
    await using closed = await open('a-long-secret-of-many-characters')
    expect(await closed.hears!.trusts!(someRequest(''))).toBe(false)
    expect(await closed.hears!.trusts!(someRequest('', { query: { key: 'a-long-secret-of-many-characters' } }))).toBe(
      true,
    )
    await using open_ = await open()
    expect(open_.hears!.trusts).toBeUndefined()
  })
})
