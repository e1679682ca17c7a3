import { PermanentError, TransientError } from '../../contract/error.js'
import { FEDERATION_INCIDENTS, FEDERATION_INSTANCES } from '../../contract/limits.js'
import { type Batch, type Plugin, type PluginEnv, plugin, type Source, type Stop } from '../../contract/plugin.js'
import { type EpochMs, MINUTE, SECOND } from '../../contract/time.js'
import { type Finding, type Followed, incidentsIn, keyOf, toldOfIncident } from './epicenter/findings.js'
import { apart, baseOf, hostOf, type Instance, listed } from './epicenter/instances.js'
import { type Kind, KINDS, lentBy } from './epicenter/signals.js'

export interface EpicenterConfig extends Partial<Instance> {
  /** Several, each with its own name, token and services. */
  instances?: Instance[]
  /** Address of a list of further ones. */
  list?: string
  /** What is read of each. */
  read: ('findings' | 'signals')[]
  /** Of which signals. */
  kinds: Kind[]
  /** Also signals that an instance read of others, with their origin. */
  relayed: boolean
  everySeconds: number
}

interface State {
  /** For whom: what another instance said is nothing to go on from. */
  of: Record<string, Reached>
}
/** How far one instance was read. */
interface Reached {
  /** Which services, as they were mapped. */
  for: string
  told: Followed
  next: number | null
}

/** Incidents that are read at once: more than that are open nowhere, and who was away so long is told the newest. */
const INCIDENTS_READ = 200
/** Two hundred stories of 80 kB each; longer answers are an error. */
const PEER_BYTES = 16 * 1024 * 1024
/** The list is asked again after so long; where it does not answer, those of before are read on. */
const LIST_MS = 15 * MINUTE

class Peer {
  readonly base: string
  readonly host: string
  private readonly name: string

  constructor(
    private readonly instance: Instance,
    private readonly config: EpicenterConfig,
    private readonly env: PluginEnv,
  ) {
    this.base = baseOf(instance.url)
    this.host = hostOf(this.base)
    this.name = instance.name ?? this.host
  }

  /** @param most incidents that are read */
  async poll(
    kept: Reached | undefined,
    most: number,
    stop: Stop,
  ): Promise<{ signals: object[]; reached: Reached } & { lagMs: number }> {
    const forWhom = JSON.stringify(this.services ?? null)
    const state = kept?.for === forWhom ? kept : { for: forWhom, told: {}, next: null }
    const { read, kinds, relayed } = this.config
    const signals: object[] = []
    const reached: Reached = { ...state }
    let lagMs = 0
    if (read.includes('signals')) {
      const lent = await lentBy(
        {
          page: query => this.ask(`/api/v1/exchange?${query}`, 'application/x-ndjson', 'exchange', stop),
          kinds,
          relayed,
          self: this.env.self?.instance ?? null,
          ours: theirs => this.ours(theirs),
          host: this.host,
        },
        state.next,
      )
      signals.push(...lent.signals)
      reached.next = lent.next
      if (lent.more && lent.at !== null) lagMs = Math.max(0, this.env.now() - lent.at)
    }
    if (read.includes('findings')) {
      const found = await this.findings(state.told, most, stop)
      signals.push(...found.signals)
      reached.told = found.told
    }
    return { signals, reached, lagMs }
  }

  private get services(): Instance['services'] {
    return this.instance.services ?? this.config.services
  }

  /** Ours that one of theirs stands for. */
  private ours(theirs: string): string[] {
    if (this.services === undefined) return [theirs]
    return this.services.filter(each => (each.theirs ?? each.service) === theirs).map(each => each.service)
  }

  private async findings(before: Followed, most: number, stop: Stop): Promise<{ signals: object[]; told: Followed }> {
    const told: Followed = {}
    const signals: object[] = []
    for (const incident of await this.incidents(most, stop))
      for (const service of this.ours(incident.service)) {
        const key = keyOf(service, incident.id)
        const place = { service, source: this.name, peer: this.host, base: this.base, seenAt: this.env.now() }
        signals.push(...toldOfIncident(incident, place, before[key] ?? -1))
        told[key] = incident.events.at(-1)?.seq ?? before[key] ?? -1
      }
    return { signals, told }
  }

  /** What it found itself, and nothing that it read of others: so no word comes back to whom it is from. */
  private async incidents(most: number, stop: Stop): Promise<Finding[]> {
    const found = incidentsIn(await this.ask(`/api/v1/incidents?limit=${most}`, 'application/json', 'read', stop))
    if (found === null) throw new TransientError(`${this.host} answered no list of incidents`, MINUTE)
    return found
  }

  private async ask(path: string, accept: string, scope: string, stop: Stop): Promise<string> {
    const { token } = this.instance
    const answer = await this.env.fetch(`${this.base}${path}`, {
      headers: { accept, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      redirect: 'follow',
      maxBytes: PEER_BYTES,
      signal: stop,
    })
    if (answer.ok) return answer.text()
    await answer.cancel()
    if (answer.status === 401 || answer.status === 403)
      throw new PermanentError(`${this.host} answered ${answer.status}: it asks for a token with the scope ${scope}`)
    throw new TransientError(`${this.host} answered ${answer.status}`, MINUTE)
  }
}

class Federation {
  private found: { all: Instance[]; askedAt: EpochMs; unread: string | null } | null = null

  constructor(
    private readonly config: EpicenterConfig,
    private readonly env: PluginEnv,
  ) {}

  async poll(kept: unknown, stop: Stop): Promise<Batch> {
    const { of = {} } = (kept as Partial<State> | undefined) ?? {}
    const { all, unread } = await this.instances(stop)
    const most = Math.max(1, Math.min(INCIDENTS_READ, Math.floor(FEDERATION_INCIDENTS / Math.max(1, all.length))))
    const signals: object[] = []
    const next: State['of'] = {}
    const failed: { why: string; error: unknown }[] = []
    let lagMs = 0
    for (const instance of all) {
      const peer = new Peer(instance, this.config, this.env)
      try {
        const read = await peer.poll(of[peer.base], most, stop)
        signals.push(...read.signals)
        next[peer.base] = read.reached
        lagMs = Math.max(lagMs, read.lagMs)
      } catch (error) {
        if (stop.aborted) throw error
        failed.push({ why: (error as Error).message, error })
        if (of[peer.base] !== undefined) next[peer.base] = of[peer.base]!
      }
    }
    // One that cannot be read takes nothing from the others.
    if (failed.length > 0 && failed.length === all.length) {
      if (all.length === 1) throw failed[0]!.error
      throw new TransientError(`none of ${all.length} instances can be read: ${failed[0]!.why}`, MINUTE)
    }
    const whys = [...failed.map(each => each.why), ...(unread === null ? [] : [unread])]
    const said = whys.length === 0 ? {} : { unread: whys.join('; ').slice(0, 500) }
    return { signals, state: { of: next } satisfies State, lagMs, ...said }
  }

  private async instances(stop: Stop): Promise<{ all: Instance[]; unread: string | null }> {
    const { url, name, token, services, instances = [], list } = this.config
    const only = { ...(name === undefined ? {} : { name }), ...(token === undefined ? {} : { token }) }
    const own = url === undefined ? instances : [{ url, ...only, ...(services === undefined ? {} : { services }) }]
    const self = this.env.self?.url ?? null
    if (list === undefined) return { all: apart(own, self), unread: null }
    const now = this.env.now()
    const { found } = this
    if (found === null || now - found.askedAt >= LIST_MS || now < found.askedAt) {
      try {
        const read = await listed(list, this.env, stop)
        const unread =
          read.more === 0 ? null : `${read.more} of the list are left out: ${FEDERATION_INSTANCES} are read`
        this.found = { all: read.found, askedAt: now, unread }
      } catch (error) {
        if (found === null && own.length === 0) throw error
        // Those of before are read on, and it is asked again at the next turn.
        this.found = { all: found?.all ?? [], askedAt: now - LIST_MS, unread: (error as Error).message }
      }
    }
    const { all, unread } = this.found!
    return { all: apart([...own, ...all], self).slice(0, FEDERATION_INSTANCES), unread }
  }
}

const SERVICES = {
  type: 'array',
  minItems: 1,
  maxItems: 1_000,
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['service'],
    properties: {
      service: { type: 'string', role: 'service' },
      theirs: { type: 'string', minLength: 1, maxLength: 100 },
    },
  },
}
const INSTANCE = {
  url: { type: 'string', pattern: '^https?://' },
  services: SERVICES,
  name: { type: 'string', minLength: 1, maxLength: 200 },
  token: { type: 'string', minLength: 1, maxLength: 300, writeOnly: true },
}

const epicenter: Plugin<'source', EpicenterConfig, Source> = plugin({
  kind: 'source',
  name: 'epicenter',
  summary: 'what other instances found, and the signals that they lend: one instance, several, or all of a list',
  oneSpace: true,
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      ...INSTANCE,
      instances: {
        type: 'array',
        minItems: 1,
        maxItems: FEDERATION_INSTANCES,
        items: { type: 'object', additionalProperties: false, required: ['url'], properties: INSTANCE },
      },
      list: { type: 'string', pattern: '^https?://' },
      read: { type: 'array', minItems: 1, items: { enum: ['findings', 'signals'] }, default: ['findings'] },
      kinds: {
        type: 'array',
        minItems: 1,
        items: { enum: [...KINDS] },
        default: ['check', 'metric', 'gauge', 'change'],
      },
      relayed: { type: 'boolean', default: false },
      everySeconds: { type: 'number', minimum: 5, maximum: 86_400, default: 60 },
    },
  },
  check: ({ url, instances, list, token, name }) => {
    if ((url === undefined) === (instances === undefined && list === undefined))
      return [
        {
          path: 'url',
          rule: 'either url, or instances, list or both',
          value: url === undefined ? 'none of them' : 'more than one',
        },
      ]
    if (url === undefined && (token ?? name) !== undefined)
      return [
        {
          path: 'token',
          rule: 'name and token stand with each of instances: no other is sent one',
          value: '(not shown)',
        },
      ]
    const all = [url, list, ...(instances ?? []).map(each => each.url)]
    return all.flatMap(each =>
      each === undefined || URL.canParse(each)
        ? []
        : [{ path: 'url', rule: 'a whole address, such as https://status.example.org', value: each }],
    )
  },
  async open(config, env): Promise<Source> {
    const federation = new Federation(config, env)
    return {
      everyMs: config.everySeconds * SECOND,
      poll: (state, stop) => federation.poll(state, stop),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default epicenter
