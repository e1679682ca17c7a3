import { Ajv } from 'ajv'
import ajvFormats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { RefusedError } from '../../contract/error.js'
import { endlessMessage, overDelivery, someDelivery, someMessage } from '../../testing/messages.js'
import { fakeOutside } from '../../testing/outside.js'
import { testNotifier } from '../../testing/plugin-contract.js'
import alertmanager, { alertsOf } from './alertmanager.js'

const settings = {
  url: 'http://alertmanager:9093',
  user: 'a',
  password: 'hidden',
  labels: { team: 'sre' },
  holdHours: 72,
}

testNotifier('alertmanager', {
  plugin: alertmanager,
  settings,
  receiver: status => fakeOutside(() => ({ status })),
  secrets: ['hidden', Buffer.from('a:hidden').toString('base64')],
  bytesMost: 150_000,
})

/** `postableAlerts` of github.com/prometheus/alertmanager, api/v2/openapi.yaml (Apache-2.0). */
const labelSet = { type: 'object', additionalProperties: { type: 'string', minLength: 1 } }
const ALERTS = {
  type: 'array',
  minItems: 1,
  items: {
    type: 'object',
    required: ['labels'],
    additionalProperties: false,
    properties: {
      labels: labelSet,
      annotations: labelSet,
      startsAt: { type: 'string', format: 'date-time' },
      endsAt: { type: 'string', format: 'date-time' },
      generatorURL: { type: 'string', format: 'uri' },
    },
  },
}

describe('alertmanager', () => {
  it('is what the published document takes, and ends after it began', () => {
    const ajv = new Ajv()
    ajvFormats.default(ajv)
    const valid = ajv.compile(ALERTS)
    for (const delivery of [someDelivery(), someDelivery({ message: endlessMessage() }), overDelivery()])
      for (const earlier of [undefined, 'minor']) {
        const alerts = alertsOf(delivery, settings, earlier)
        expect(valid(alerts), JSON.stringify(valid.errors)).toBe(true)
        for (const { startsAt, endsAt } of alerts) expect(Date.parse(endsAt)).toBeGreaterThan(Date.parse(startsAt))
      }
  })
  it('is one alert from the beginning to its end, by labels that stay', () => {
    const [first] = alertsOf(someDelivery(), settings, undefined)
    const [last, ...none] = alertsOf(overDelivery(), settings, 'major')
    expect(first!.labels).toEqual({
      alertname: 'EpicenterIncident',
      incident: 'shop-1',
      service: 'shop',
      severity: 'major',
      team: 'sre',
    })
    expect(last!.labels).toEqual(first!.labels)
    expect(none).toEqual([])
    expect(last!.endsAt).toBe('2026-02-03T13:00:00.000Z')
  })
  it('ends the alert of a severity that it no longer has', async () => {
    const outside = fakeOutside(() => ({ status: 200 }))
    await using notifier = await alertmanager.open(settings, outside.env)
    expect(await notifier.tell(someDelivery())).toMatchObject({ thread: 'major' })
    const worse = someDelivery({ message: someMessage({ severity: 'critical' }), thread: 'major' })
    expect(await notifier.tell(worse)).toMatchObject({ thread: 'critical' })
    const alerts = JSON.parse(String(outside.asked[1]!.body)) as ReturnType<typeof alertsOf>
    expect(alerts.map(each => [each.labels['severity'], each.endsAt === worse.event.at])).toEqual([
      ['major', true],
      ['critical', false],
    ])
    // The end names the severity that stands there now, even where the worst is told.
    await notifier.tell(overDelivery({ thread: 'critical' }))
    const over = JSON.parse(String(outside.asked[2]!.body)) as ReturnType<typeof alertsOf>
    expect(over.map(each => each.labels['severity'])).toEqual(['critical'])
  })
  it('waits after 429, and tries what it calls wrong a few times', async () => {
    const answering = (status: number) => fakeOutside(() => ({ status, headers: { 'retry-after': '4' } }))
    await using busy = await alertmanager.open(settings, answering(429).env)
    await expect(busy.tell(someDelivery())).rejects.toMatchObject({ retryAfterMs: 4_000 })
    await using wrong = await alertmanager.open(settings, answering(400).env)
    await expect(wrong.tell(someDelivery())).rejects.toThrow(RefusedError)
  })
})
