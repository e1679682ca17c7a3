import { describe, expect, it } from 'vitest'
import type { Receipt } from '../../contract/received.js'
import { HOUR, MINUTE } from '../../contract/time.js'
import { fakeOutside } from '../../testing/outside.js'
import { someRequest, testReceiver } from '../../testing/plugin-contract.js'
import { pagerduty as event } from '../shared/fixtures/alerts/made.js'
import { alertDefaults } from '../shared/fixtures/alerts/settings.js'
import pagerduty, { read } from './pagerduty.js'

const NOW = Date.UTC(2026, 1, 3, 12)
const secret = event().routing_key
const key = 'b-routing-key-of-thirty-two-char'
const config = {
  ...alertDefaults(['service']),
  ...{ secret, service: 'shop', keys: [{ key, service: 'bank' }], holdsHours: 24 },
}
const enqueue = { path: 'v2/enqueue' }
const counted: Receipt = { accepted: 1, duplicate: 0, rejectedCount: 0, rejected: [] }
function taken(more: object = {}, payload: object = {}) {
  const it = read(event(more, payload), config, NOW)
  if (!('signals' in it)) throw new Error(JSON.stringify(it))
  const answer = it.answer!(counted)
  return { signals: it.signals, status: answer.status, said: JSON.parse(String(answer.body)) as { dedup_key: string } }
}

testReceiver('pagerduty', {
  plugin: pagerduty,
  settings: config,
  outside: fakeOutside(),
  good: [
    [someRequest(event(), enqueue), 1],
    [someRequest(event({ routing_key: key })), 1],
    [someRequest(event({ event_action: 'resolve', payload: undefined }), enqueue), 1],
    [someRequest(event({ event_action: 'acknowledge', payload: undefined }), enqueue), 0],
    [someRequest(event({ routing_key: '' }), { ...enqueue, headers: { authorization: `Bearer ${secret}` } }), 1],
  ],
  bad: [
    [someRequest([event()], enqueue), /^pagerduty\.event$/],
    [someRequest(event({ event_action: 'page' }), enqueue), /^pagerduty\.event_action$/],
    [someRequest(event({ event_action: 'resolve', dedup_key: '' }), enqueue), /^pagerduty\.dedup_key$/],
    [someRequest(event({ dedup_key: 'x'.repeat(256) }), enqueue), /^pagerduty\.dedup_key$/],
    [someRequest(event({ payload: {} }), enqueue), /^pagerduty\.payload$/],
    [someRequest(event(), { path: 'v2/change/enqueue' }), /^pagerduty\.path$/],
  ],
  strangers: [
    someRequest(event({ routing_key: `${secret}x` }), enqueue),
    someRequest(event({ routing_key: [secret] }), enqueue),
    someRequest('<html>', enqueue),
  ],
})

describe('pagerduty', () => {
  it('answers as theirs, with the key that its event had', () => {
    const { signals, status, said } = taken()
    expect([status, said]).toEqual([
      202,
      { status: 'success', message: 'Event processed', dedup_key: 'checkout/errors' },
    ])
    expect(signals).toEqual([
      {
        ...{ type: 'fact', via: 'alert', service: 'shop', at: NOW, source: 'pagerduty', status: 'firing' },
        ...{ thread: 'checkout/errors', id: expect.any(String) as string, severity: 'critical' },
        ...{ title: 'Checkout fails on web-3', href: 'https://runbooks.example/checkout' },
        ...{ happenedAt: NOW - MINUTE, endedAt: NOW + 24 * HOUR },
        scope: { component: ['checkout'], region: ['eu'] },
      },
    ])
    expect(JSON.stringify(signals)).not.toContain('anna')
  })
  it('gives a key to an event that has none, the same to the same', () => {
    const without = { dedup_key: undefined }
    const { said, signals } = taken(without)
    expect(said.dedup_key).toMatch(/^[0-9a-f]{32}$/)
    expect(signals).toMatchObject([{ thread: said.dedup_key }])
    expect(taken(without).said).toEqual(said)
    expect(taken(without, { summary: 'other' }).said.dedup_key).not.toBe(said.dedup_key)
  })
  it('resolves by the key alone, also one that is longer than a thread', () => {
    const more = { event_action: 'resolve', payload: undefined, dedup_key: 'k'.repeat(250) }
    const [signal] = taken(more).signals as { thread: string }[]
    expect(signal).toMatchObject({ status: 'resolved', service: 'shop' })
    expect(signal).not.toHaveProperty('endedAt')
    expect(signal).not.toHaveProperty('happenedAt')
    expect(signal!.thread.length).toBeLessThanOrEqual(200)
    expect(taken({ dedup_key: 'k'.repeat(250) }).signals).toMatchObject([{ thread: signal!.thread }])
  })
  it('says which service by the routing key, else by the details', () => {
    expect(taken({ routing_key: key }, { custom_details: { service: 'x' } }).signals).toMatchObject([
      { service: 'bank' },
    ])
    expect(taken({}, { custom_details: { service: 'x' } }).signals).toMatchObject([{ service: 'x' }])
  })
  it('says what was wrong with an event that was not taken', () => {
    const it = read(event(), config, NOW)
    if (!('signals' in it)) throw new Error('refused')
    const rejected = [{ line: 1, rule: 'signal.service', message: 'a service has a name', value: '' }]
    const answer = it.answer!({ accepted: 0, duplicate: 0, rejectedCount: 1, rejected })
    expect(answer.status).toBe(400)
    expect(JSON.parse(String(answer.body))).toEqual({
      ...{ status: 'invalid event', message: 'Event object is invalid' },
      errors: ['signal.service: a service has a name'],
    })
  })
  it('takes no beginning of another day', () => {
    expect(taken({}, { timestamp: '2015-07-17T08:42:58.315+0000' }).signals[0]).not.toHaveProperty('happenedAt')
  })
})
