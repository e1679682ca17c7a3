import { type Plugin, type PluginEnv, plugin, type Receiver } from '../../contract/plugin.js'
import type { Received, Taken } from '../../contract/received.js'
import { isSame, SECRET } from '../shared/secret.js'
import {
  at,
  fieldsAt,
  firstLine,
  firstTime,
  hrefOf,
  isFields,
  lineAt,
  own,
  type Fields,
} from '../shared/change/read.js'
import { Rollouts, Versions } from '../shared/change/rollouts.js'
import {
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

/** What may become a change. Most pushes, tags and pipelines deploy nothing, so these wait to be asked for. */
const EVENTS = ['deployment', 'release', 'feature_flag', 'push', 'tag_push', 'pipeline'] as const

interface GitlabConfig extends ChangeSettings {
  secret: string
  events: (typeof EVENTS)[number][]
}

/** Of a deployment; what is only created, approved or cancelled changes nothing. */
const STATES: Record<string, { share?: number; title: string }> = {
  running: { title: 'begins' },
  success: { share: 1, title: 'is deployed' },
  failed: { title: 'failed' },
}

type Half = Omit<Told, 'at' | 'of'> & { at: number | undefined }

class Gitlab {
  private readonly versions = new Versions()
  private readonly rollouts = new Rollouts()

  constructor(
    private readonly config: GitlabConfig,
    private readonly env: Pick<PluginEnv, 'now'>,
  ) {}

  take(request: Received): Taken {
    const body = request.json()
    if (!isFields(body)) return refused('gitlab.body', 'the body is an object as GitLab sends it', kindOf(body))
    const event = lineAt(body, 'object_kind')
    if (event === undefined) return refused('gitlab.object_kind', 'object_kind names the event', 'nothing')
    return takenOf('gitlab', [this.read(event, body)])
  }

  private read(event: string, body: Fields): Made {
    if (!(EVENTS as readonly string[]).includes(event)) return 'event'
    if (!this.config.events.some(each => each === event)) return 'unasked'
    const of = lineAt(body, 'project', 'path_with_namespace')
    if (of === undefined) return 'project'
    const made = this.half(event, body, of)
    return typeof made === 'string' ? made : changeOf(this.config, { ...made, of, at: made.at ?? this.env.now() })
  }

  private half(event: string, body: Fields, of: string): Half | string {
    switch (event) {
      case 'deployment':
        return this.deployment(body, of)
      case 'release':
        return release(body, of)
      case 'feature_flag':
        return this.flag(body, of)
      case 'pipeline':
        return pipeline(body, of)
      default:
        return push(event, body, of)
    }
  }

  private deployment(body: Fields, of: string): Half | string {
    const number = lineAt(body, 'deployment_id') ?? lineAt(body, 'deployable_id')
    const state = lineAt(body, 'status') ?? ''
    const step = own(STATES, state)
    if (number === undefined) return 'deployment'
    if (step === undefined) return 'state'
    const environment = lineAt(body, 'environment')
    const tier = lineAt(body, 'environment_tier')
    const sha = lineAt(body, 'short_sha')
    const thread = `${of}/deployments/${number}`
    const reverts = state === 'success' ? this.versions.note(`${of} ${environment}`, sha, thread) : undefined
    return {
      id: [thread, state],
      thread: [thread],
      kind: 'deploy',
      environment,
      // A tier that somebody set says more than a name.
      production: tier === undefined || tier === 'other' ? undefined : tier === 'production',
      title: [`${of} ${step.title}:`, lineAt(body, 'commit_title') ?? lineAt(body, 'ref'), sha]
        .filter(each => each !== undefined)
        .join(' '),
      href: hrefOf(at(body, 'deployable_url')) ?? hrefOf(at(body, 'commit_url')),
      at: firstTime(at(body, 'status_changed_at')),
      share: step.share,
      version: sha,
      reverts,
    }
  }

  private flag(body: Fields, of: string): Half | string {
    const flag = fieldsAt(body, 'object_attributes')
    const name = lineAt(flag, 'name')
    const active = at(flag, 'active')
    if (name === undefined || typeof active !== 'boolean') return 'flag'
    const now = this.env.now()
    // No time is told of it, and no id of the message: the same word within a minute is the same message.
    const id = `${of}/flags/${name}/${active}/${Math.floor(now / 60_000)}`
    const { thread, reverts } = this.rollouts.step(`${of} ${name}`, id, active ? 1 : 0, now)
    return {
      id: [id],
      thread: [thread],
      kind: 'flag',
      title: `${of}: flag ${name} is switched ${active ? 'on' : 'off'}`,
      href: hrefOf(at(body, 'project', 'web_url')),
      at: now,
      share: active ? 1 : 0,
      reverts,
    }
  }
}

function release(body: Fields, of: string): Half | string {
  const tag = lineAt(body, 'tag')
  if (at(body, 'action') !== 'create' || tag === undefined) return 'action'
  return {
    id: [of, 'releases', tag],
    kind: 'deploy',
    title: `${of} ${lineAt(body, 'name') ?? tag} is released`,
    href: hrefOf(at(body, 'url')),
    at: firstTime(at(body, 'released_at'), at(body, 'created_at')),
    version: tag,
  }
}

function pipeline(body: Fields, of: string): Half | string {
  const run = fieldsAt(body, 'object_attributes')
  const id = lineAt(run, 'id')
  if (at(run, 'status') !== 'success' || id === undefined) return 'state'
  if (at(run, 'ref') !== at(body, 'project', 'default_branch')) return 'branch'
  return {
    id: [of, 'pipelines', id],
    kind: 'deploy',
    title: `${of}: pipeline ${id}, ${firstLine(at(body, 'commit', 'title')) ?? lineAt(run, 'ref') ?? ''}`,
    href: hrefOf(at(run, 'url')) ?? hrefOf(at(body, 'commit', 'url')),
    at: firstTime(at(run, 'finished_at'), at(run, 'created_at')),
    version: lineAt(run, 'sha'),
  }
}

/** What came onto the default branch, or a tag. */
function push(event: string, body: Fields, of: string): Half | string {
  const ref = lineAt(body, 'ref') ?? ''
  const sha = lineAt(body, 'checkout_sha')
  if (event === 'push' && ref !== `refs/heads/${lineAt(body, 'project', 'default_branch') ?? ''}`) return 'branch'
  // One that was deleted has none.
  if (sha === undefined) return 'state'
  const commits = at(body, 'commits')
  const head = Array.isArray(commits) ? (commits as unknown[]).at(-1) : undefined
  const message = at(head, 'message')
  const undone = typeof message === 'string' ? /\bThis reverts commit ([0-9a-f]{40})\b/.exec(message)?.[1] : undefined
  const name = event === 'push' ? firstLine(message) : ref.replace(/^refs\/tags\//, 'tag ')
  return {
    id: [of, event, event === 'push' ? sha : ref],
    kind: 'deploy',
    title: `${of}: ${name ?? sha.slice(0, 10)}`,
    href: hrefOf(at(head, 'url')) ?? hrefOf(at(body, 'project', 'web_url')),
    at: undefined,
    version: event === 'push' ? sha : ref.replace(/^refs\/tags\//, ''),
    reverts: undone === undefined ? undefined : `${of}/push/${undone}`,
  }
}

const gitlab: Plugin<'receiver', GitlabConfig, Receiver> = plugin({
  kind: 'receiver',
  name: 'gitlab',
  summary:
    "GitLab's webhooks with their token: deployments, releases, feature flags, pushes, tags and pipelines as changes",
  start: receiving(
    ['gitlab'],
    form('in the project, Settings, Webhooks', 'URL', 'events Deployment and Releases, Secret token'),
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
        default: ['deployment', 'release', 'feature_flag'],
      },
    },
  },
  async open(config, env): Promise<Receiver> {
    const reader = new Gitlab(config, env)
    return {
      trusts: ({ headers }) => isSame(config.secret, headers['x-gitlab-token'] ?? ''),
      take: request => reader.take(request),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default gitlab
