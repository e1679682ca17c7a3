import { PermanentError, TransientError } from '../../contract/error.js'
import { type Batch, type Plugin, type PluginEnv, plugin, type Source, type Stop } from '../../contract/plugin.js'
import { MINUTE, SECOND } from '../../contract/time.js'
import { type Finding, type Followed, incidentsIn, toldOfIncident } from './epicenter/findings.js'
import { withoutEnd } from '../shared/text.js'

export interface EpicenterConfig {
  /** Address of the other instance, as its readers know it. */
  url: string
  /** Which of its services are which of ours; none: all of them, under the ids that they have there. */
  services?: { service: string; theirs?: string }[]
  /** Who says it; the host, if not given. */
  name?: string
  /** A token of the other instance that may read, where it is private. */
  token?: string
  everySeconds: number
}

interface State {
  /** Where from and for whom: what another instance said is nothing to go on from. */
  from: string
  told: Followed
}

/** Incidents that are read at once: more than that are open nowhere, and who was away so long is told the newest. */
const INCIDENTS_READ = 200
/** Two hundred stories of 80 kB each; longer answers are an error. */
const PEER_BYTES = 16 * 1024 * 1024

const plainHost = (url: string): string => new URL(url).host.replace(/^www\./, '')

class Peer {
  private readonly base: string
  private readonly from: string
  private readonly name: string

  constructor(
    private readonly config: EpicenterConfig,
    private readonly env: PluginEnv,
  ) {
    this.base = withoutEnd(config.url, '/')
    this.from = `${this.base} ${JSON.stringify(config.services ?? null)}`
    this.name = config.name ?? plainHost(config.url)
  }

  async poll(kept: unknown, stop: Stop): Promise<Batch> {
    const state = (kept as State | undefined)?.from === this.from ? (kept as State) : null
    const found = await this.incidents(stop)
    const told: Followed = {}
    const signals: unknown[] = []
    for (const incident of found) {
      for (const service of this.ours(incident.service)) {
        const key = `${service} ${incident.id}`
        const before = state?.told[key] ?? -1
        const place = {
          service,
          source: this.name,
          peer: plainHost(this.base),
          base: this.base,
          seenAt: this.env.now(),
        }
        signals.push(...toldOfIncident(incident, place, before))
        told[key] = incident.events.at(-1)?.seq ?? before
      }
    }
    return { signals, state: { from: this.from, told } satisfies State }
  }

  /** Ours that one of theirs stands for. */
  private ours(theirs: string): string[] {
    const { services } = this.config
    if (services === undefined) return [theirs]
    return services.filter(each => (each.theirs ?? each.service) === theirs).map(each => each.service)
  }

  /** What it found itself, and nothing that it read of others: so no word comes back to whom it is from. */
  private async incidents(stop: Stop): Promise<Finding[]> {
    const answer = await this.env.fetch(`${this.base}/api/v1/incidents?limit=${INCIDENTS_READ}`, {
      headers: {
        accept: 'application/json',
        ...(this.config.token === undefined ? {} : { authorization: `Bearer ${this.config.token}` }),
      },
      redirect: 'follow',
      maxBytes: PEER_BYTES,
      signal: stop,
    })
    const { host } = new URL(this.base)
    if (answer.status === 401 || answer.status === 403) {
      await answer.cancel()
      throw new PermanentError(`${host} answered ${answer.status}: it asks for a token that may read`)
    }
    if (!answer.ok) {
      await answer.cancel()
      throw new TransientError(`${host} answered ${answer.status}`, MINUTE)
    }
    const found = incidentsIn(await answer.text())
    if (found === null) throw new TransientError(`${host} answered no list of incidents`, MINUTE)
    return found
  }
}

const epicenter: Plugin<'source', EpicenterConfig, Source> = plugin({
  kind: 'source',
  name: 'epicenter',
  summary: 'what another instance found: its incidents in its words, with their parts, segments and severity',
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['url'],
    properties: {
      url: { type: 'string', pattern: '^https?://' },
      services: {
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
      },
      name: { type: 'string', minLength: 1, maxLength: 200 },
      token: { type: 'string', minLength: 1, maxLength: 300, writeOnly: true },
      everySeconds: { type: 'number', minimum: 10, maximum: 86_400, default: 60 },
    },
  },
  check: ({ url }) =>
    URL.canParse(url) ? [] : [{ path: 'url', rule: 'a whole address, such as https://status.example.org', value: url }],
  async open(config, env): Promise<Source> {
    const peer = new Peer(config, env)
    return {
      everyMs: config.everySeconds * SECOND,
      poll: (state, stop) => peer.poll(state, stop),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default epicenter
