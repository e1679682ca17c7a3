import { withoutEnd } from '../shared/text.js'
import { type Plugin, plugin, type PluginEnv, type Receiver } from '../../contract/plugin.js'
import type { Received, Taken } from '../../contract/received.js'
import { SECRET, shows } from '../shared/secret.js'
import {
  at,
  fieldsAt,
  firstTime,
  hrefOf,
  isFields,
  lineAt,
  own,
  scopeIn,
  shareIn,
  type Fields,
} from '../shared/change/read.js'
import { Versions } from '../shared/change/rollouts.js'
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

interface ArgocdConfig extends ChangeSettings {
  secret?: string
  /** Where Argo CD is found by people. */
  url?: string
}

/** Phases of a synchronisation, as Argo CD calls them; one that is terminated changes no more. */
const PHASES: Record<string, { share?: number; title: string }> = {
  Running: { title: 'is being synchronised' },
  Succeeded: { share: 1, title: 'is synchronised' },
  Failed: { title: 'could not be synchronised' },
  Error: { title: 'could not be synchronised' },
}

/** Entries of a history that are looked at; Argo CD keeps ten. */
const HISTORY = 50

class Argocd {
  private readonly versions = new Versions()

  constructor(
    private readonly config: ArgocdConfig,
    private readonly env: Pick<PluginEnv, 'now'>,
  ) {}

  take(request: Received): Taken {
    const body = request.json()
    const app = isFields(at(body, 'app')) ? fieldsAt(body, 'app') : body
    if (!isFields(app) || lineAt(app, 'metadata', 'name') === undefined)
      return refused(
        'argocd.app',
        'the body is an Application, or an object with one as `app`: a template with {{toJson .app}}',
        kindOf(app),
      )
    return takenOf('argocd', [this.read(app, fieldsAt(body))])
  }

  private read(app: Fields, beside: Fields): Made {
    const operation = fieldsAt(app, 'status', 'operationState')
    const phase = lineAt(operation, 'phase') ?? ''
    const step = own(PHASES, phase)
    if (step === undefined) return 'phase'
    const name = lineAt(app, 'metadata', 'name') ?? ''
    const started = lineAt(operation, 'startedAt') ?? ''
    const revision = lineAt(operation, 'syncResult', 'revision') ?? lineAt(operation, 'operation', 'sync', 'revision')
    const thread = threadOf(name, started)
    const labels = fieldsAt(app, 'metadata', 'labels')
    const noted = phase === 'Succeeded' ? this.versions.note(name, revision, thread) : undefined
    const back = phase === 'Succeeded' ? undoneBy(app, name, started, revision) : undefined
    return changeOf(this.config, {
      id: [thread, phase],
      thread: [thread],
      kind: 'deploy',
      of: name,
      environment: lineAt(beside, 'environment') ?? lineAt(labels, 'environment') ?? lineAt(labels, 'env'),
      hinted: `${name} ${lineAt(app, 'spec', 'destination', 'namespace') ?? ''}`,
      title: [`${name} ${step.title}`, revision?.slice(0, 10)].filter(each => each !== undefined).join(': '),
      href: hrefOf(at(beside, 'href')) ?? this.page(app, name),
      at: firstTime(phase === 'Running' ? at(operation, 'startedAt') : at(operation, 'finishedAt')) ?? this.env.now(),
      share: step.share === undefined ? undefined : (shareIn(beside) ?? step.share),
      version: revision,
      scope: scopeIn(beside),
      reverts: back ?? noted,
    })
  }

  private page(app: Fields, name: string): string | undefined {
    if (this.config.url === undefined) return undefined
    const namespace = lineAt(app, 'metadata', 'namespace') ?? 'argocd'
    return hrefOf(`${withoutEnd(this.config.url, '/')}/applications/${namespace}/${encodeURIComponent(name)}`)
  }
}

const threadOf = (name: string, started: string): string => `${name}/${started}`

/** The synchronisation before this one, where this one brings back a revision from before that; known from the history that comes along. */
function undoneBy(app: Fields, name: string, started: string, revision: string | undefined): string | undefined {
  const history = at(app, 'status', 'history')
  const entries = (Array.isArray(history) ? history.slice(-HISTORY) : []).map(each => ({
    revision: lineAt(each, 'revision'),
    started: lineAt(each, 'deployStartedAt'),
  }))
  // This one may stand in it already, as its last.
  const before = entries.filter(each => each.started !== started)
  const last = before.at(-1)
  if (revision === undefined || last?.started === undefined || last.revision === revision) return undefined
  return before.some(each => each.revision === revision) ? threadOf(name, last.started) : undefined
}

const argocd: Plugin<'receiver', ArgocdConfig, Receiver> = plugin({
  kind: 'receiver',
  name: 'argocd',
  summary: "Argo CD's notifications: synchronisations of applications as changes, with what a rollback takes back",
  start: receiving(
    ['argocd'],
    form('in argocd-notifications-cm, a service webhook', 'url', 'header Authorization: Bearer'),
  ),
  config: {
    type: 'object',
    additionalProperties: false,
    properties: { secret: SECRET, ...CHANGE_SETTINGS, url: { type: 'string', pattern: '^https?://', maxLength: 500 } },
  },
  async open(config, env): Promise<Receiver> {
    const { secret } = config
    const reader = new Argocd(config, env)
    return {
      ...(secret === undefined ? {} : { trusts: request => shows(secret, request) }),
      take: request => reader.take(request),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default argocd
