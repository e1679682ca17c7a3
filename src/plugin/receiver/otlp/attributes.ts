import type { Reader } from 'protobufjs'
import { type Ids, Texts, visitSpan } from './packed.js'
import { fieldsOf, listOf, textOf } from './value.js'

/**
 * What of attributes is read, whichever version of the semantic conventions (https://opentelemetry.io/docs/specs/semconv)
 * names it. Of several names the first that is there counts.
 */
const NAMES = {
  route: ['http.route'],
  method: ['http.request.method', 'http.method'],
  status: ['http.response.status_code', 'http.status_code'],
  rpcSystem: ['rpc.system.name', 'rpc.system'],
  rpcService: ['rpc.service'],
  rpcMethod: ['rpc.method'],
  rpcStatus: ['rpc.response.status_code', 'rpc.grpc.status_code'],
  messaging: ['messaging.system'],
  destination: ['messaging.destination.name', 'messaging.destination'],
  template: ['messaging.destination.template'],
  temporary: ['messaging.destination.temporary', 'messaging.destination.anonymous'],
  database: ['db.system.name', 'db.system'],
  databaseName: ['db.namespace', 'db.name'],
  peer: ['service.peer.name', 'peer.service'],
  error: ['error.type'],
  probability: ['sampling.probability'],
  pool: ['db.client.connection.pool.name', 'jvm.memory.pool.name', 'pool.name'],
  state: ['db.client.connection.state', 'system.memory.state', 'system.filesystem.state', 'state'],
} as const
export type Slot = keyof typeof NAMES

/** Label → names of attributes, the first that is there counts; looked for in the span or point, then in its resource. */
export type LabelNames = Readonly<Record<string, readonly string[]>>
export const LABELS: LabelNames = {
  region: ['cloud.region'],
  zone: ['cloud.availability_zone'],
  environment: ['deployment.environment.name', 'deployment.environment'],
  version: ['service.version'],
}
/** Labels that this receiver sets itself. */
export const OWN_LABELS = ['component', 'operation', 'pool'] as const

const SLOTS = Object.keys(NAMES) as Slot[]
const INDEX = Object.fromEntries(SLOTS.map((slot, i) => [slot, i])) as Record<Slot, number>

/** A name, and where its value goes. */
interface Wanted {
  text: string
  places: { at: number; rank: number }[]
}

/** Reads the attributes of one thing after the other into places that are used again. */
export class Attributes {
  readonly labels: readonly string[]
  private readonly places = new Map<string, Wanted>()
  private readonly packed = new Texts<Wanted>(null)
  private readonly values: (string | undefined)[]
  private readonly ranks: number[]

  /** @param own further names to be read by {@link own}, as settings have them */
  constructor(labels: LabelNames, own: readonly string[]) {
    this.labels = Object.keys(labels)
    const all = [...SLOTS.map(slot => NAMES[slot]), ...Object.values(labels), ...own.map(name => [name])]
    for (const [at, names] of all.entries())
      for (const [rank, name] of names.entries()) {
        const there = this.places.get(name)
        if (there === undefined) this.places.set(name, { text: name, places: [{ at, rank }] })
        else there.places.push({ at, rank })
      }
    for (const each of this.places.values()) this.packed.set(each)
    this.values = all.map(() => undefined)
    this.ranks = all.map(() => 0)
    this.ownFrom = SLOTS.length + this.labels.length
    this.ownNames = own
  }
  private readonly ownFrom: number
  private readonly ownNames: readonly string[]

  /** Those of a span that is packed between two places, in the field of this tag; its ids are left in `ids`. */
  readPacked(reader: Reader, tag: number, span: readonly [number, number], ids: Ids): void {
    this.values.fill(undefined)
    visitSpan(reader, tag, span, this.packed, this.put, ids)
  }

  read(attributes: unknown): void {
    const { values, places } = this
    values.fill(undefined)
    for (const attribute of listOf(attributes)) {
      const { key, value } = fieldsOf(attribute)
      const found = typeof key === 'string' ? places.get(key) : undefined
      if (found === undefined) continue
      const text = textOf(value)
      if (text !== undefined) this.put(found, text)
    }
  }

  private readonly put = ({ places }: Wanted, text: string): void => {
    const { values, ranks } = this
    for (const { at, rank } of places)
      if (values[at] === undefined || rank < ranks[at]!) {
        values[at] = text
        ranks[at] = rank
      }
  }

  get(slot: Slot): string | undefined {
    return this.values[INDEX[slot]]
  }

  /** Value of the label at this place of {@link labels}. */
  label(at: number): string | undefined {
    return this.values[SLOTS.length + at]
  }

  /** Value of an attribute that the settings name. */
  own(name: string): string | undefined {
    return this.values[this.ownFrom + this.ownNames.indexOf(name)]
  }
}

/** A method that is one; others would be names of a stranger's choice. */
const METHOD = /^[A-Z]{3,10}$/
/** Numbers and codes within a name: it is one of very many, as `GET /orders/81723`. */
const [NUMBER, HEX] = [/\d{3,}|[\da-f]{8}-/i, /[\da-f]{8,}/gi]
const isIdLike = (name: string): boolean => NUMBER.test(name) || (name.match(HEX) ?? []).some(each => /\d/.test(each))

/** What was asked for, as a name of which there are few; undefined where there is none. `name`: of the span, if it is one. */
export function operationOf(a: Attributes, name?: string): string | undefined {
  const [route, method] = [a.get('route'), a.get('method')]
  if (route !== undefined) return method !== undefined && METHOD.test(method) ? `${method} ${route}` : route
  // A path without its pattern names one of very many.
  if (method !== undefined || a.get('status') !== undefined) return undefined
  const rpc = a.get('rpcMethod')
  if (rpc !== undefined) {
    const service = a.get('rpcService')
    return service === undefined || rpc.includes('/') ? rpc : `${service}/${rpc}`
  }
  const queue = destinationOf(a)
  if (queue !== undefined) return queue
  return name === undefined || name === '' || a.get('messaging') !== undefined || isIdLike(name) ? undefined : name
}

/** The queue or topic, unless it is of one client or one moment. */
export const destinationOf = (a: Attributes): string | undefined =>
  a.get('template') ?? (a.get('temporary') === 'true' ? undefined : a.get('destination'))

/** Of what protocol it is: of one request there may be a span and a metric of the same. */
export const familyOf = (a: Attributes): 'http' | 'rpc' | 'messaging' | 'other' =>
  a.get('method') !== undefined || a.get('status') !== undefined
    ? 'http'
    : a.get('rpcSystem') !== undefined || a.get('rpcMethod') !== undefined
      ? 'rpc'
      : a.get('messaging') !== undefined
        ? 'messaging'
        : 'other'

/** Codes of gRPC that are the server's failure, by number and by name (semantic conventions for RPC, "gRPC status"). */
const RPC_FAILURES = new Set(['2', '4', '12', '13', '14', '15'])
for (const name of ['UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS'])
  RPC_FAILURES.add(name)

/**
 * Whether a request failed by the server's fault: a status that counts as that (5xx, and what the settings name), a code of gRPC that
 * says so, or, where there is no code, an error that was marked. Other 4xx are answers, even where somebody marked them.
 */
export function isFailure(a: Attributes, marked: boolean, failing: ReadonlySet<number>): boolean {
  const status = a.get('status')
  if (status !== undefined) return failing.has(Number(status)) || (marked && !status.startsWith('4'))
  const rpc = a.get('rpcStatus')
  if (rpc !== undefined) return RPC_FAILURES.has(rpc)
  return marked || a.get('error') !== undefined
}
