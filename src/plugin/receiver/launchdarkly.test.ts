import { describe, expect, it } from 'vitest'
import { fakeOutside } from '../../testing/outside.js'
import { someRequest, testReceiver } from '../../testing/plugin-contract.js'
import { HOOK_SECRET, hooked, signedRequest } from '../../testing/webhooks.js'
import launchdarkly from './launchdarkly.js'

// Entries made from the published schema of LaunchDarkly's audit log; none was captured.
const at = (minute: number) => Date.UTC(2026, 1, 3, 11, minute)
const entry = (minute: number, state: object | null, action = 'updateFallthrough', environment = 'production') => ({
  _id: `entry-${minute}`,
  date: at(minute),
  kind: 'flag',
  name: 'New checkout',
  titleVerb: 'changed the rollout of',
  accesses: [{ action, resource: `proj/default:env/${environment}:flag/new-checkout` }],
  ...(state === null ? {} : { currentVersion: { environments: { [environment]: state } } }),
})
const rolled = (share: number) => ({
  on: true,
  offVariation: 1,
  fallthrough: {
    rollout: {
      variations: [
        { variation: 0, weight: share * 100_000 },
        { variation: 1, weight: (1 - share) * 100_000 },
      ],
    },
  },
})
const full = { on: true, offVariation: 1, fallthrough: { variation: 0 } }
const off = { on: false, offVariation: 1, fallthrough: { variation: 0 } }
const request = (body: unknown, secret = HOOK_SECRET) =>
  signedRequest(body, { header: 'x-ld-signature', algorithm: 'sha256', secret })
const config = { secret: HOOK_SECRET, services: { 'default/*': 'shop' }, scope: {} }

testReceiver('launchdarkly', {
  plugin: launchdarkly,
  settings: config,
  outside: fakeOutside(),
  good: [
    [request(entry(1, rolled(0.1))), 1],
    [request(entry(2, null, 'updateRules')), 1],
    [request(entry(3, full, 'updateName')), 0],
    [request({ ...entry(4, full), kind: 'member' }), 0],
    [request({ ...entry(5, full), accesses: [] }), 0],
    [request(entry(6, full, 'updateOn', 'test')), 0],
  ],
  bad: [[request({ kind: 'flag' }), /^launchdarkly\.entry$/]],
  strangers: [someRequest(entry(1, full)), request(entry(1, full), `${HOOK_SECRET}x`)],
})

describe('launchdarkly', () => {
  it('takes the steps of a rollout for one change, and its end for what takes it back', async () => {
    const { signals } = await hooked(launchdarkly, config)
    const step = async (minute: number, state: object) => (await signals(request(entry(minute, state))))[0]!
    const [first, second, third] = [await step(1, rolled(0.1)), await step(5, rolled(0.5)), await step(9, full)]
    expect([first, second, third].map(each => each['rollout'])).toEqual([[[at(1), 0.1]], [[at(5), 0.5]], [[at(9), 1]]])
    expect(new Set([first, second, third].map(each => each['thread'])).size).toBe(1)
    expect(new Set([first, second, third].map(each => each['id'])).size).toBe(3)
    const undone = await step(12, off)
    expect(undone).toMatchObject({ reverts: first['thread'], rollout: [[at(12), 0]] })
    const again = await step(20, rolled(0.2))
    expect([first['thread'], undone['thread']]).not.toContain(again['thread'])
  })
  it('takes a step that comes late for what it is', async () => {
    const { signals } = await hooked(launchdarkly, config)
    await signals(request(entry(9, full)))
    const [late] = await signals(request(entry(5, rolled(0.5))))
    expect(late).toMatchObject({ rollout: [[at(5), 0.5]] })
    expect(await signals(request(entry(12, off)))).toMatchObject([{ reverts: expect.stringContaining('entry-9') }])
  })
  it('tells one change for each environment that counts', async () => {
    const { signals, ignored } = await hooked(launchdarkly, { ...config, environments: ['prod*'] })
    const body = entry(1, rolled(0.1))
    const resources = ['production', 'prod-eu', 'test'].map(env => ({
      action: 'updateOn',
      resource: `proj/default:env/${env};critical:flag/new-checkout;beta`,
    }))
    expect(await signals(request({ ...body, accesses: resources }))).toHaveLength(2)
    expect(await ignored(request({ ...body, accesses: resources }))).toEqual({ 'launchdarkly.environment': 1 })
  })
})
