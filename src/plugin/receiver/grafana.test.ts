import { describe, expect, it } from 'vitest'
import { MINUTE } from '../../contract/time.js'
import { fakeOutside } from '../../testing/outside.js'
import { someRequest, testReceiver } from '../../testing/plugin-contract.js'
import { grafana as body, grafanaTrial, notified } from '../shared/fixtures/alerts/made.js'
import { alertDefaults } from '../shared/fixtures/alerts/settings.js'
import grafana, { read } from './grafana.js'

const NOW = Date.UTC(2026, 1, 3, 12)
const secret = 'a-secret-of-20-chars'
const config = { ...alertDefaults(['service', 'job']), secret, service: 'other' }
const shown = { headers: { authorization: `Bearer ${secret}` } }
const one = (alert: object = {}) => {
  const taken = read(body(alert), config, NOW)
  if (!('signals' in taken)) throw new Error(JSON.stringify(taken))
  return taken.signals[0]
}

testReceiver('grafana', {
  plugin: grafana,
  settings: config,
  outside: fakeOutside(),
  good: [
    [someRequest(body(), shown), 1],
    [someRequest(body({ status: 'resolved', endsAt: '2026-02-03T11:59:00Z' }), { query: { key: secret } }), 1],
    [someRequest(notified(100), shown), 100],
    [someRequest(grafanaTrial, shown), 0],
    [someRequest({ ...body(), alerts: [] }, shown), 0],
  ],
  bad: [
    [someRequest({ ruleName: 'Old', state: 'alerting', title: '[Alerting] Old' }), /^grafana\.alerts$/],
    [someRequest([]), /^grafana\.alerts$/],
    [someRequest({ alerts: {} }), /^grafana\.alerts$/],
  ],
  strangers: [someRequest(body()), someRequest(body(), { query: { key: `${secret}!` } })],
})

describe('grafana', () => {
  it('says which alert, whom it is about, since when, and where to look', () => {
    expect(one()).toEqual({
      ...{ type: 'fact', via: 'alert', service: 'shop', at: NOW, source: 'grafana', status: 'firing' },
      ...{ thread: '9f2ea703b01f6100', id: expect.any(String) as string, severity: 'warning' },
      ...{ title: 'Checkout is slow', happenedAt: NOW - 2 * MINUTE, scope: { region: ['eu'] } },
      href: 'https://grafana.example/d/x?viewPanel=1',
    })
    expect(one({ status: 'resolved', endsAt: '2026-02-03T11:59:00Z' })).toMatchObject({ endedAt: NOW - MINUTE })
    const bare = { annotations: {}, panelURL: '', dashboardURL: '', generatorURL: '?orgId=1' }
    expect(one(bare)).toMatchObject({ title: 'Slow checkout', href: 'https://grafana.example/' })
  })
  it.each([
    { labels: { alertname: 'DatasourceNoData', service: 'shop', severity: 'critical' } },
    { labels: { alertname: 'DatasourceError', service: 'shop', severity: 'critical' } },
    { annotations: { grafana_state_reason: 'NoData' } },
  ])('that could not read its source knows nothing bad of the service: %j', alert => {
    expect(one(alert)).toMatchObject({ service: 'shop', status: 'firing', severity: 'info' })
  })
})
