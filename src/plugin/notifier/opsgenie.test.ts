import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { RefusedError } from '../../contract/error.js'
import { endlessMessage, overDelivery, someDelivery, someMessage } from '../../testing/messages.js'
import { fakeOutside } from '../../testing/outside.js'
import { testNotifier } from '../../testing/plugin-contract.js'
import opsgenie, { aliasOf, opsgenieAlert } from './opsgenie.js'

const settings = { key: 'hidden-key-of-an-integration', url: 'https://api.opsgenie.com', teams: ['sre'] }
const answering = (body: object, status = 202, headers: Record<string, string> = {}) =>
  fakeOutside(() => ({ status, headers, body: JSON.stringify(body) }))
const taken = { result: 'Request will be processed', requestId: 'r-1' }

testNotifier('opsgenie', {
  plugin: opsgenie,
  settings,
  receiver: status => answering(taken, status === 200 ? 202 : status),
  secrets: ['hidden'],
  bytesMost: 120_000,
})

/** CreateAlertPayload and AlertActionPayload of github.com/opsgenie/opsgenie-oas, with the limits of the documentation of fields. */
const text = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength })
const ALERT = {
  type: 'object',
  required: ['message'],
  additionalProperties: false,
  properties: {
    message: text(130),
    alias: text(512),
    description: text(15_000),
    responders: {
      type: 'array',
      maxItems: 50,
      items: {
        type: 'object',
        required: ['type'],
        properties: { type: { enum: ['team', 'user', 'escalation', 'schedule'] } },
      },
    },
    tags: { type: 'array', maxItems: 20, items: text(50) },
    details: { type: 'object', additionalProperties: { type: 'string' } },
    entity: text(512),
    source: text(100),
    priority: { enum: ['P1', 'P2', 'P3', 'P4', 'P5'] },
  },
}
const ACTION = {
  type: 'object',
  additionalProperties: false,
  properties: { note: text(25_000), source: text(100), user: text(100) },
}

describe('opsgenie', () => {
  it('is an alert of the published schema, whatever somebody wrote', () => {
    const valid = new Ajv().compile(ALERT)
    for (const delivery of [someDelivery(), someDelivery({ message: endlessMessage() })]) {
      const alert = opsgenieAlert(delivery, ['sre'])
      expect(valid(alert), JSON.stringify(valid.errors)).toBe(true)
      const all = Object.entries(alert.details).reduce((sum, [key, value]) => sum + key.length + value.length, 0)
      expect(all).toBeLessThanOrEqual(8_000)
    }
  })
  it('opens, acknowledges and closes one alert by its alias', async () => {
    const valid = new Ajv().compile(ACTION)
    const outside = answering(taken)
    await using notifier = await opsgenie.open(settings, outside.env)
    await notifier.tell(someDelivery())
    await notifier.tell(someDelivery({ message: someMessage({ acknowledged: 'ana' }) }))
    await notifier.tell(overDelivery({ message: { ...endlessMessage(), state: 'resolved' } }))
    const base = 'https://api.opsgenie.com/v2/alerts'
    const action = (verb: string) => `${base}/epicenter%2Fshop-1/${verb}?identifierType=alias`
    expect(outside.asked.map(each => each.url)).toEqual([base, base, action('acknowledge'), action('close')])
    for (const { body } of outside.asked.slice(2))
      expect(valid(JSON.parse(String(body))), JSON.stringify(valid.errors)).toBe(true)
    expect(outside.asked[0]!.headers).toMatchObject({ authorization: `GenieKey ${settings.key}` })
  })
  it('has an alias of its own for each incident, however long its name', () => {
    const aliases = ['a', 'b'].map(each => aliasOf('x'.repeat(600) + each))
    expect(new Set(aliases).size).toBe(2)
    for (const alias of aliases) expect(alias.length).toBeLessThanOrEqual(512)
  })
  it('says what was wrong, and waits after 429', async () => {
    await using wrong = await opsgenie.open(
      settings,
      answering({ message: 'Request body is not processable' }, 422).env,
    )
    await expect(wrong.tell(someDelivery())).rejects.toThrow(RefusedError)
    await expect(wrong.tell(someDelivery())).rejects.toThrow('not processable')
    await using busy = await opsgenie.open(settings, answering({}, 429, { 'retry-after': '3' }).env)
    await expect(busy.tell(someDelivery())).rejects.toMatchObject({ retryAfterMs: 3_000 })
  })
})
