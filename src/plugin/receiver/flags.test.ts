import { describe, expect, it } from 'vitest'
import { fakeOutside } from '../../testing/outside.js'
import { someRequest, testReceiver } from '../../testing/plugin-contract.js'
import { HOOK_SECRET, hooked } from '../../testing/webhooks.js'
import flags from './flags.js'

// No system's own format: what any of them, or a line of a script, can post.
const shown = { headers: { authorization: `Bearer ${HOOK_SECRET}` } }
const request = (body: unknown) => someRequest(body, shown)
const config = { secret: HOOK_SECRET, services: {}, scope: {}, service: 'shop' }
const at = (minute: number) => Date.UTC(2026, 1, 3, 11, minute)

testReceiver('flags', {
  plugin: flags,
  settings: config,
  outside: fakeOutside(),
  good: [
    [request({ flag: 'checkout', enabled: true }), 1],
    [
      request({
        flags: [
          { key: 'a', on: false },
          { name: 'b', state: 'ENABLED' },
        ],
      }),
      2,
    ],
    [request([{ flag: 'a', percentage: 5 }]), 1],
    [request({ flag: 'a', enabled: true, environment: 'staging' }), 0],
    [request({ flag: 'a' }), 0],
  ],
  bad: [
    [request([]), /^flags\.flag$/],
    [request({ flags: [{ enabled: true }] }), /^flags\.flag$/],
    [request([7]), /^flags\.flag$/],
  ],
  strangers: [someRequest({ flag: 'a', enabled: true })],
})

describe('flags', () => {
  it('takes the steps of a rollout for one change, with what it touches', async () => {
    const { signals } = await hooked(flags, config)
    const step = async (minute: number, more: object) =>
      (await signals(request({ flag: 'checkout', at: new Date(at(minute)).toISOString(), ...more })))[0]!
    const first = await step(1, { percentage: 10, scope: { cell: 'eu-1' }, tier: ['free', 'plus'] })
    const second = await step(3, { share: 0.5 })
    expect(first).toMatchObject({
      rollout: [[at(1), 0.1]],
      scope: { cell: ['eu-1'], tier: ['free', 'plus'] },
      title: 'flag checkout: 10 %',
    })
    expect(second).toMatchObject({ thread: first['thread'], rollout: [[at(3), 0.5]] })
    const third = await step(4, { state: 'ENABLED' })
    expect(await step(8, { state: 'DISABLED' })).toMatchObject({ reverts: third['thread'], rollout: [[at(8), 0]] })
  })
})
