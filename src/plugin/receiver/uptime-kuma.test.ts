import { describe, expect, it } from 'vitest'
import { fakeOutside } from '../../testing/outside.js'
import { someRequest, testReceiver } from '../../testing/plugin-contract.js'
import { kuma as body } from '../shared/fixtures/alerts/made.js'
import { aboutDefaults } from '../shared/fixtures/alerts/settings.js'
import kuma, { read } from './uptime-kuma.js'

const NOW = Date.UTC(2026, 1, 3, 12)
const secret = 'a-secret-of-20-chars'
const token = 'a-token-of-a-push-monitor'
const push = [
  { token, service: 'shop', labels: { component: 'backup' } },
  { token: `${token}-2`, service: 'bank', labels: {} },
]
const config = { ...aboutDefaults(['service']), secret, service: 'other', push }
const shown = { headers: { authorization: `Bearer ${secret}` } }
const pushed = (query: Record<string, string>, more: object = {}) =>
  someRequest('', { method: 'GET', path: `api/push/${token}`, query, ...more })

testReceiver('uptime-kuma', {
  plugin: kuma,
  settings: config,
  outside: fakeOutside(),
  good: [
    [someRequest(body(1), shown), 1],
    [someRequest(body(0), shown), 1],
    [someRequest(body(2), shown), 0],
    [someRequest(body(3), shown), 0],
    [someRequest({ heartbeat: null, monitor: null, msg: 'Checkout Testing' }, shown), 0],
    [pushed({ status: 'up', msg: 'OK', ping: '' }), 1],
    [pushed({ status: 'down', msg: 'no' }, { method: 'POST' }), 1],
  ],
  bad: [
    [someRequest(body('up'), shown), /^uptime-kuma\.status$/],
    [someRequest(body(null), shown), /^uptime-kuma\.status$/],
    [someRequest([], shown), /^uptime-kuma\.body$/],
    [someRequest({ alerts: [] }, shown), /^uptime-kuma\.body$/],
    [pushed({ ping: 'soon' }), /^uptime-kuma\.ping$/],
    [pushed({ ping: '-1' }), /^uptime-kuma\.ping$/],
    [pushed({}, { path: 'api/push/other' }), /^uptime-kuma\.token$/],
    [pushed({}, { path: 'api/badge/1/status' }), /^uptime-kuma\.path$/],
    [someRequest('', { method: 'GET', ...shown }), /^uptime-kuma\.path$/],
  ],
  strangers: [
    someRequest(body(1)),
    someRequest(body(1), { path: `api/push/${token}x` }),
    pushed({}, { path: `api/push/${secret}`, ...shown }),
    pushed({}, { path: `api/badge/${token}` }),
  ],
})

describe('uptime-kuma', () => {
  const one = (status: unknown, more: object = {}) => {
    const taken = read(body(status, more), config, NOW)
    if (!('signals' in taken)) throw new Error(JSON.stringify(taken))
    return taken.signals[0]
  }
  it('is a check of what the monitor’s tags name, with nothing else of the monitor', () => {
    const check = { type: 'observation', via: 'check', service: 'shop', at: NOW, total: 1, labels: { region: 'eu' } }
    expect(one(1)).toEqual({ ...check, id: expect.any(String) as string, bad: 0, latencyMs: 23 })
    expect(one(0)).toEqual({ ...check, id: expect.any(String) as string, bad: 1 })
    expect(JSON.stringify(one(0))).not.toMatch(/secret|anna|10\.0\.0\.7/)
  })
  it('gives a heartbeat one id however often it is told, and each its own', () => {
    const ids = [one(0), one(0), one(1), one(0, { time: '2026-02-03 12:00:30.000' }), one(0, { monitorID: 8 })]
    const [a, b, ...more] = ids.map(each => (each as { id: string }).id)
    expect(a).toBe(b)
    expect(new Set([a, ...more]).size).toBe(4)
  })
  it('names the monitor where the settings want it', () => {
    const named = {
      ...config,
      serviceFrom: ['monitor'],
      services: { Checkout: 'pay' },
      labels: { monitor: 'component' },
    }
    const taken = read(body(0), named, NOW)
    expect(taken).toMatchObject({ signals: [{ service: 'pay', labels: { component: 'Checkout' } }] })
  })
  it('takes pushes as a monitor of the type push does, each for its own service', async () => {
    await using receiver = await kuma.open(config, fakeOutside().env)
    const take = async (query: Record<string, string>, more: object = {}) => {
      const taken = await receiver.take(pushed(query, more))
      if (!('signals' in taken)) throw new Error(JSON.stringify(taken))
      expect(taken.answer!({ accepted: 1, duplicate: 0, rejectedCount: 0, rejected: [] }).body).toBe('{"ok":true}')
      return taken.signals[0]
    }
    expect(await take({})).toMatchObject({ service: 'shop', bad: 0, labels: { component: 'backup' } })
    expect(await take({ status: 'up', ping: '12.5' })).toMatchObject({ bad: 0, latencyMs: 12.5 })
    expect(await take({ status: 'error' }, { path: `api/push/${token}-2` })).toMatchObject({ service: 'bank', bad: 1 })
  })
  it('asks webhooks for its secret, and for a token where it knows nobody', async () => {
    const open = async (more: object) => kuma.open({ ...config, ...more }, fakeOutside().env)
    const { secret: _, ...rest } = config
    const none = await kuma.open(rest, fakeOutside().env)
    expect(await none.trusts!(someRequest(body(1), shown))).toBe(false)
    expect((await kuma.open({ ...rest, push: [] }, fakeOutside().env)).trusts).toBeUndefined()
    expect(await (await open({ push: [] })).trusts!(someRequest(body(1), shown))).toBe(true)
  })
})
