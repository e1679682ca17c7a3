import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { MINUTE } from '../../contract/time.js'
import { fakeOutside } from '../../testing/outside.js'
import { rulesOf, someRequest, testReceiver } from '../../testing/plugin-contract.js'
import { fingerprintOf } from '../shared/alerts.js'
import alertmanager, { readPosted, readWebhook } from './alertmanager.js'
import { notified, posted } from '../shared/fixtures/alerts/made.js'
import { alertDefaults } from '../shared/fixtures/alerts/settings.js'

const NOW = Date.UTC(2026, 1, 3, 12)
const secret = 'a-secret-of-20-chars'
const config = { ...alertDefaults(['service', 'job']), resolveMinutes: 5 }
const fixed = { ...config, secret, service: 'shop' }
const captured = JSON.parse(
  readFileSync(new URL('../shared/fixtures/alerts/alertmanager-firing.json', import.meta.url), 'utf8'),
) as object
const shown = { headers: { authorization: `Bearer ${secret}` } }
const v2 = { ...shown, path: 'api/v2/alerts' }
const signalsOf = (taken: ReturnType<typeof readWebhook>) => {
  if (!('signals' in taken)) throw new Error(JSON.stringify(taken))
  return taken.signals as Record<string, unknown>[]
}
testReceiver('alertmanager', {
  plugin: alertmanager,
  settings: fixed,
  outside: fakeOutside(),
  good: [
    [someRequest(captured, shown), 2],
    [someRequest(notified(100), shown), 100],
    [someRequest(notified(0), shown), 0],
    [someRequest([posted(), posted({ labels: { alertname: 'Other' } })], v2), 2],
    [someRequest([], v2), 0],
    [someRequest('', { ...shown, method: 'GET', path: '-/healthy' }), 0],
    [someRequest('', { ...shown, method: 'GET', path: 'api/v2/status' }), 0],
  ],
  bad: [
    [someRequest([posted()], shown), /^alertmanager\.alerts$/],
    [someRequest({ alerts: 'many' }, shown), /^alertmanager\.alerts$/],
    [someRequest(notified(1), v2), /^alertmanager\.list$/],
    [someRequest([posted()], { ...shown, path: 'api/v1/alerts' }), /^alertmanager\.path$/],
    [someRequest('', { ...shown, method: 'GET', path: 'constructor' }), /^alertmanager\.path$/],
  ],
  strangers: [
    someRequest(captured),
    someRequest([posted()], { path: 'api/v2/alerts', headers: { authorization: `Bearer ${secret}x` } }),
  ],
})

describe('a notification of Alertmanager', () => {
  it('as it was captured is an alert each, at its rule’s word', () => {
    expect(signalsOf(readWebhook(captured, fixed, NOW))[0]).toEqual({
      ...{ type: 'fact', via: 'alert', service: 'shop', at: NOW, source: 'alertmanager', status: 'firing' },
      ...{ thread: 'a1bc48475b20e73d', id: expect.stringMatching(/^[0-9a-f]{32}$/) as string, severity: 'critical' },
      ...{ title: 'High CPU core temperature', scope: {}, happenedAt: Date.UTC(2020, 1, 6, 0, 17, 58, 432) },
      href: expect.stringMatching(/^http:\/\/cobalt:9090\/graph/) as string,
    })
  })
  it('says whom it is about by its labels, and where', () => {
    const [signal] = signalsOf(readWebhook(notified(1), config, NOW))
    expect(signal).toMatchObject({
      ...{ service: 'checkout', severity: 'critical', title: 'One in three requests of checkout fails' },
      scope: { cell: ['eu-1'], instance: ['10.0.0.7:8080'] },
    })
    expect(JSON.stringify(signal)).not.toContain('anna')
    const mapped = { ...fixed, services: { checkout: 'pay' } }
    expect(signalsOf(readWebhook(notified(1), mapped, NOW))[0]).toMatchObject({ service: 'pay' })
    const other = { ...mapped, services: { other: 'pay' } }
    expect(signalsOf(readWebhook(notified(1), other, NOW))[0]).toMatchObject({ service: 'shop' })
  })
  it('says its end, and is one signal however often it is repeated', () => {
    const over = { status: 'resolved', endsAt: '2026-02-03T11:59:00Z' }
    const [signal] = signalsOf(readWebhook(notified(1, over), config, NOW))
    expect(signal).toMatchObject({ status: 'resolved', endedAt: NOW - MINUTE })
    const ids = new Set(
      Array.from({ length: 100 }, (_, i) => signalsOf(readWebhook(notified(1), config, NOW + i * 1000))[0]!['id']),
    )
    expect(ids.size).toBe(1)
    // Later it is news again: it still fires.
    expect(signalsOf(readWebhook(notified(1), config, NOW + 15 * MINUTE))[0]!['id']).not.toBe([...ids][0])
  })
  it('with one bad alert loses no other', () => {
    const body = notified(100)
    const alerts: unknown[] = body.alerts
    alerts[3] = 'none'
    alerts[5] = null
    alerts[7] = { ...body.alerts[8], status: 'odd', fingerprint: 'f7' }
    alerts[9] = { ...body.alerts[8], startsAt: 'yesterday', labels: { job: 'a/../b' }, fingerprint: 'f9' }
    alerts[11] = { status: 'firing', labels: { alertname: 'no service' } }
    const rules = rulesOf(signalsOf(readWebhook(body, config, NOW)))
    expect(rules.filter(rule => rule === 'taken').length).toBe(95)
    expect([3, 5, 7, 9, 11].map(i => rules[i])).toEqual([
      ...['signal.service', 'signal.service', 'alert.status', 'signal.service', 'signal.service'],
    ])
  })
})

describe('Alertmanager’s API v2', () => {
  const one = (more: object, at = NOW) => signalsOf(readPosted([posted(more)], config, at))[0]!
  it('takes an alert that fires until its end, and one whose end has come', () => {
    expect(one({})).toMatchObject({
      ...{ status: 'firing', service: 'checkout', severity: 'critical', endedAt: NOW + 4 * MINUTE },
      ...{ happenedAt: Date.UTC(2026, 1, 3, 11, 58, 0, 123), href: posted().generatorURL },
      thread: fingerprintOf(posted().labels),
    })
    expect(one({ endsAt: '2026-02-03T11:59:00Z' })).toMatchObject({ status: 'resolved', endedAt: NOW - MINUTE })
    expect(one({}, NOW + 5 * MINUTE)).toMatchObject({ status: 'resolved' })
  })
  it('holds one without an end for as long as Alertmanager would', () => {
    const open = { endsAt: undefined, startsAt: undefined }
    const said = one(open)
    expect(said).toMatchObject({ status: 'firing', endedAt: NOW + 5 * MINUTE })
    expect(said['happenedAt']).toBeUndefined()
    expect(one({ ...open, endsAt: '0001-01-01T00:00:00Z' })).toEqual(said)
    expect(one(open, NOW + MINUTE)['id']).not.toBe(said['id'])
  })
  it('gives each the fingerprint that Prometheus would give', () => {
    // Two of Grafana's trial notifications, which anybody can see there.
    expect(fingerprintOf({ instance: 'Grafana', alertname: 'TestAlert' })).toBe('57c6d9296de2ad39')
    const folder = { instance: 'Grafana', grafana_folder: 'Test Folder', alertname: 'TestAlert' }
    expect(fingerprintOf(folder)).toBe('326ea703b01f6100')
    // Labels without a value are no labels.
    expect(one({ labels: { ...posted().labels, empty: '' } })['thread']).toBe(one({})['thread'])
  })
  it('takes the good of a list, and says what was wrong where nothing is', async () => {
    const taken = readPosted([posted(), {}, 3, { labels: { job: 'shop' } }], fixed, NOW)
    expect(rulesOf(signalsOf(taken))).toEqual(['taken', 'alert.thread', 'alert.thread', 'taken'])
    if (!('signals' in taken)) throw new Error('refused')
    const counted = { accepted: 2, duplicate: 0, rejectedCount: 2, rejected: [] }
    expect(taken.answer!(counted)).toEqual({ status: 200 })
    const rejected = [{ line: 1, rule: 'alert.thread', message: 'which alert it is', value: 'nothing' }]
    const nothing = taken.answer!({ accepted: 0, duplicate: 0, rejectedCount: 1, rejected })
    expect([nothing.status, nothing.body]).toEqual([400, '"alert.thread: which alert it is"'])
  })
  it('answers what clients ask of an Alertmanager', async () => {
    await using receiver = await alertmanager.open(fixed, fakeOutside().env)
    const taken = await receiver.take(someRequest('', { method: 'GET', path: 'api/v2/status' }))
    if (!('signals' in taken)) throw new Error('refused')
    const { body } = taken.answer!({ accepted: 0, duplicate: 0, rejectedCount: 0, rejected: [] })
    expect(JSON.parse(String(body))).toMatchObject({ cluster: { status: 'disabled' }, versionInfo: {}, config: {} })
  })
  it('asks for a token where it has no secret', async () => {
    const { secret: _, ...open } = fixed
    expect((await alertmanager.open(open, fakeOutside().env)).trusts).toBeUndefined()
  })
})
