import { describe, expect, it } from 'vitest'
import { fakeOutside } from '../../testing/outside.js'
import { someRequest, testReceiver } from '../../testing/plugin-contract.js'
import { hooked } from '../../testing/webhooks.js'
import pagerdutyChange from './pagerduty-change.js'

// Bodies made from PagerDuty's published schema of change events, version 2; none was captured.
const key = '0123456789abcdef0123456789abcdef'
const event = (payload: object = {}, more: object = {}) => ({
  routing_key: key,
  payload: {
    summary: 'Build Success: Increase snapshot create timeout to 30 seconds',
    timestamp: '2026-02-03T11:17:09.000+0000',
    source: 'acme-build-pipeline-tool-default-i-9999',
    ...payload,
  },
  links: [{ href: 'https://acme.pagerduty.example/build/2', text: 'View more details' }],
  ...more,
})
const details = (custom_details: object) => event({ custom_details })
const config = { routingKey: key, services: {}, scope: {}, service: 'shop' }

testReceiver('pagerduty-change', {
  plugin: pagerdutyChange,
  settings: config,
  outside: fakeOutside(),
  good: [
    [someRequest(event(), { path: 'v2/change/enqueue' }), 1],
    [someRequest(details({ environment: 'staging' })), 0],
  ],
  bad: [
    [someRequest({ routing_key: key, payload: { source: 'x' } }), /^pagerduty-change\.payload$/],
    [someRequest([]), /^pagerduty-change\.payload$/],
  ],
  strangers: [someRequest({ ...event(), routing_key: key.slice(1) }), someRequest({ payload: {} }), someRequest([])],
})

describe('pagerduty-change', () => {
  it('takes summary, time, link and what the details say of place, kind and share', async () => {
    const { signals } = await hooked(pagerdutyChange, { ...config, versionLabel: 'version' })
    const body = details({
      environment: 'production',
      regions: ['eu'],
      kind: 'config',
      rollout: 25,
      version: '2.4',
      reverts: 'x',
    })
    expect(await signals(someRequest(body))).toMatchObject([
      {
        kind: 'config',
        title: 'Build Success: Increase snapshot create timeout to 30 seconds',
        href: 'https://acme.pagerduty.example/build/2',
        at: Date.parse('2026-02-03T11:17:09Z'),
        scope: { region: ['eu'], version: ['2.4'] },
        rollout: [[expect.any(Number), 0.25]],
        reverts: 'x',
      },
    ])
  })
  it('tells events apart by all that they say, and the same again counts once', async () => {
    const { signals } = await hooked(pagerdutyChange, config)
    const ids = await Promise.all(
      [event(), event(), event({ summary: 'another' })].map(async each => (await signals(someRequest(each)))[0]!['id']),
    )
    expect(ids[0]).toBe(ids[1])
    expect(ids[2]).not.toBe(ids[0])
    expect(JSON.stringify(await signals(someRequest(event())))).not.toContain(key)
  })
  it('answers as PagerDuty does', async () => {
    const { receiver } = await hooked(pagerdutyChange, config)
    const taken = await receiver.take(someRequest(event()))
    if (!('signals' in taken)) throw new Error('refused')
    expect(taken.answer?.({ accepted: 1, duplicate: 0, rejectedCount: 0, rejected: [] })).toMatchObject({
      status: 202,
      body: '{"status":"success","message":"Change event processed"}',
    })
    const rejected = [{ line: 1, rule: 'fact.href', message: 'must be one', value: 'x' }]
    expect(taken.answer?.({ accepted: 0, duplicate: 0, rejectedCount: 1, rejected })).toMatchObject({
      status: 400,
      body: '{"status":"invalid event","errors":["fact.href: must be one"]}',
    })
  })
})
