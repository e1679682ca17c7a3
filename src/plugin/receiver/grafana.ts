import { type Plugin, plugin, type Receiver } from '../../contract/plugin.js'
import type { Taken } from '../../contract/received.js'
import type { EpochMs } from '../../contract/time.js'
import { type AboutAlerts, alertSettings, isRecord, linkOf } from '../shared/alerts.js'
import { readNotified } from '../shared/notified.js'
import { shows } from '../shared/secret.js'
import { form, receiving } from '../shared/start.js'

/** Rules that could not be evaluated: Grafana does not know, so it is no word on the service. */
const UNREADABLE = new Set(['DatasourceNoData', 'DatasourceError'])
const UNREADABLE_REASON = /\b(?:NoData|Error)\b/

/** What Grafana sends when somebody presses "Test". */
const isTrial = (labels: Record<string, string>): boolean =>
  labels['alertname'] === 'TestAlert' && labels['instance'] === 'Grafana'

/** What a notification of Grafana's unified alerting says. */
export function read(body: unknown, config: AboutAlerts, now: EpochMs): Taken {
  if (isRecord(body) && 'ruleName' in body && !('alerts' in body))
    return {
      refused: {
        rule: 'grafana.alerts',
        message: 'notifications of unified alerting (Grafana 9 and later) have a list `alerts`',
        value: 'one of legacy alerting',
      },
    }
  return readNotified(body, now, config, 'grafana', ({ alert, labels, annotations, external }) => {
    if (isTrial(labels)) return null
    const unread =
      UNREADABLE.has(labels['alertname'] ?? '') || UNREADABLE_REASON.test(annotations['grafana_state_reason'] ?? '')
    return {
      title: annotations['summary'] ?? labels['alertname'],
      href: linkOf(alert['panelURL'], alert['dashboardURL'], alert['generatorURL'], external),
      severity: unread ? 'info' : undefined,
    }
  })
}

const grafana: Plugin<'receiver', AboutAlerts, Receiver> = plugin({
  kind: 'receiver',
  name: 'grafana',
  summary: 'alerts of Grafana’s unified alerting, from a contact point of the type webhook',
  start: receiving(
    ['grafana'],
    form('in a contact point of the type Webhook', 'URL', 'Authorization Header of the scheme Bearer, Credentials'),
  ),
  config: { type: 'object', additionalProperties: false, properties: alertSettings(['service', 'job']) },
  async open(config, env): Promise<Receiver> {
    const { secret } = config
    return {
      ...(secret === undefined ? {} : { trusts: request => shows(secret, request) }),
      take: request => read(request.json(), config, env.now()),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default grafana
