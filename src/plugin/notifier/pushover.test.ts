import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { RefusedError } from '../../contract/error.js'
import { endlessMessage, overDelivery, someDelivery, someMessage } from '../../testing/messages.js'
import { fakeOutside } from '../../testing/outside.js'
import { testNotifier } from '../../testing/plugin-contract.js'
import pushover, { pushoverMessage } from './pushover.js'

const settings = {
  token: 'hidden'.repeat(5),
  user: 'secret'.repeat(5),
  emergency: false,
  api: 'https://api.pushover.net/1',
}
const answering = (body: object, status = 200, headers: Record<string, string> = {}) =>
  fakeOutside(() => ({ status, headers, body: JSON.stringify(body) }))
const taken = { status: 1, request: 'r-1' }

testNotifier('pushover', {
  plugin: pushover,
  settings,
  receiver: status => answering(taken, status),
  secrets: ['hidden', 'secret'],
  bytesMost: 8_000,
})

/** pushover.net/api: fields of a message, their limits, and what priority 2 asks for. */
const MESSAGE = {
  type: 'object',
  required: ['token', 'user', 'message'],
  additionalProperties: false,
  properties: {
    token: { type: 'string', pattern: '^[A-Za-z0-9]{30}$' },
    user: { type: 'string', pattern: '^[A-Za-z0-9]{30}$' },
    message: { type: 'string', minLength: 1, maxLength: 1_024 },
    title: { type: 'string', maxLength: 250 },
    url: { type: 'string', maxLength: 512 },
    url_title: { type: 'string', maxLength: 100 },
    priority: { type: 'integer', minimum: -2, maximum: 2 },
    retry: { type: 'integer', minimum: 30 },
    expire: { type: 'integer', maximum: 10_800 },
    tags: { type: 'string' },
    timestamp: { type: 'integer' },
  },
  anyOf: [{ properties: { priority: { maximum: 1 } } }, { required: ['retry', 'expire'] }],
}

describe('pushover', () => {
  it('keeps to fields and limits, whatever somebody wrote', () => {
    const valid = new Ajv({ strict: false }).compile(MESSAGE)
    for (const emergency of [false, true])
      for (const message of [
        someMessage(),
        endlessMessage(),
        someMessage({ severity: 'critical', says: [], facts: [] }),
      ]) {
        const made = pushoverMessage(someDelivery({ message }), { ...settings, emergency })
        expect(valid(made), JSON.stringify(valid.errors)).toBe(true)
        expect(made.priority).toBe(message.severity === 'critical' ? (emergency ? 2 : 1) : 1)
      }
  })
  it('rings until it is seen, and stops ringing when it is over', async () => {
    const outside = answering(taken)
    await using notifier = await pushover.open({ ...settings, emergency: true }, outside.env)
    await notifier.tell(someDelivery({ message: someMessage({ severity: 'critical' }) }))
    await notifier.tell(overDelivery())
    const { tags } = JSON.parse(String(outside.asked[0]!.body)) as { tags: string }
    expect(outside.asked.map(each => each.url)).toEqual([
      'https://api.pushover.net/1/messages.json',
      `https://api.pushover.net/1/receipts/cancel_by_tag/${tags}.json`,
      'https://api.pushover.net/1/messages.json',
    ])
  })
  it('waits for the next month an hour at a time, and says what was wrong', async () => {
    const reset = String(Date.UTC(2026, 2, 1) / 1_000)
    const month = answering({ errors: ['quota'] }, 429, { 'x-limit-app-reset': reset })
    await using busy = await pushover.open(settings, month.env)
    await expect(busy.tell(someDelivery())).rejects.toMatchObject({ retryAfterMs: 3_600_000 })
    await using wrong = await pushover.open(settings, answering({ errors: ['user identifier is invalid'] }, 400).env)
    await expect(wrong.tell(someDelivery())).rejects.toThrow(RefusedError)
    await expect(wrong.tell(someDelivery())).rejects.toThrow('user identifier is invalid')
  })
})
