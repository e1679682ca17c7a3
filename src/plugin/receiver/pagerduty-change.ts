import { type Plugin, plugin, type PluginEnv, type Receiver } from '../../contract/plugin.js'
import { CHANGE_KINDS, type ChangeKind } from '../../contract/signal.js'
import type { Answer, Receipt, Received, Taken } from '../../contract/received.js'
import { isSame, SECRET } from '../shared/secret.js'
import {
  at,
  fieldsAt,
  firstTime,
  hrefOf,
  isFields,
  lineAt,
  scopeIn,
  shareIn,
  type Fields,
} from '../shared/change/read.js'
import {
  accepted,
  CHANGE_SETTINGS,
  type ChangeSettings,
  changeOf,
  digest,
  kindOf,
  type Made,
  refused,
  takenOf,
} from '../shared/change/told.js'

interface PagerdutyChangeConfig extends ChangeSettings {
  routingKey: string
}

const KINDS: ReadonlySet<string> = new Set(CHANGE_KINDS)
/** As PagerDuty answers, so that its clients are content. */
const DONE = { status: 'success', message: 'Change event processed' }

const answered = ({ accepted: taken, duplicate, rejected }: Receipt): Answer =>
  rejected.length > 0 && taken + duplicate === 0
    ? accepted({ status: 'invalid event', errors: rejected.map(each => `${each.rule}: ${each.message}`) }, 400)
    : accepted(DONE)

function take(config: PagerdutyChangeConfig, env: Pick<PluginEnv, 'now'>, request: Received): Taken {
  const body = request.json()
  if (!isFields(body) || lineAt(body, 'payload', 'summary') === undefined)
    return refused(
      'pagerduty-change.payload',
      'a change event has a payload with a summary',
      kindOf(at(body, 'payload')),
    )
  const taken = takenOf('pagerduty-change', [read(config, env, body)])
  return 'refused' in taken ? taken : { ...taken, answer: answered }
}

function read(config: PagerdutyChangeConfig, env: Pick<PluginEnv, 'now'>, body: Fields): Made {
  const payload = fieldsAt(body, 'payload')
  const details = fieldsAt(payload, 'custom_details')
  const links = at(body, 'links')
  const first: unknown = Array.isArray(links) ? links[0] : undefined
  const told = firstTime(at(payload, 'timestamp'))
  const kind = lineAt(details, 'kind') ?? ''
  const { routing_key: _, ...known } = body
  // It has no id: the same words of the same time are the same event; without a time, within a minute.
  const now = env.now()
  return changeOf(config, {
    id: [digest(JSON.stringify(known)), told ?? Math.floor(now / 60_000)],
    kind: KINDS.has(kind) ? (kind as ChangeKind) : 'deploy',
    of: lineAt(details, 'service') ?? lineAt(payload, 'source') ?? lineAt(details, 'repo') ?? '',
    environment: lineAt(details, 'environment'),
    title: lineAt(payload, 'summary'),
    href: hrefOf(at(first, 'href')),
    at: told ?? now,
    share: shareIn(details),
    version: lineAt(details, 'version') ?? lineAt(details, 'revision'),
    scope: scopeIn(details),
    reverts: lineAt(details, 'reverts'),
  })
}

const pagerdutyChange: Plugin<'receiver', PagerdutyChangeConfig, Receiver> = plugin({
  kind: 'receiver',
  name: 'pagerduty-change',
  summary: "PagerDuty's change events, version 2, as their senders post them: changes with their links and details",
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['routingKey'],
    properties: { routingKey: SECRET, ...CHANGE_SETTINGS },
  },
  async open(config, env): Promise<Receiver> {
    return {
      trusts: request => isSame(config.routingKey, lineAt(request.json(), 'routing_key') ?? ''),
      take: request => take(config, env, request),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default pagerdutyChange
