import { TransientError } from '../../contract/error.js'
import {
  type Batch,
  type Fetched,
  type Plugin,
  type PluginEnv,
  plugin,
  type Source,
  type Stop,
} from '../../contract/plugin.js'
import { MINUTE, SECOND } from '../../contract/time.js'
import { SAID_AGAIN_MS, NOTICES, saidBy, type Told } from './vendor-page/facts.js'
import { decoded } from './vendor-page/fields.js'
import { type KindName, KINDS, kindOf } from './vendor-page/kinds.js'
import { narrowed } from './vendor-page/narrow.js'

/** Whose page it is: one page may say things of several services, and is fetched once for all of them. */
export interface VendorReader {
  service: string
  /** Its parts, by name, by id or by how their names begin; none: the whole page. */
  components?: string[]
}

export interface VendorConfig {
  /** Whose software the page is: one of {@link KINDS}. */
  platform: KindName
  url: string
  /** The page's id at its host, for kinds that need one. */
  page?: string
  services: VendorReader[]
  /** Who says it; the host of the page, if not given. */
  name?: string
  everySeconds: number
}

/** What was read last, and what of it was told to whom. */
interface State {
  /** Where from and for whom: what another page said is nothing to go on from. */
  from: string
  etag?: string
  modified?: string
  told: Record<string, Told>
}

/** Pause before a page is asked again after a failure, where it does not say. */
const PAGE_RETRY_MS = MINUTE
/** The longest pause, whatever a page asks for. */
const RETRY_MOST_MS = 60 * MINUTE
/** Pages have megabytes where they carry years. */
const VENDOR_PAGE_BYTES = 16 * 1024 * 1024

const plainHost = (url: string): string => new URL(url).host.replace(/^www\./, '')

function askedWith({ etag, modified }: Partial<State>): Record<string, string> {
  return {
    accept: 'application/json, application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.5',
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
    ...(modified === undefined ? {} : { 'if-modified-since': modified }),
  }
}

/** How long a page wants to be left alone; a date is as good as no number. */
function pauseOf(answer: Fetched): number {
  const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN)
  return seconds > 0 ? Math.min(seconds * SECOND, RETRY_MOST_MS) : PAGE_RETRY_MS
}

const isFresh = ({ told }: State, now: number): boolean =>
  Object.values(told).every(({ pageAt = 0 }) => now - pageAt < SAID_AGAIN_MS)

class Page {
  /** A host that was named as the new one: once is enough. */
  private movedTo: string | null = null
  private readonly address: string
  private readonly from: string

  constructor(
    private readonly config: VendorConfig,
    private readonly env: PluginEnv,
  ) {
    this.address = kindOf(config.platform).data(config.url, config.page)
    this.from = `${config.platform} ${this.address} ${JSON.stringify(config.services)}`
  }

  async poll(kept: unknown, stop: Stop): Promise<Batch> {
    const state = (kept as State | undefined)?.from === this.from ? (kept as State) : null
    const answer = await this.env.fetch(this.address, {
      // Once a day it is asked for whole: "as before" says too little to be said again.
      headers: askedWith(state && isFresh(state, this.env.now()) ? state : {}),
      redirect: 'follow',
      maxBytes: VENDOR_PAGE_BYTES,
      signal: stop,
    })
    if (answer.status === 304 && state) {
      await answer.cancel()
      return { signals: [], state }
    }
    const { host } = new URL(this.address)
    const away = plainHost(answer.url) === plainHost(this.address) ? null : plainHost(answer.url)
    const moved = away === null ? '' : `; it was sent on to ${away}`
    if (!answer.ok) {
      await answer.cancel()
      throw new TransientError(`${host} answered ${answer.status}${moved}`, pauseOf(answer))
    }
    const reading = kindOf(this.config.platform).parse(decoded(await answer.bytes()), this.config.url)
    // Of a page that cannot be read nothing is known: that it was well the last time is no word about now.
    if (!reading.readable) throw new TransientError(`${host}: ${reading.reason}${moved}`, PAGE_RETRY_MS)
    if (away !== null && away !== this.movedTo) {
      this.movedTo = away
      this.env.log('warn', `a status page moved`, { from: host, to: away })
    }
    const told: State['told'] = {}
    const signals = this.config.services.flatMap(({ service, components = [] }) => {
      const said = saidBy(
        narrowed(reading, components),
        { service, source: this.config.name ?? plainHost(this.config.url), seenAt: this.env.now() },
        state?.told[service] ?? { notices: {} },
        Math.floor(NOTICES / this.config.services.length),
      )
      told[service] = said.told
      return said.signals
    })
    const etag = answer.headers.get('etag')
    const modified = answer.headers.get('last-modified')
    const tags = { ...(etag === null ? {} : { etag }), ...(modified === null ? {} : { modified }) }
    return { signals, state: { from: this.from, ...tags, told } satisfies State }
  }
}

const vendorPage: Plugin<'source', VendorConfig, Source> = plugin({
  kind: 'source',
  name: 'vendor-page',
  summary: "what a vendor's status page says, word by word, with its parts, its planned work and how bad it calls it",
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['platform', 'url', 'services'],
    properties: {
      platform: { type: 'string', enum: Object.keys(KINDS) },
      url: { type: 'string', pattern: '^https?://' },
      page: { type: 'string', minLength: 1, maxLength: 80 },
      services: {
        type: 'array',
        minItems: 1,
        maxItems: 40,
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['service'],
          properties: {
            service: { type: 'string', role: 'service' },
            components: { type: 'array', items: { type: 'string', minLength: 1 }, maxItems: 40 },
          },
        },
      },
      name: { type: 'string', minLength: 1, maxLength: 200 },
      everySeconds: { type: 'number', minimum: 30, maximum: 86_400, default: 120 },
    },
  },
  check: ({ platform, url, page, services }) => {
    if (!URL.canParse(url))
      return [{ path: 'url', rule: 'a whole address, such as https://status.example.org', value: url }]
    const { needsPage } = kindOf(platform)
    if ((needsPage === true) !== (page !== undefined))
      return [
        needsPage
          ? { path: 'page', rule: `the id of the page, which ${platform} needs`, value: 'none' }
          : { path: 'page', rule: `nothing: ${platform} is found by its address`, value: page ?? '' },
      ]
    const twice = services.findIndex(({ service }, n) => services.findIndex(each => each.service === service) < n)
    return twice < 0
      ? []
      : [{ path: `services[${twice}].service`, rule: 'a service once', value: services[twice]?.service ?? '' }]
  },
  async open(config, env): Promise<Source> {
    const page = new Page(config, env)
    return {
      everyMs: config.everySeconds * SECOND,
      poll: (state, stop) => page.poll(state, stop),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default vendorPage
