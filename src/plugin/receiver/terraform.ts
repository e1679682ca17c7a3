import { type Plugin, plugin, type PluginEnv, type Receiver } from '../../contract/plugin.js'
import type { Received, Taken } from '../../contract/received.js'
import { SECRET, signs } from '../shared/secret.js'
import { at, firstTime, hrefOf, isFields, lineAt, own, type Fields } from '../shared/change/read.js'
import {
  CHANGE_SETTINGS,
  type ChangeSettings,
  changeOf,
  kindOf,
  type Made,
  refused,
  takenOf,
} from '../shared/change/told.js'
import { form, receiving } from '../shared/start.js'

interface TerraformConfig extends ChangeSettings {
  secret: string
}

/** States of a run in which something is changed; a plan changes nothing. */
const STATES: Record<string, { share?: number; title: string }> = {
  applying: { title: 'is being applied' },
  applied: { share: 1, title: 'is applied' },
}

function take(config: TerraformConfig, env: Pick<PluginEnv, 'now'>, request: Received): Taken {
  const body = request.json()
  const notifications = at(body, 'notifications')
  if (!isFields(body) || !Array.isArray(notifications))
    return refused('terraform.notifications', 'the body has a list of notifications', kindOf(notifications))
  return takenOf(
    'terraform',
    notifications.slice(0, 100).map(each => read(config, env, body, each)),
  )
}

function read(config: TerraformConfig, env: Pick<PluginEnv, 'now'>, body: Fields, notification: unknown): Made {
  if (lineAt(notification, 'trigger') === 'verification') return 'verification'
  const state = lineAt(notification, 'run_status') ?? ''
  const step = own(STATES, state)
  const [run, workspace] = [lineAt(body, 'run_id'), lineAt(body, 'workspace_name')]
  if (step === undefined) return 'state'
  if (run === undefined || workspace === undefined) return 'run'
  const organization = lineAt(body, 'organization_name') ?? ''
  const of = `${organization}/${workspace}`
  const message = lineAt(body, 'run_message')
  return changeOf(config, {
    id: [run, state],
    thread: [run],
    kind: 'config',
    of,
    hinted: workspace,
    title: `${workspace} ${step.title}${message === undefined ? '' : `: ${message}`}`,
    href: hrefOf(at(body, 'run_url')),
    at: firstTime(at(notification, 'run_updated_at'), at(body, 'run_created_at')) ?? env.now(),
    share: step.share,
  })
}

const terraform: Plugin<'receiver', TerraformConfig, Receiver> = plugin({
  kind: 'receiver',
  name: 'terraform',
  summary:
    "notifications of HCP Terraform and Terraform Enterprise, signed: what a workspace's runs applied, as changes",
  start: receiving(
    ['terraform'],
    form('in the workspace, Settings, Notifications', 'Webhook URL', 'triggers Run: Applying and Completed, Token'),
  ),
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['secret'],
    properties: { secret: SECRET, ...CHANGE_SETTINGS },
  },
  async open(config, env): Promise<Receiver> {
    return {
      trusts: request => signs(config.secret, request, { header: 'x-tfe-notification-signature', algorithm: 'sha512' }),
      take: request => take(config, env, request),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default terraform
