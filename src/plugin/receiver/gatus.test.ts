import { describe, expect, it } from 'vitest'
import { fakeOutside } from '../../testing/outside.js'
import { someRequest, testReceiver } from '../../testing/plugin-contract.js'
import { aboutDefaults } from '../shared/fixtures/alerts/settings.js'
import gatus, { durationOf, read } from './gatus.js'

const NOW = Date.UTC(2026, 1, 3, 12)
const secret = 'a-secret-of-20-chars'
const config = { ...aboutDefaults(['group'], { name: 'component' }), secret }
const shown = { headers: { authorization: `Bearer ${secret}` } }
const pushed = (query: Record<string, string>, key = 'shop_checkout-api') =>
  someRequest('', { ...shown, path: `api/v1/endpoints/${key}/external`, query })
const custom = (state: unknown) => someRequest({ group: 'shop', name: 'checkout-api', state, errors: 'refused' }, shown)

testReceiver('gatus', {
  plugin: gatus,
  settings: config,
  outside: fakeOutside(),
  good: [
    [pushed({ success: 'true', duration: '10s' }), 1],
    [pushed({ success: 'false', error: 'connection refused by 10.0.0.7' }), 1],
    [custom('TRIGGERED'), 1],
    [custom('RESOLVED'), 1],
  ],
  bad: [
    [pushed({}), /^gatus\.success$/],
    [pushed({ success: 'yes' }), /^gatus\.success$/],
    [pushed({ success: 'true', duration: '10 s' }), /^gatus\.duration$/],
    [custom('maybe'), /^gatus\.state$/],
    [custom('constructor'), /^gatus\.state$/],
    [someRequest([], shown), /^gatus\.body$/],
    [someRequest({}, { ...shown, path: 'api/v1/endpoints/statuses' }), /^gatus\.path$/],
  ],
  strangers: [custom('TRIGGERED')].map(request => ({ ...request, headers: { authorization: 'Bearer nobody' } })),
})

describe('gatus', () => {
  it('is a check of the endpoint’s group, and nothing of what was wrong with it', async () => {
    await using receiver = await gatus.open(config, fakeOutside().env)
    const check = { type: 'observation', via: 'check', service: 'shop', at: NOW, total: 1 }
    const labels = { component: 'checkout-api' }
    const id = expect.any(String) as string
    expect(await receiver.take(pushed({ success: 'true', duration: '1.5s' }))).toMatchObject({
      signals: [{ ...check, id, labels, bad: 0, latencyMs: 1500 }],
    })
    const failed = await receiver.take(pushed({ success: 'false', error: 'connection refused by 10.0.0.7' }))
    expect(failed).toMatchObject({ signals: [{ ...check, bad: 1 }] })
    expect(JSON.stringify(failed)).not.toContain('10.0.0.7')
    expect(read(custom('TRIGGERED').json(), config, NOW)).toEqual({ signals: [{ ...check, id, labels, bad: 1 }] })
    expect(read(custom('RESOLVED').json(), config, NOW)).toMatchObject({ signals: [{ bad: 0 }] })
  })
  it('of an endpoint without a group is about the service that is given', async () => {
    await using receiver = await gatus.open({ ...config, service: 'other' }, fakeOutside().env)
    const taken = await receiver.take(pushed({ success: 'true' }, '_checkout'))
    expect(taken).toMatchObject({ signals: [{ service: 'other', labels: { component: 'checkout' } }] })
  })
  it.each([
    ['1h2m3.5s', 3_723_500],
    ['250ms', 250],
    ['1500µs', 1.5],
    ['0', 0],
    ['5', null],
    ['-1s', null],
    ['', null],
  ])('reads the duration %s', (text, ms) => {
    expect(durationOf(text)).toBe(ms)
  })
})
