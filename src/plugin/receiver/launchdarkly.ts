import { type Plugin, plugin, type PluginEnv, type Receiver } from '../../contract/plugin.js'
import type { Received, Taken } from '../../contract/received.js'
import { SECRET, signs } from '../shared/secret.js'
import { at, fieldsAt, firstTime, hrefOf, isFields, lineAt, type Fields } from '../shared/change/read.js'
import { Rollouts } from '../shared/change/rollouts.js'
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

interface LaunchdarklyConfig extends ChangeSettings {
  secret: string
}

/** `proj/default:env/production:flag/new-checkout` */
const RESOURCE = /^proj\/([^:;]+)(?:;[^:]*)?:env\/([^:;]+)(?:;[^:]*)?:(?:flag|segment)\/([^:;]+)/
/** What of an access changes who gets what; names, tags and owners do not. */
const SERVED =
  /^(?:update(?:On|Fallthrough\w*|OffVariation|Rules|Targets|FlagVariations|Included|Excluded|Scheduled\w*)|apply\w*)$/
/** A weight of all, as LaunchDarkly counts. */
const WEIGHT_OF_ALL = 100_000

class Launchdarkly {
  private readonly rollouts = new Rollouts()

  constructor(
    private readonly config: LaunchdarklyConfig,
    private readonly env: Pick<PluginEnv, 'now'>,
  ) {}

  take(request: Received): Taken {
    const body = request.json()
    if (!isFields(body) || lineAt(body, '_id') === undefined)
      return refused('launchdarkly.entry', 'the body is an entry of the audit log, with an _id', kindOf(body))
    return takenOf('launchdarkly', this.read(body))
  }

  /** One change for each environment that the entry touches. */
  private read(entry: Fields): Made[] {
    const kind = lineAt(entry, 'kind')
    if (kind !== 'flag' && kind !== 'segment') return ['kind']
    const accesses = at(entry, 'accesses')
    const touched = new Map<string, RegExpExecArray>()
    let known = false
    for (const access of Array.isArray(accesses) ? accesses.slice(0, 200) : []) {
      const found = RESOURCE.exec(lineAt(access, 'resource') ?? '')
      known ||= found !== null
      if (found !== null && SERVED.test(lineAt(access, 'action') ?? '')) touched.set(found[2] ?? '', found)
    }
    if (touched.size === 0) return [known ? 'action' : 'resource']
    return [...touched].map(([environment, [, project = '', , flag = '']]) =>
      this.change(entry, project, environment, flag),
    )
  }

  private change(entry: Fields, project: string, environment: string, flag: string): Made {
    const subject = `${project}/${environment}/${flag}`
    const id = `${subject}/${lineAt(entry, '_id')}`
    const when = firstTime(at(entry, 'date')) ?? this.env.now()
    const share = servedTo(fieldsAt(entry, 'currentVersion', 'environments', environment))
    const { thread, reverts } =
      share === undefined ? { thread: undefined } : this.rollouts.step(subject, id, share, when)
    const comment = lineAt(entry, 'comment')
    const did = lineAt(entry, 'titleVerb') ?? 'changed'
    return changeOf(this.config, {
      id: [id],
      ...(thread === undefined ? {} : { thread: [thread] }),
      kind: 'flag',
      of: `${project}/${flag}`,
      environment,
      title: `${lineAt(entry, 'name') ?? flag}: ${did}${comment === undefined ? '' : `, ${comment}`}`,
      href:
        hrefOf(at(entry, '_links', 'site', 'href')) ??
        hrefOf(`https://app.launchdarkly.com/${project}/${environment}/features/${flag}`),
      at: when,
      share,
      reverts,
    })
  }
}

/** The share of people who are served something else than when it is off; undefined where the entry does not say. */
function servedTo(environment: Fields): number | undefined {
  const on = at(environment, 'on')
  if (on === false) return 0
  if (on !== true) return undefined
  const rollout = at(environment, 'fallthrough', 'rollout', 'variations')
  const off = at(environment, 'offVariation')
  const variation = at(environment, 'fallthrough', 'variation')
  if (Array.isArray(rollout)) {
    const weights = (rollout as unknown[]).map(each => [at(each, 'variation'), at(each, 'weight')] as const)
    const given = weights.reduce((sum, [n, weight]) => sum + (n !== off && typeof weight === 'number' ? weight : 0), 0)
    return Math.min(1, Math.max(0, given / WEIGHT_OF_ALL))
  }
  return variation !== undefined && variation === off ? 0 : 1
}

const launchdarkly: Plugin<'receiver', LaunchdarklyConfig, Receiver> = plugin({
  kind: 'receiver',
  name: 'launchdarkly',
  summary: "LaunchDarkly's webhooks, signed: flags as changes whose rollout grows step by step",
  start: receiving(['launchdarkly'], form('in Integrations, Webhooks', 'URL', 'sign with the secret')),
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['secret'],
    properties: { secret: SECRET, ...CHANGE_SETTINGS },
  },
  async open(config, env): Promise<Receiver> {
    const reader = new Launchdarkly(config, env)
    return {
      trusts: request => signs(config.secret, request, { header: 'x-ld-signature', algorithm: 'sha256' }),
      take: request => reader.take(request),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default launchdarkly
