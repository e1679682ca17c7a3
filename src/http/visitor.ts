import type { FastifyRequest } from 'fastify'
import type { Config } from '../contract/config.js'
import type { App } from '../shell/app.js'
import { clientAddress, rangesOf } from '../shell/visitors/address.js'
import { circlesOf } from '../shell/visitors/circles.js'
import { Geoip, NOWHERE, type Place } from '../shell/visitors/geoip.js'
import { HOUSE } from './front/head.js'
import type { Visitor } from '../shell/visitors/reporters.js'
import type { Circles } from '../shell/visitors/shares.js'
import type { Traits } from './pages/service/just-me.js'

/** Cloudflare writes XX for unknown and T1 for Tor; others leave the header out. */
const NO_COUNTRY = new Set(['XX', 'T1', 'ZZ'])
const COUNTRIES = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })
/** Browsers write up to a few hundred characters. */
const AGENT_READ_CHARS = 1_000

/** A code of two letters that names a country; null for anything else. */
export function countryOf(text: string | undefined): string | null {
  const code = text?.trim().toUpperCase() ?? ''
  return /^[A-Z]{2}$/.test(code) && !NO_COUNTRY.has(code) && COUNTRIES.of(code) !== undefined ? code : null
}

/** What people use, as far as their browser says: a program that is no browser says nothing of a person. */
export function platformOf(agent: string | undefined): 'ios' | 'android' | 'web' | null {
  const text = (agent ?? '').slice(0, AGENT_READ_CHARS)
  if (/\b(?:iPhone|iPad|iPod)\b/.test(text)) return 'ios'
  if (/\bAndroid\b/.test(text)) return 'android'
  return text.startsWith('Mozilla/') ? 'web' : null
}

/** Reads who asks from a request: what strangers write into headers is believed of no one, what our proxies write is. */
export class Visitors {
  readonly #isProxy: (address: string) => boolean

  /** @param geoip says where an address is; null: nobody does */
  constructor(
    private readonly config: Pick<Config, 'proxies' | 'asnHeader' | 'countryHeader'>,
    private readonly geoip: Pick<Geoip, 'of'> | null = null,
  ) {
    this.#isProxy = rangesOf(config.proxies)
  }

  /** For counting: hashed by `Reporters`, never kept. */
  visitor(request: FastifyRequest, pass: string | null): Visitor {
    const { headers } = request
    return {
      address: this.address(request),
      agent: `${headers['user-agent'] ?? ''} ${headers['accept-language'] ?? ''}`,
      asn: this.asn(request),
      pass,
    }
  }

  /** For shares: by where it comes from, network first. */
  circles(request: FastifyRequest): Circles {
    return circlesOf(this.address(request), this.asn(request))
  }

  /** This server asking itself, by the front or for a proxy of ours. */
  isOurs(request: FastifyRequest): boolean {
    const address = this.address(request)
    return address === HOUSE || this.#isProxy(address)
  }

  /** Of the visitor, as far as our proxies say it. */
  address({ headers, socket }: FastifyRequest): string {
    const forwarded = headers['x-forwarded-for']
    return clientAddress(
      socket.remoteAddress ?? '',
      Array.isArray(forwarded) ? forwarded.join(',') : forwarded,
      this.#isProxy,
    )
  }

  /** The number of the visitor's network, without letters; what a proxy of ours says comes before what a database says. */
  asn(request: FastifyRequest): string | null {
    const said = this.#said(request, this.config.asnHeader)
    return said !== undefined && /^(AS)?\d{1,10}$/i.test(said) ? said.replace(/^AS/i, '') : this.#place(request).asn
  }

  /** The part of a country that the visitor's address lies in, `Bavaria, DE`; null where it lies in another country. */
  region(request: FastifyRequest, country: string | undefined): string | null {
    const place = this.#place(request)
    return place.country !== null && place.country === country ? place.region : null
  }

  /** What can be guessed without knowing who it is. */
  hints(request: FastifyRequest): Traits {
    const said = countryOf(this.#said(request, this.config.countryHeader))
    const country = said ?? countryOf(this.#place(request).country ?? undefined)
    const platform = platformOf(request.headers['user-agent'])
    const asn = this.asn(request)
    return {
      ...(country === null ? {} : { country }),
      ...(platform === null ? {} : { platform }),
      ...(asn === null ? {} : { asn: `AS${asn}` }),
    }
  }

  #place(request: FastifyRequest): Place {
    return this.geoip?.of(this.address(request)) ?? NOWHERE
  }

  #said({ headers, socket }: FastifyRequest, name: string | null): string | undefined {
    const said = name !== null && this.#isProxy(socket.remoteAddress ?? '') ? headers[name] : undefined
    return typeof said === 'string' ? said : undefined
  }
}

/** With the databases of the configuration. @throws Error where one cannot be read */
export async function openVisitors({
  config,
  evenEnv,
  env,
}: Pick<App, 'config' | 'evenEnv' | 'env'>): Promise<Visitors> {
  if (config.geoip === null) return new Visitors(config)
  const log = (what: string, detail: Record<string, unknown>) => env.log('warn', what, detail)
  return new Visitors(config, await Geoip.open(config.geoip, () => evenEnv.now(), log))
}
