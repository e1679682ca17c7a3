import { type Plugin, plugin, type PluginEnv, type Receiver } from '../../contract/plugin.js'
import type { Received, Taken } from '../../contract/received.js'
import { SECRET, signs } from '../shared/secret.js'
import { at, fieldsAt, firstTime, hrefOf, isFields, lineAt, own, scopeIn, type Fields } from '../shared/change/read.js'
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

interface FluxConfig extends ChangeSettings {
  secret: string
}

/** What applies something to a cluster; the others only fetch it. */
const APPLIERS = new Set(['Kustomization', 'HelmRelease'])
/** Reasons that say that a cluster was changed. */
const REASONS: Record<string, string> = {
  ReconciliationSucceeded: 'is applied',
  InstallSucceeded: 'is installed',
  UpgradeSucceeded: 'is upgraded',
  RollbackSucceeded: 'is rolled back',
  UninstallSucceeded: 'is removed',
}

class Flux {
  private readonly versions = new Versions()

  constructor(
    private readonly config: FluxConfig,
    private readonly env: Pick<PluginEnv, 'now'>,
  ) {}

  take(request: Received): Taken {
    const body = request.json()
    const object = at(body, 'involvedObject')
    if (!isFields(body) || !isFields(object))
      return refused('flux.involvedObject', 'an event has an involvedObject', kindOf(object ?? body))
    return takenOf('flux', [this.read(body, object)])
  }

  private read(event: Fields, object: Fields): Made {
    const [kind, name] = [lineAt(object, 'kind') ?? '', lineAt(object, 'name')]
    const namespace = lineAt(object, 'namespace') ?? ''
    const reason = lineAt(event, 'reason') ?? ''
    if (!APPLIERS.has(kind) || name === undefined) return 'kind'
    const did = own(REASONS, reason)
    if (did === undefined) return 'reason'
    const metadata = plainKeys(fieldsAt(event, 'metadata'))
    const revision = lineAt(metadata, 'revision')
    const who = `${namespace}/${name}`
    const when = firstTime(at(event, 'timestamp')) ?? this.env.now()
    // The same revision is found in place again and again; without one each message is one.
    const id = [kind, who, reason, revision ?? String(when)]
    const thread = id.join('/')
    const last = this.versions.before(`${kind} ${who}`, thread)
    const noted = this.versions.note(`${kind} ${who}`, revision, thread)
    const reverts = reason === 'RollbackSucceeded' ? (noted ?? last) : noted
    return changeOf(this.config, {
      id,
      kind: reason === 'RollbackSucceeded' && reverts === undefined ? 'mitigation' : 'deploy',
      of: who,
      environment: lineAt(metadata, 'environment') ?? lineAt(metadata, 'env'),
      hinted: `${namespace} ${lineAt(metadata, 'cluster') ?? ''}`,
      title: [`${name} ${did}`, revision].filter(each => each !== undefined).join(': '),
      href: hrefOf(at(metadata, 'href')),
      at: when,
      share: 1,
      version: revision,
      scope: scopeIn(metadata),
      reverts,
    })
  }
}

/** Keys without the group before them: `kustomize.toolkit.fluxcd.io/revision` → `revision`. */
const plainKeys = (metadata: Fields): Fields =>
  Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key.slice(key.lastIndexOf('/') + 1), value]))

const flux: Plugin<'receiver', FluxConfig, Receiver> = plugin({
  kind: 'receiver',
  name: 'flux',
  summary: "events of Flux's notification controller, signed: what Kustomizations and HelmReleases applied, as changes",
  start: receiving(['flux'], form('a Provider of the type generic-hmac', 'address', 'secret with the token')),
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['secret'],
    properties: { secret: SECRET, ...CHANGE_SETTINGS },
  },
  async open(config, env): Promise<Receiver> {
    const reader = new Flux(config, env)
    return {
      trusts: request =>
        signs(config.secret, request, { header: 'x-signature', algorithm: 'sha256', prefix: 'sha256=' }),
      take: request => reader.take(request),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default flux
