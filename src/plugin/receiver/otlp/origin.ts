import { SERVICE_CHARS } from '../../../contract/limits.js'
import type { Labels } from '../../../contract/signal.js'
import { type EpochMs, MINUTE } from '../../../contract/time.js'
import type { Attributes } from './attributes.js'
import { type Book, cleaned } from './book.js'
import type { Facet } from './tally.js'
import { fieldsOf, hashOf, keyOf, listOf, mix, textOf } from './value.js'

/** Who sends: one resource. */
export interface Origin {
  /** Its `service.name`. */
  name: string
  /** The service that it is, or is a part of. */
  service: string
  /** Present where it is a part: operations are then a label beside. */
  component: string | undefined
  /** Hash of all its attributes. */
  key: [number, number]
  labels: readonly (string | undefined)[]
  facets: Map<string, Facet>
  /** By stream, for metrics: of a point nothing is looked up twice. */
  streams: Map<number, { facet: Facet; failed: boolean }>
}

export interface NamingConfig {
  /** Everything is of this one service, and each `service.name` a component of it. */
  service?: string
  /** `service.name` → the service that it is a component of. */
  services: Readonly<Record<string, string>>
}

/** Facets of one resource that are remembered; each is made anew beyond. */
export const FACETS = 1_000
/** Resources that are remembered, and for how long: their values are heard of again then. */
const ORIGINS = 2_000
/** Shorter than what their values are remembered for. */
const ORIGINS_MS = 10 * MINUTE

/** Which service, component and labels something is told of. */
export class Naming {
  private readonly shared: ReadonlySet<string>
  private readonly origins = new Map<number, Origin | null>()
  private clearedAt: EpochMs = Number.NEGATIVE_INFINITY

  constructor(
    private readonly config: NamingConfig,
    private readonly attributes: Attributes,
    private readonly book: Book,
  ) {
    const targets = Object.values(config.services)
    this.shared = new Set(targets.filter((each, i) => targets.indexOf(each) !== i))
  }

  /** Called before each request. */
  turn(now: EpochMs): void {
    if (now - this.clearedAt < ORIGINS_MS) return
    this.clearedAt = now
    this.origins.clear()
  }

  /** Null where it does not say which service it is. */
  origin(resource: unknown, sender: readonly [number, number]): Origin | null {
    const key: [number, number] = [sender[0], sender[1]]
    let named: string | undefined
    for (const each of listOf(resource)) {
      const { key: name, value } = fieldsOf(each)
      if (typeof name !== 'string') continue
      const text = textOf(value)
      if (name === 'service.name') named = text
      addHash(key, name, text)
    }
    const at = keyOf(...key)
    const known = this.origins.get(at)
    if (known !== undefined) return known
    const origin = this.originOf(resource, named, key)
    if (this.origins.size < ORIGINS) this.origins.set(at, origin)
    return origin
  }

  private originOf(resource: unknown, named: string | undefined, key: [number, number]): Origin | null {
    const { attributes } = this
    attributes.read(resource)
    // What an SDK says where nobody named it is no name.
    const name =
      named === undefined || /^unknown_service(?::|$)/.test(named) ? undefined : cleaned(named, SERVICE_CHARS)
    if (name === undefined && this.config.service === undefined) return null
    const target =
      name === undefined || !Object.hasOwn(this.config.services, name) ? undefined : this.config.services[name]
    const service = target ?? this.config.service ?? name!
    const isPart = target === undefined ? this.config.service !== undefined : target !== name || this.shared.has(target)
    return {
      name: name ?? service,
      service,
      component: isPart ? name : undefined,
      key,
      labels: attributes.labels.map((_, i) => attributes.label(i)),
      facets: new Map(),
      streams: new Map(),
    }
  }

  /** Of the attributes that were read last, those of a span or point of this origin. */
  facet(origin: Origin, operation: string | undefined, pool?: string): Facet {
    const { attributes } = this
    let raw = operation ?? ''
    if (pool !== undefined) raw += `\0${pool}`
    for (let i = 0; i < attributes.labels.length; i++) {
      const value = attributes.label(i)
      if (value !== undefined) raw += `\u0001${i}${value}`
    }
    const known = origin.facets.get(raw)
    if (known !== undefined) return known
    const facet = this.made(origin, operation, pool)
    if (origin.facets.size < FACETS) origin.facets.set(raw, facet)
    return facet
  }

  private made(origin: Origin, operation: string | undefined, pool: string | undefined): Facet {
    const { attributes, book } = this
    const { service, component } = origin
    const labels: Labels = {}
    const set = (label: string, text: string | undefined) => {
      const value = text === undefined ? undefined : book.value(service, label, text)
      if (value !== undefined) labels[label] = value
    }
    for (const [i, label] of attributes.labels.entries()) set(label, attributes.label(i) ?? origin.labels[i])
    set('component', component)
    const whole = { service, labels: { ...labels }, key: `${service}\0${JSON.stringify(labels)}` }
    set(component === undefined ? 'component' : 'operation', operation)
    set('pool', pool)
    return { service, labels, key: `${service}\0${JSON.stringify(labels)}`, whole }
  }
}

/** Adds an attribute to a hash that does not depend on their order. */
export function addHash(key: [number, number], name: string, text: string | undefined): void {
  let named = NAMED.get(name)
  if (named === undefined) {
    named = hashOf(name)
    if (NAMED.size < NAMES) NAMED.set(name, named)
  }
  let [a, b] = named
  if (text !== undefined)
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i)
      a = Math.imul(a ^ c, 0x01000193)
      b = Math.imul(b ^ c, 0x5bd1e995) ^ (b >>> 15)
    }
  key[0] = (key[0] + mix(a)) >>> 0
  key[1] = (key[1] + mix(b ^ 0x5bd1e995)) >>> 0
}
/** Hashes of names of attributes, of which there are few. */
const NAMED = new Map<string, [number, number]>()
/** That are remembered. */
const NAMES = 1_000
