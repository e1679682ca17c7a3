import { type Attributes, destinationOf, familyOf, isFailure, operationOf } from './attributes.js'
import { RANKS } from './claims.js'
import type { Edges, Node } from './edges.js'
import type { Origin } from './origin.js'
import type { Ids } from './packed.js'
import type { Context } from './reading.js'
import { SPAN_ATTRIBUTES } from './schema.js'
import type { Tally } from './tally.js'
import { enumOf, fieldsOf, idOf, keyOf, mix, msOf } from './value.js'
import type { Bytes } from './wire.js'

/** As it stands before each attribute of a packed span. */
const ATTRIBUTES_TAG = SPAN_ATTRIBUTES * 8 + 2
/** By their numbers in the protocol. */
const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const
const STATUSES = ['UNSET', 'OK', 'ERROR'] as const
/** Systems that answer from what they remember. */
const CACHES = new Set(['redis', 'memcached', 'valkey', 'hazelcast', 'dragonfly'])
/** A sample of less than this is a mistake. */
const SMALLEST_PROBABILITY = 2 ** -20

/** Counts spans in which a service answered somebody or took a message; others only tell who stands on whom. */
export class SpanReader {
  private readonly ids: Ids = { trace: 0, own: [0, 0], parent: [0, 0] }

  constructor(
    private readonly context: Context,
    private readonly tally: Tally,
    private readonly edges: Edges,
  ) {}

  /** `bytes`: where its attributes lie, if it was packed. */
  span(origin: Origin, item: unknown, bytes?: Bytes): void {
    const span = fieldsOf(item)
    const kind = KINDS[enumOf(span['kind'], KINDS)]
    if (kind === undefined || kind === 'UNSPECIFIED' || kind === 'INTERNAL') return
    const { context, edges } = this
    const { attributes } = context
    const { ids } = this
    if (bytes === undefined) {
      attributes.read(span['attributes'])
      ids.trace = idOf(span['traceId'], 24)[0]
      ids.own = idOf(span['spanId'])
      ids.parent = idOf(span['parentSpanId'])
    } else attributes.readPacked(bytes.reader, ATTRIBUTES_TAG, bytes.span, ids)
    const [a, b] = ids.own
    if (a === 0 && b === 0) return context.refuse('otlp.span', 'a span has an id of 8 bytes')
    if (kind === 'SERVER' || kind === 'CONSUMER') this.count(origin, span, a, b)
    if (!edges.looksAt(ids.trace)) return
    if (kind === 'SERVER') edges.server(origin, keyOf(...ids.parent))
    else if (kind === 'CLIENT') edges.client(origin, keyOf(a, b), nodeOf(attributes))
    else {
      const queue = queueOf(attributes)
      if (queue !== null) edges.known(origin, queue)
    }
  }

  private count(origin: Origin, span: Readonly<Record<string, unknown>>, a: number, b: number): void {
    const { context, tally } = this
    const { attributes, naming, slowSeconds, failing } = context
    const at = msOf(span['endTimeUnixNano'])
    const from = Math.min(at, msOf(span['startTimeUnixNano']))
    if (!context.isTime(at)) return
    const { name } = span
    const facet = naming.facet(origin, operationOf(attributes, typeof name === 'string' ? name : undefined))
    const claim = `${origin.name}\0${familyOf(attributes)}`
    const group = tally.group(facet, { claim, rank: RANKS.spans, name: 'span' }, at, at)
    group.made[0] = (group.made[0] + mix(a ^ mix(b))) >>> 0
    group.made[1] = (group.made[1] + mix(b + mix(a ^ 0x9e3779b9))) >>> 0
    const weight = weightOf(attributes.get('probability'), span['traceState'])
    group.weight += weight
    group.squares += weight * weight
    const status = STATUSES[enumOf(fieldsOf(span['status'])['code'], STATUSES)]
    if (isFailure(attributes, status === 'ERROR', failing)) group.bad += weight
    else if (at - from > slowSeconds * 1000) group.slow += weight
  }
}

/**
 * How many spans one stands for: one over the probability that it was kept, as `sampling.probability` says, or `ot=th:` in
 * its trace state (the rejection threshold, 2^56 of which is all), or the older `ot=p:` (minus log₂).
 */
export function weightOf(probability: string | undefined, state: unknown): number {
  let kept = probability === undefined ? 1 : Number(probability)
  if (typeof state === 'string' && state.includes('ot=')) {
    const ot = /(?:^|,)\s*ot=([^,]*)/.exec(state)?.[1] ?? ''
    const threshold = /(?:^|;)th:([\da-f]{1,14})(?:;|$)/.exec(ot)?.[1]
    const power = /(?:^|;)p:(\d{1,2})(?:;|$)/.exec(ot)?.[1]
    if (threshold !== undefined) kept = 1 - Number.parseInt(threshold.padEnd(14, '0'), 16) / 2 ** 56
    else if (power !== undefined) kept = 2 ** -Number(power)
  }
  return kept >= SMALLEST_PROBABILITY && kept <= 1 ? 1 / kept : 1
}

/** What a client span asks where its other side sends no spans: a database, a cache, a queue, or a service by its name. */
function nodeOf(a: Attributes): Node | null {
  const system = a.get('database')
  if (system !== undefined) {
    const name = a.get('databaseName')
    const kind = CACHES.has(system) ? 'cache' : 'database'
    return { id: name === undefined || kind === 'cache' ? system : `${system}/${name}`, name: name ?? system, kind }
  }
  const peer = a.get('peer')
  return queueOf(a) ?? (peer === undefined ? null : { id: peer, name: peer, kind: 'service' })
}

function queueOf(a: Attributes): Node | null {
  const system = a.get('messaging')
  if (system === undefined) return null
  const queue = destinationOf(a)
  return queue === undefined
    ? { id: system, name: system, kind: 'queue' }
    : { id: `${system}/${queue}`, name: queue, kind: 'queue' }
}
