import { setMaxListeners } from 'node:events'
import { PermanentError, TransientError } from '../../contract/error.js'
import { type Batch, type Plugin, plugin, type PluginEnv, type Source, type Stop } from '../../contract/plugin.js'
import { MINUTE, SECOND } from '../../contract/time.js'
import { type Fields, isFields, lineAt } from '../shared/change/read.js'
import { CHANGE_SETTINGS } from '../shared/change/told.js'
import { Api, type ApiSettings, Forbidden, Gone, type Resource, RESOURCES } from './kubernetes/api.js'
import { Cluster, type ClusterSettings, type Known, nothingKnown } from './kubernetes/cluster.js'

interface KubernetesConfig extends ApiSettings, ClusterSettings {
  namespaces: string[]
  /** Whether it tells which nodes each service runs on. */
  topology: boolean
}

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'
/** A watch that ends is begun anew after so long, twice as long after each failure in a row. */
const AGAIN_MS = SECOND
/** and after so long at most. */
const AGAIN_MAX_MS = 30 * SECOND
/** Failures in a row after which the source says that it cannot be read. */
const FAILURES = 5
/** What came is handed on together after so long. */
const GATHER_MS = SECOND
/** Signals that wait for the door at most, some 500 bytes each. */
const WAITING = 5_000
/** Every so often it says that it is alive, and tells of the minute. */
const ALIVE_MS = 30 * SECOND

/** Pods are listed so often, where their nodes are asked for: they are many, and move seldom. */
const PODS_MS = 10 * MINUTE

/** One resource, in one namespace or in all. */
interface Watched {
  resource: Resource
  namespace: string | null
}

class Watcher {
  private signals: object[] = []
  private failed: Error | null = null
  private wake: () => void = () => {}
  private readonly ended = new AbortController()
  private readonly cluster: Cluster
  private readonly api: Api
  private placedAt = Number.NEGATIVE_INFINITY

  constructor(
    private readonly config: KubernetesConfig,
    private readonly env: PluginEnv,
    state: unknown,
    stop: Stop,
  ) {
    // Each watch and each pause listens to it.
    setMaxListeners(0, this.ended.signal)
    this.cluster = new Cluster(config, knownOf(state))
    this.api = new Api(config, env)
    stop.addEventListener('abort', () => this.end(), { once: true })
    if (stop.aborted) this.end()
  }

  async *read(): AsyncGenerator<Batch> {
    try {
      const watched = await this.listAll()
      await this.place()
      yield this.batch()
      for (const each of watched) void this.follow(each)
      while (!this.stopped) {
        if (this.signals.length === 0 && this.failed === null) await this.news()
        if (this.failed !== null) throw this.failed
        await this.place()
        yield this.batch()
      }
    } finally {
      this.end()
    }
  }

  private get stopped(): boolean {
    return this.ended.signal.aborted
  }

  private end(): void {
    this.ended.abort()
    this.wake()
  }

  private batch(): Batch {
    const signals = [...this.signals.splice(0), ...this.cluster.tick(this.env.now())]
    // A copy: what comes while these are taken is not of this state.
    return { signals, state: structuredClone(this.cluster.state) }
  }

  /** Waits until something came, and a moment for more of it. */
  private async news(): Promise<void> {
    const came = new Promise<void>(done => {
      this.wake = done
    })
    const alive = new AbortController()
    await Promise.race([came, this.env.sleep(ALIVE_MS, either(this.ended.signal, alive.signal))])
    alive.abort()
    this.wake = () => {}
    if (this.signals.length > 0) await this.env.sleep(GATHER_MS, this.ended.signal)
  }

  /** Looks where pods run, now and then. What cannot be read this time is read the next. */
  private async place(): Promise<void> {
    const now = this.env.now()
    if (!this.config.topology || now - this.placedAt < PODS_MS) return
    this.placedAt = now
    const { namespaces } = this.config
    const pods: Fields[] = []
    try {
      for (const namespace of namespaces.length === 0 ? [null] : namespaces)
        pods.push(...(await this.api.list('pods', namespace, this.ended.signal)).objects)
    } catch (error) {
      this.env.log('warn', `where pods run is not known: ${(error as Error).message}`)
      return
    }
    this.push(this.cluster.placed(pods, now))
  }

  /** Everything once; what this token may not read is left out, unless that is all. @throws PermanentError, TransientError */
  private async listAll(): Promise<Watched[]> {
    const { namespaces } = this.config
    const resources = (Object.keys(RESOURCES) as Resource[]).filter(each => each !== 'pods')
    const all = resources.flatMap((resource): Watched[] =>
      namespaces.length === 0 || resource === 'nodes'
        ? [{ resource, namespace: null }]
        : namespaces.map(namespace => ({ resource, namespace })),
    )
    const watched: Watched[] = []
    let why = ''
    for (const each of all)
      try {
        if (each.resource !== 'events' || this.cluster.known.versions[nameOf(each)] === undefined) await this.list(each)
        watched.push(each)
      } catch (error) {
        if (!(error instanceof Forbidden)) throw transient(error as Error)
        why = error.message
        this.env.log('warn', why)
      }
    if (watched.length === 0) throw new PermanentError(`nothing may be watched: ${why}`)
    return watched
  }

  private async list({ resource, namespace }: Watched): Promise<void> {
    // Old events are history; only their version is of use.
    const most = resource === 'events' ? 1 : undefined
    const { objects, version } = await this.api.list(resource, namespace, this.ended.signal, most)
    if (resource !== 'events') this.push(this.cluster.relisted(resource, namespace, objects, this.env.now()))
    this.cluster.known.versions[nameOf({ resource, namespace })] = version
  }

  /** Watches for as long as it is let, and lists anew where its version is too old. */
  private async follow(watched: Watched): Promise<void> {
    let failures = 0
    while (!this.stopped) {
      try {
        await this.watch(watched, () => {
          failures = 0
        })
      } catch (error) {
        if (this.stopped) return
        failures++
        if (error instanceof Forbidden || failures >= FAILURES) return this.fail(transient(error as Error))
        if (error instanceof Gone) {
          delete this.cluster.known.versions[nameOf(watched)]
          continue
        }
        const asked = error instanceof TransientError ? error.retryAfterMs : 0
        await this.env.sleep(Math.max(asked, Math.min(AGAIN_MAX_MS, AGAIN_MS * 2 ** failures)), this.ended.signal)
        continue
      }
      await this.env.sleep(AGAIN_MS, this.ended.signal)
    }
  }

  private async watch(watched: Watched, heard: () => void): Promise<void> {
    const { resource, namespace } = watched
    const { versions } = this.cluster.known
    if (versions[nameOf(watched)] === undefined) await this.list(watched)
    const from = versions[nameOf(watched)] ?? ''
    for await (const { type, object } of this.api.watch(resource, namespace, from, this.ended.signal)) {
      heard()
      const version = lineAt(object, 'metadata', 'resourceVersion')
      if (version !== undefined) versions[nameOf(watched)] = version
      // A bookmark says how far we are, and nothing else.
      if (type !== 'BOOKMARK') this.push(this.cluster.event(resource, type, object, this.env.now()))
      // The door is busy: no more is read until it took these.
      while (this.signals.length > WAITING && !this.stopped) await this.env.sleep(GATHER_MS, this.ended.signal)
    }
  }

  private push(signals: object[]): void {
    if (signals.length === 0) return
    this.signals.push(...signals)
    this.wake()
  }

  private fail(error: Error): void {
    this.failed ??= error
    this.wake()
  }
}

const nameOf = ({ resource, namespace }: Watched): string =>
  namespace === null ? resource : `${resource} ${namespace}`

const transient = (error: Error): Error =>
  error instanceof TransientError || error instanceof PermanentError
    ? error
    : new TransientError(error.message, AGAIN_MAX_MS)

/** What was kept; what is of another shape is as if there were nothing. */
function knownOf(state: unknown): Known {
  const known = nothingKnown()
  if (!isFields(state)) return known
  for (const name of ['versions', 'workloads', 'configs', 'nodes', 'placed'] as const)
    if (isFields(state[name])) Object.assign(known[name], structuredClone(state[name]))
  if (typeof state['told'] === 'number') known.told = state['told']
  // Objects are listed at each start; events alone go on where they were.
  known.versions = Object.fromEntries(Object.entries(known.versions).filter(([name]) => name.startsWith('events')))
  return known
}

/** Aborted with either of two. */
const either = (a: AbortSignal, b: AbortSignal): AbortSignal => AbortSignal.any([a, b])

const NAME = { type: 'string', minLength: 1, maxLength: 200 } as const

const kubernetes: Plugin<'source', KubernetesConfig, Source> = plugin({
  kind: 'source',
  name: 'kubernetes',
  summary:
    'watches a cluster: rollouts and configuration as changes, nodes that are not ready as alerts, counts of warnings',
  start: {
    has: ['kubernetes'],
    asks: [{ name: 'api', asks: 'the address of its API', usual: 'https://kubernetes.default.svc' }],
    settings: ({ service, api }) => ({ api, service, nodes: service }),
  },
  // The API of a cluster lies in its own network.
  allowPrivate: true,
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      api: { type: 'string', pattern: '^https?://', maxLength: 500, default: 'https://kubernetes.default.svc' },
      token: { type: 'string', minLength: 1, writeOnly: true },
      tokenFile: { type: 'string', minLength: 1, role: 'path', default: `${ACCOUNT}/token` },
      caFile: { type: 'string', minLength: 1, role: 'path' },
      namespaces: { type: 'array', items: NAME, maxItems: 50, default: [] },
      cluster: NAME,
      workloadLabel: NAME,
      nodes: { type: 'string', role: 'service' },
      topology: { type: 'boolean', default: false },
      ...CHANGE_SETTINGS,
    },
  },
  check: ({ api }) =>
    URL.canParse(api) ? [] : [{ path: 'api', rule: 'a whole address, such as https://10.0.0.1:6443', value: api }],
  async open(config, env): Promise<Source> {
    const isInside = config.token === undefined && config.caFile === undefined
    const settings = isInside && config.api.startsWith('https:') ? { ...config, caFile: `${ACCOUNT}/ca.crt` } : config
    return {
      read: (stop, state) => new Watcher(settings, env, state, stop).read(),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default kubernetes
