import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { RefusedError, TransientError } from '../../contract/error.js'
import { endlessMessage, overDelivery, someDelivery, someMessage } from '../../testing/messages.js'
import { fakeOutside } from '../../testing/outside.js'
import { testNotifier } from '../../testing/plugin-contract.js'
import pagerduty, { dedupKey, pagerdutyEvent } from './pagerduty.js'

const settings = { key: 'hidden00'.repeat(4), url: 'https://events.pagerduty.com/v2/enqueue' }
const answering = (body: object, status = 202, headers: Record<string, string> = {}) =>
  fakeOutside(() => ({ status, headers, body: JSON.stringify(body) }))
const taken = { status: 'success', message: 'Event processed', dedup_key: 'x' }

testNotifier('pagerduty', {
  plugin: pagerduty,
  settings,
  receiver: status => answering(taken, status === 200 ? 202 : status),
  secrets: ['hidden'],
  bytesMost: 512_000,
})

/** PagerDuty's published schema of an event (github.com/PagerDuty/api-schema, reference/events-v2), with the limits of its documentation. */
const EVENT = {
  type: 'object',
  required: ['routing_key', 'event_action', 'dedup_key', 'payload'],
  additionalProperties: false,
  properties: {
    routing_key: { type: 'string' },
    event_action: { enum: ['trigger', 'acknowledge', 'resolve'] },
    dedup_key: { type: 'string', maxLength: 255 },
    client: { type: 'string' },
    client_url: { type: 'string' },
    links: {
      type: 'array',
      items: {
        type: 'object',
        required: ['href'],
        additionalProperties: false,
        properties: { href: { type: 'string' }, text: { type: 'string' } },
      },
    },
    payload: {
      type: 'object',
      required: ['summary', 'severity', 'source'],
      additionalProperties: false,
      properties: {
        summary: { type: 'string', minLength: 1, maxLength: 1_024 },
        timestamp: { type: 'string' },
        severity: { enum: ['critical', 'warning', 'error', 'info'] },
        source: { type: 'string', minLength: 1 },
        component: { type: 'string' },
        group: { type: 'string' },
        class: { type: 'string' },
        custom_details: { type: 'object' },
      },
    },
  },
}

describe('pagerduty', () => {
  it('is an event of the published schema, whatever somebody wrote', () => {
    const valid = new Ajv().compile(EVENT)
    for (const delivery of [someDelivery(), someDelivery({ message: endlessMessage() }), overDelivery()])
      expect(valid(pagerdutyEvent(delivery, settings.key)), JSON.stringify(valid.errors)).toBe(true)
  })
  it('is one incident from the trigger to its end', () => {
    const made = (delivery = someDelivery()) => pagerdutyEvent(delivery, settings.key)
    const seen = someDelivery({ message: someMessage({ acknowledged: 'ana' }) })
    const again = someDelivery({ message: someMessage({ acknowledged: 'ana', state: 'reopened' }) })
    expect([made(), made(seen), made(again), made(overDelivery())].map(each => each.event_action)).toEqual([
      'trigger',
      'acknowledge',
      'trigger',
      'resolve',
    ])
    expect(new Set([made(), made(seen), made(overDelivery())].map(each => each.dedup_key))).toEqual(
      new Set(['epicenter/shop-1']),
    )
  })
  it('has a key of its own for each incident, however long its name', () => {
    const keys = ['a', 'b'].map(each => dedupKey('x'.repeat(400) + each))
    expect(new Set(keys).size).toBe(2)
    for (const key of keys) expect(key.length).toBeLessThanOrEqual(255)
  })
  it('leaves nothing open after a test', async () => {
    const outside = answering(taken)
    await using notifier = await pagerduty.open(settings, outside.env)
    expect(await notifier.tell(someDelivery({ test: true }))).toEqual({ said: '202 Event processed' })
    const actions = outside.asked.map(each => (JSON.parse(String(each.body)) as { event_action: string }).event_action)
    expect(actions).toEqual(['trigger', 'resolve'])
  })
  it('says what was wrong, and waits after 429', async () => {
    const invalid = {
      status: 'invalid event',
      message: 'Event object is invalid',
      errors: ["'payload.source' is missing"],
    }
    await using wrong = await pagerduty.open(settings, answering(invalid, 400).env)
    const error = (await wrong.tell(someDelivery()).catch((each: unknown) => each)) as Error
    expect(error).toBeInstanceOf(RefusedError)
    expect(error.message).toContain("Event object is invalid: 'payload.source' is missing")
    await using busy = await pagerduty.open(settings, answering({}, 429, { 'retry-after': '61' }).env)
    await expect(busy.tell(someDelivery())).rejects.toMatchObject({ constructor: TransientError, retryAfterMs: 61_000 })
  })
})
