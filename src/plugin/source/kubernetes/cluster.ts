import { SOURCE_STATE_BYTES, TOPOLOGY_NODES } from '../../../contract/limits.js'
import { type EpochMs, MINUTE } from '../../../contract/time.js'
import { at, type Fields, fieldsAt, firstTime, isFields, lineAt, nameOf } from '../../shared/change/read.js'
import { type ChangeSettings, changeOf, digest, isWatched, serviceOf, type Told } from '../../shared/change/told.js'
import { idOf } from '../../shared/change/read.js'
import { OBJECTS_MAX, type Resource } from './api.js'
import { configsOf, hashOf, imagesOf, keyOf, KINDS, shareOf } from './objects.js'

export interface ClusterSettings extends ChangeSettings {
  /** Name of the cluster, as the environment of its changes. */
  cluster?: string
  /** Label that names the workload that a change touches. */
  workloadLabel?: string
  /** The service that the readiness of nodes is told of. */
  nodes?: string
}

/** What is known of a workload: its template by hash, the change that brought it, how far that is, and those before. */
interface Workload {
  hash: string
  thread: string
  share: number
  past: [hash: string, thread: string][]
}

/** What is kept over a restart: versions, hashes, and nodes that are not ready; nothing of what objects hold. */
export interface Known {
  versions: Record<string, string>
  workloads: Record<string, Workload>
  configs: Record<string, string>
  /** Node that is not ready → since when. */
  nodes: Record<string, EpochMs>
  /** The minute that was last told of. */
  told: number
  /** Service → hash of the nodes that it runs on. */
  placed: Record<string, string>
}

export const nothingKnown = (): Known => ({ versions: {}, workloads: {}, configs: {}, nodes: {}, told: 0, placed: {} })

/** Templates remembered of a workload, so that one that comes again is known for a rollback. */
const PAST = 4
/** Services and reasons of warnings that are told apart in a minute; Kubernetes has some fifty reasons. */
const REASONS = 1_000
/** Characters of one. */
const REASON_CHARS = 60
/** Parts that Kubernetes puts behind the name of a workload: a hash, an ordinal, a word of its own. */
const SUFFIXES = 3
/** What the state may take; a little below the limit, above which the source would be stopped. */
const STATE_CHARS = SOURCE_STATE_BYTES - 4_096
/** What Kubernetes keeps for itself. */
const OWN = new Set(['kube-system', 'kube-public', 'kube-node-lease'])

/** The cluster as it is known, and what each change of it means. Pure: it is told what time it is. */
export class Cluster {
  /** Config map → workloads that read it; made anew of each list. */
  private readonly readers = new Map<string, Map<string, string>>()
  private readonly ready = new Map<string, boolean>()
  /** Warnings since the minute that was last told of, by service and reason. */
  private warnings = new Map<string, number>()
  private warned = new Map<string, number>()
  /** Resources that were listed once: what is added later is new. */
  private readonly listed = new Set<string>()
  /** Workloads that were ever new here. */
  private count = 0

  constructor(
    private readonly settings: ClusterSettings,
    readonly known: Known,
  ) {}

  /** Everything there is of a resource, in one namespace or in all: what changed since it was last seen. */
  relisted(resource: Resource, namespace: string | null, objects: readonly Fields[], now: EpochMs): object[] {
    const signals = objects.flatMap(object => this.applied(resource, object, now))
    const there = new Set(objects.map(object => keyOf(resource, object)))
    const isOurs = (key: string): boolean => namespace === null || key.split('/').at(-2) === namespace
    const gone = (map: object, mine: (key: string) => boolean) =>
      Object.keys(map).filter(key => mine(key) && isOurs(key) && !there.has(key))
    const kind = KINDS[resource]
    if (kind !== undefined)
      for (const key of gone(this.known.workloads, each => each.startsWith(`${kind}/`)))
        signals.push(...this.removed(key, now))
    if (resource === 'configmaps')
      for (const key of gone(this.known.configs, () => true)) delete this.known.configs[key]
    if (resource === 'nodes') {
      for (const name of [...this.ready.keys()]) if (!there.has(name)) this.ready.delete(name)
      for (const name of Object.keys(this.known.nodes))
        if (!there.has(name)) signals.push(...this.node(name, true, now))
    }
    this.listed.add(`${resource} ${namespace ?? ''}`)
    return signals
  }

  /** One object as a watch tells of it. */
  event(resource: Resource, type: string, object: Fields, now: EpochMs): object[] {
    if (resource === 'events') {
      if (type !== 'DELETED') this.warn(object)
      return []
    }
    if (type !== 'DELETED') return this.applied(resource, object, now)
    const key = keyOf(resource, object)
    if (resource === 'configmaps') delete this.known.configs[key]
    if (resource === 'nodes') {
      this.ready.delete(key)
      return this.node(key, true, now)
    }
    return KINDS[resource] === undefined ? [] : this.removed(key, now)
  }

  /** Once a minute: how many nodes are ready, and how many warnings there were. */
  tick(now: EpochMs): object[] {
    const minute = Math.floor(now / MINUTE)
    if (minute <= this.known.told) return []
    this.known.told = minute
    const until = minute * MINUTE
    const signals: object[] = []
    const of = this.settings.nodes ?? this.settings.service
    if (of !== undefined && this.ready.size > 0) {
      const share = [...this.ready.values()].filter(each => each).length / this.ready.size
      signals.push(gauge(`nodes/${minute}`, of, until, 'kubernetes.nodes.ready', share, { measures: 'hit', unit: '1' }))
    }
    // One that was told of and is over is told as none once.
    for (const [key, value] of [...this.warnings, ...[...this.warned.keys()].map(key => [key, 0] as const)]) {
      if (value === 0 && this.warnings.has(key)) continue
      const [service = '', reason = ''] = key.split('\n')
      const more = { measures: 'other', windowMs: MINUTE, labels: { reason } }
      signals.push(gauge(`warnings/${reason}/${minute}`, service, until, 'kubernetes.warnings', value, more))
    }
    this.warned = this.warnings
    this.warnings = new Map()
    return signals
  }

  /** Which nodes each service runs on, by its pods; told where that changed. */
  placed(pods: readonly Fields[], now: EpochMs): object[] {
    const nodes = new Map<string, Set<string>>()
    for (const pod of pods) {
      const of = this.workloadOf(lineAt(pod, 'metadata', 'namespace') ?? '', lineAt(pod, 'metadata', 'name') ?? '')
      const service = of === undefined ? undefined : serviceOf(this.settings, of)
      const node = nameOf(at(pod, 'spec', 'nodeName'))
      if (service === undefined || node === undefined) continue
      nodes.set(service, (nodes.get(service) ?? new Set()).add(node))
    }
    const signals: object[] = []
    for (const [service, on] of nodes) {
      const names = [...on].sort().slice(0, TOPOLOGY_NODES)
      const hash = hashOf(names)
      if (this.known.placed[service] === hash) continue
      this.known.placed[service] = hash
      signals.push({
        type: 'fact',
        via: 'topology',
        id: idOf(digest, 'nodes of', service, hash, now),
        service,
        at: now,
        source: 'kubernetes',
        components: [],
        dependsOn: names.map(name => ({ id: `node/${name}`, name, kind: 'node', basis: 'cluster' })),
      })
    }
    return signals
  }

  /** What may be kept, within its limit: of too much first what is least missed. */
  get state(): Known {
    const { known } = this
    if (fits(known)) return known
    const lean = Object.entries(known.workloads).map(([key, each]): [string, Workload] => [key, { ...each, past: [] }])
    const without: Known = { ...known, configs: {}, workloads: Object.fromEntries(lean) }
    for (let n = lean.length; !fits(without); n = Math.floor(n * 0.8))
      without.workloads = Object.fromEntries(lean.slice(0, n))
    return without
  }

  private applied(resource: Resource, object: Fields, now: EpochMs): object[] {
    if (resource === 'nodes') return this.nodeOf(object, now)
    const namespace = lineAt(object, 'metadata', 'namespace') ?? ''
    if (OWN.has(namespace)) return []
    if (resource === 'configmaps') return this.config(object, now)
    const kind = KINDS[resource]
    // What a deployment makes is told by the deployment.
    if (kind === undefined || (kind === 'ReplicaSet' && at(object, 'metadata', 'ownerReferences') !== undefined))
      return []
    return this.workload(resource, kind, object, now)
  }

  private workload(resource: Resource, kind: string, object: Fields, now: EpochMs): object[] {
    const key = keyOf(resource, object)
    const template = at(object, 'spec', 'template')
    this.noteReaders(key, lineAt(object, 'metadata', 'namespace') ?? '', template)
    const hash = hashOf(template)
    const before = this.known.workloads[key]
    const share = shareOf(kind, object)
    const thread = `${key}/g${lineAt(object, 'metadata', 'generation') ?? hash}`
    if (before === undefined) {
      if (this.count++ >= OBJECTS_MAX) return []
      // What was there before we looked is no change.
      const namespaces = [`${resource} `, `${resource} ${lineAt(object, 'metadata', 'namespace') ?? ''}`]
      const isNew = namespaces.some(each => this.listed.has(each))
      this.known.workloads[key] = { hash, thread, share: share ?? (isNew ? 0 : 1), past: [] }
      if (!isNew) return []
      return this.change(key, thread, 'is created', template, share, now)
    }
    if (before.hash !== hash) {
      const back = before.past.some(([each]) => each === hash)
      const past: Workload['past'] = [...before.past, [before.hash, before.thread]]
      this.known.workloads[key] = { hash, thread, share: 0, past: past.slice(-PAST) }
      const first = this.change(key, thread, 'is rolled out', template, null, now, back ? before.thread : undefined)
      return [...first, ...this.step(key, template, share, now)]
    }
    return this.step(key, template, share, now)
  }

  /** The rollout that is under way went on. */
  private step(key: string, template: unknown, share: number | null, now: EpochMs): object[] {
    const workload = this.known.workloads[key]!
    if (share === null || share === workload.share) return []
    // A pod that is replaced moves the share of what was rolled out long ago: that is no step of it.
    if (workload.share === 1 && share > 0) return []
    workload.share = share
    return this.change(key, workload.thread, 'is rolled out', template, share, now)
  }

  private removed(key: string, now: EpochMs): object[] {
    const before = this.known.workloads[key]
    if (before === undefined) return []
    delete this.known.workloads[key]
    for (const readers of this.readers.values()) readers.delete(key)
    return this.change(key, `${before.thread}/removed`, 'is removed', undefined, null, now)
  }

  private change(
    key: string,
    thread: string,
    did: string,
    template: unknown,
    share: number | null,
    now: EpochMs,
    reverts?: string,
  ): object[] {
    const name = key.split('/').at(-1) ?? ''
    const images = imagesOf(template)
    const { workloadLabel } = this.settings
    return this.facts({
      id: [thread, share === null ? did : share],
      thread: [thread],
      kind: 'deploy',
      of: key.slice(key.indexOf('/') + 1),
      title: [`${name} ${did}`, images.join(', ')].filter(each => each !== '').join(': '),
      at: now,
      share: share ?? undefined,
      version: images[0]?.split(/[:@]/).at(-1),
      scope: workloadLabel === undefined ? {} : { [workloadLabel]: [name] },
      reverts,
    })
  }

  /** A config map by its name and a hash of what it holds; whose it is, the workloads know that read it. */
  private config(object: Fields, now: EpochMs): object[] {
    const key = keyOf('configmaps', object)
    const hash = hashOf([at(object, 'data'), at(object, 'binaryData')])
    const before = this.known.configs[key]
    this.known.configs[key] = hash
    if (before === undefined || before === hash) return []
    const readers = [...(this.readers.get(key)?.values() ?? [])]
    const services = new Set(readers.map(of => serviceOf(this.settings, of)))
    const own = readers.length === 0 && Object.keys(this.settings.services).length > 0 ? [key] : []
    return [
      ...[...services].map(service => readers.find(of => serviceOf(this.settings, of) === service)!),
      ...own,
    ].flatMap(of =>
      this.facts({
        id: [`ConfigMap/${key}`, hash, now],
        kind: 'config',
        of,
        title: `config map ${key.slice(key.indexOf('/') + 1)} is changed`,
        at: now,
      }),
    )
  }

  /** The fact, where its service and place count. */
  private facts(told: Told): object[] {
    const { cluster } = this.settings
    const hinted = `${told.of.split('/')[0]} ${cluster ?? ''}`
    const production = isWatched({ services: {}, scope: {} }, { ...told, hinted })
    const made = changeOf(this.settings, { ...told, environment: cluster, production })
    return typeof made === 'string' ? [] : [made]
  }

  private nodeOf(object: Fields, now: EpochMs): object[] {
    const name = keyOf('nodes', object)
    const conditions = at(object, 'status', 'conditions')
    const ready = (Array.isArray(conditions) ? conditions : []).find(each => at(each, 'type') === 'Ready') as unknown
    if (!isFields(ready) || name === '') return []
    const isReady = at(ready, 'status') === 'True'
    this.ready.set(name, isReady)
    return this.node(name, isReady, firstTime(at(ready, 'lastTransitionTime')) ?? now, lineAt(ready, 'reason'))
  }

  /** An alert while a node is not ready. */
  private node(name: string, isReady: boolean, since: EpochMs, reason?: string): object[] {
    const began = this.known.nodes[name]
    if (isReady === (began === undefined)) return []
    if (isReady) delete this.known.nodes[name]
    else this.known.nodes[name] = since
    const service = this.settings.nodes ?? this.settings.service
    if (service === undefined) return []
    const start = began ?? since
    return [
      {
        type: 'fact',
        via: 'alert',
        id: idOf(digest, 'node', name, start, isReady ? 'ready' : 'not ready'),
        service,
        at: Math.max(since, start),
        thread: idOf(digest, 'node', name),
        status: isReady ? 'resolved' : 'firing',
        severity: 'error',
        source: 'kubernetes',
        title: `node ${name} is ${isReady ? 'ready again or gone' : 'not ready'}${reason === undefined ? '' : ` (${reason})`}`,
        happenedAt: start,
        ...(isReady ? { endedAt: Math.max(since, start) } : {}),
        scope: { node: [name] },
      },
    ]
  }

  /** The workload whose name the name of a pod begins with, up to a dash; of several the longest. */
  private workloadOf(namespace: string, name: string): string | undefined {
    for (let own = name, n = 0; own !== '' && n <= SUFFIXES; n++) {
      const of = `${namespace}/${own}`
      if (Object.values(KINDS).some(kind => Object.hasOwn(this.known.workloads, `${kind}/${of}`))) return of
      own = own.slice(0, Math.max(0, own.lastIndexOf('-')))
    }
    return undefined
  }

  /** A warning belongs to the workload whose name its object's begins with. */
  private warn(object: Fields): void {
    if (at(object, 'type') !== 'Warning') return
    const involved = isFields(at(object, 'involvedObject'))
      ? fieldsAt(object, 'involvedObject')
      : fieldsAt(object, 'regarding')
    const [namespace, name] = [lineAt(involved, 'namespace') ?? '', lineAt(involved, 'name') ?? '']
    const reason = nameOf(at(object, 'reason'), REASON_CHARS) ?? 'unknown'
    const of = this.workloadOf(namespace, name)
    const service = of === undefined ? undefined : serviceOf(this.settings, of)
    if (service === undefined) return
    const known = this.warnings.size < REASONS || this.warnings.has(`${service}\n${reason}`)
    const key = `${service}\n${known ? reason : 'other'}`
    this.warnings.set(key, (this.warnings.get(key) ?? 0) + 1)
  }

  private noteReaders(key: string, namespace: string, template: unknown): void {
    for (const readers of this.readers.values()) readers.delete(key)
    for (const name of configsOf(template)) {
      const config = `${namespace}/${name}`
      const readers = this.readers.get(config) ?? new Map<string, string>()
      readers.set(key, key.slice(key.indexOf('/') + 1))
      this.readers.set(config, readers)
    }
  }
}

const fits = (known: Known): boolean => Buffer.byteLength(JSON.stringify(known)) <= STATE_CHARS

const gauge = (id: string, service: string, until: EpochMs, name: string, value: number, more: object): object => ({
  type: 'observation',
  via: 'gauge',
  id,
  service,
  at: until,
  labels: {},
  name,
  value,
  ...more,
})
