import { type Plugin, type PluginEnv, plugin, type Receiver } from '../../contract/plugin.js'
import type { Received, Taken } from '../../contract/received.js'
import type { ChangeKind } from '../../contract/signal.js'
import { SECRET, signs } from '../shared/secret.js'
import {
  at,
  fieldsAt,
  firstLine,
  firstTime,
  hrefOf,
  isFields,
  lineAt,
  own,
  scopeIn,
  secondsOf,
  shareIn,
  type Fields,
} from '../shared/change/read.js'
import { Versions } from '../shared/change/rollouts.js'
import {
  bodyOf,
  CHANGE_SETTINGS,
  type ChangeSettings,
  changeOf,
  kindOf,
  type Made,
  refused,
  takenOf,
  type Told,
} from '../shared/change/told.js'
import { form, receiving } from '../shared/start.js'

/** What may become a change. Most pushes and runs deploy nothing, so these two wait to be asked for. */
const EVENTS = ['deployment', 'release', 'push', 'workflow_run'] as const

interface GithubConfig extends ChangeSettings {
  secret: string
  events: (typeof EVENTS)[number][]
  /** Names of the workflows whose runs are changes, with `*` for any text. */
  workflows: string[]
}

/** States of a deployment in which something happens to the environment; the others wait for it, or tell of an older one. */
const STATES: Record<string, { share?: number; title: string }> = {
  in_progress: { title: 'begins' },
  success: { share: 1, title: 'is deployed' },
  failure: { title: 'failed' },
  error: { title: 'failed' },
}

const short = (sha: string | undefined): string | undefined => sha?.slice(0, 10)

class Github {
  private readonly versions = new Versions()

  constructor(
    private readonly config: GithubConfig,
    private readonly env: Pick<PluginEnv, 'now'>,
  ) {}

  take(request: Received): Taken {
    const event = request.headers['x-github-event']
    if (event === undefined) return refused('github.event', 'the header X-GitHub-Event names the event', 'nothing')
    const body = bodyOf(request)
    if (!isFields(body)) return refused('github.body', 'the body is an object as GitHub sends it', kindOf(body))
    return takenOf('github', [this.read(event, body)])
  }

  private read(event: string, body: Fields): Made {
    const name = event === 'deployment_status' ? 'deployment' : event
    if (event === 'ping') return 'ping'
    if (!(EVENTS as readonly string[]).includes(name)) return 'event'
    if (!this.config.events.some(each => each === name)) return 'unasked'
    const of = lineAt(body, 'repository', 'full_name')
    if (of === undefined) return 'repository'
    const made =
      event === 'push'
        ? push(body, of)
        : event === 'release'
          ? release(body, of)
          : event === 'workflow_run'
            ? this.run(body, of)
            : this.deployment(event, body, of)
    return typeof made === 'string' ? made : changeOf(this.config, { ...made, at: made.at ?? this.env.now() })
  }

  private deployment(event: string, body: Fields, of: string): Half | string {
    const deployment = fieldsAt(body, 'deployment')
    const number = lineAt(deployment, 'id')
    if (number === undefined) return 'deployment'
    const status = fieldsAt(body, 'deployment_status')
    const state = event === 'deployment' ? undefined : (lineAt(status, 'state') ?? '')
    const step = state === undefined ? { title: 'is asked for' } : own(STATES, state)
    if (step === undefined) return 'state'
    const environment = lineAt(deployment, 'environment')
    const sha = lineAt(deployment, 'sha')
    const payload = payloadOf(at(deployment, 'payload'))
    const thread = `${of}/deployments/${number}`
    const subject = `${of} ${environment ?? ''}`
    const back = state === 'success' ? this.versions.note(subject, sha, thread) : undefined
    const isBack = lineAt(deployment, 'task') === 'rollback'
    const reverts = back ?? (isBack ? this.versions.before(subject, thread) : undefined)
    const share = step.share === undefined ? undefined : (shareIn(payload) ?? step.share)
    const words = [lineAt(deployment, 'description') ?? lineAt(deployment, 'ref'), short(sha)]
    const { production_environment: production, transient_environment: transient } = deployment
    return {
      id: [thread, state ?? 'created', lineAt(status, 'id')],
      thread: [thread],
      kind: isBack && reverts === undefined ? 'mitigation' : 'deploy',
      of,
      environment,
      production: transient === true ? false : production === true ? true : undefined,
      title: [`${of} ${step.title}:`, ...words.filter(each => each !== undefined)].join(' '),
      href: hrefOf(at(status, 'target_url')) ?? hrefOf(at(body, 'repository', 'html_url')),
      at: firstTime(at(status, 'created_at'), at(deployment, 'created_at')),
      share,
      version: lineAt(payload, 'version') ?? sha,
      scope: scopeIn(payload),
      reverts,
    }
  }

  private run(body: Fields, of: string): Half | string {
    const run = fieldsAt(body, 'workflow_run')
    const workflow = lineAt(run, 'name') ?? lineAt(body, 'workflow', 'name') ?? ''
    if (at(run, 'status') !== 'completed' || at(run, 'conclusion') !== 'success') return 'state'
    if (this.config.workflows.length > 0 && !this.config.workflows.includes(workflow)) return 'workflow'
    const branch = lineAt(run, 'head_branch')
    if (this.config.workflows.length === 0 && branch !== lineAt(body, 'repository', 'default_branch')) return 'branch'
    const id = lineAt(run, 'id')
    if (id === undefined) return 'run'
    return {
      id: [of, 'runs', id, lineAt(run, 'run_attempt')],
      kind: 'deploy',
      of,
      hinted: workflow,
      title: [`${of}: ${workflow}`, short(lineAt(run, 'head_sha'))].filter(each => each !== undefined).join(' '),
      href: hrefOf(at(run, 'html_url')),
      at: firstTime(at(run, 'updated_at'), at(run, 'created_at')),
      version: lineAt(run, 'head_sha'),
    }
  }
}

/** A change whose time may be missing. */
type Half = Omit<Told, 'at'> & { at: number | undefined }

/** What came onto the default branch. */
function push(body: Fields, of: string): Half | string {
  const sha = lineAt(body, 'after')
  if (at(body, 'ref') !== `refs/heads/${lineAt(body, 'repository', 'default_branch') ?? ''}`) return 'branch'
  if (at(body, 'deleted') === true || sha === undefined) return 'state'
  const head = fieldsAt(body, 'head_commit')
  const message = at(head, 'message')
  const undone = typeof message === 'string' ? /\bThis reverts commit ([0-9a-f]{40})\b/.exec(message)?.[1] : undefined
  return {
    id: [of, 'push', sha],
    kind: 'deploy',
    of,
    title: `${of}: ${firstLine(message) ?? short(sha) ?? ''}`,
    href: hrefOf(at(body, 'compare')) ?? hrefOf(at(head, 'url')),
    // When the commit was written may be long ago.
    at: secondsOf(at(body, 'repository', 'pushed_at')),
    version: sha,
    reverts: undone === undefined ? undefined : `${of}/push/${undone}`,
  }
}

function release(body: Fields, of: string): Half | string {
  const release = fieldsAt(body, 'release')
  const tag = lineAt(release, 'tag_name')
  if (at(body, 'action') !== 'published' || tag === undefined) return 'action'
  if (at(release, 'prerelease') === true || at(release, 'draft') === true) return 'prerelease'
  return {
    id: [of, 'releases', tag, lineAt(release, 'id')],
    kind: 'deploy' satisfies ChangeKind,
    of,
    title: `${of} ${lineAt(release, 'name') ?? tag} is released`,
    href: hrefOf(at(release, 'html_url')),
    at: firstTime(at(release, 'published_at')),
    version: tag,
  }
}

/** What a deployment carries for those who asked for it: an object, or the same as text. */
function payloadOf(payload: unknown): Fields {
  if (isFields(payload)) return payload
  if (typeof payload !== 'string' || payload.length > 64_000) return {}
  try {
    const value: unknown = JSON.parse(payload)
    return isFields(value) ? value : {}
  } catch {
    return {}
  }
}

const github: Plugin<'receiver', GithubConfig, Receiver> = plugin({
  kind: 'receiver',
  name: 'github',
  summary: "GitHub's webhooks, signed: deployments and their states, releases, pushes and runs of workflows as changes",
  start: receiving(
    ['github'],
    form(
      'in the repository, Settings, Webhooks',
      'Payload URL',
      'content type application/json, events Deployments, Deployment statuses and Releases, Secret',
    ),
  ),
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['secret'],
    properties: {
      secret: SECRET,
      ...CHANGE_SETTINGS,
      events: {
        type: 'array',
        minItems: 1,
        items: { type: 'string', enum: [...EVENTS] },
        default: ['deployment', 'release'],
      },
      workflows: { type: 'array', items: { type: 'string', minLength: 1 }, maxItems: 100, default: [] },
    },
  },
  async open(config, env): Promise<Receiver> {
    const reader = new Github(config, env)
    return {
      trusts: request =>
        signs(config.secret, request, { header: 'x-hub-signature-256', algorithm: 'sha256', prefix: 'sha256=' }),
      take: request => reader.take(request),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default github
