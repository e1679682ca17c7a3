import type { Reader, Type } from 'protobufjs'

/**
 * What we read of OTLP, as a descriptor for protobufjs: the messages and fields of opentelemetry-proto v1.9.0 (Apache-2.0,
 * https://github.com/open-telemetry/opentelemetry-proto) under their names in proto3 JSON, so that what was packed either
 * way has one shape. Fields that nobody here asks for (events, links, exemplars, lists within attributes) are left out: their
 * bytes are skipped, not built.
 */
const field = (type: string, id: number, rule?: 'repeated') => ({ type, id, ...(rule === undefined ? {} : { rule }) })
const many = (type: string, id: number) => field(type, id, 'repeated')

/** Number of the field of a span that has its attributes. */
export const SPAN_ATTRIBUTES = 9
const SPAN = {
  traceState: field('string', 3),
  name: field('string', 5),
  kind: field('int32', 6),
  startTimeUnixNano: field('fixed64', 7),
  endTimeUnixNano: field('fixed64', 8),
  status: field('Status', 15),
}

const DESCRIPTOR = {
  nested: {
    AnyValue: {
      // One of them is there, also where it is zero.
      oneofs: { value: { oneof: ['stringValue', 'boolValue', 'intValue', 'doubleValue'] } },
      fields: {
        stringValue: field('string', 1),
        boolValue: field('bool', 2),
        intValue: field('int64', 3),
        doubleValue: field('double', 4),
      },
    },
    KeyValue: { fields: { key: field('string', 1), value: field('AnyValue', 2) } },
    Resource: { fields: { attributes: many('KeyValue', 1) } },
    Scope: { fields: { name: field('string', 1) } },
    Status: { fields: { code: field('int32', 3) } },
    Span: {
      fields: {
        traceId: field('bytes', 1),
        spanId: field('bytes', 2),
        parentSpanId: field('bytes', 4),
        ...SPAN,
        attributes: many('KeyValue', SPAN_ATTRIBUTES),
      },
    },
    // Whose ids and attributes are read where they lie.
    SpanHead: { fields: SPAN },
    NumberPoint: {
      fields: {
        startTimeUnixNano: field('fixed64', 2),
        timeUnixNano: field('fixed64', 3),
        asDouble: field('double', 4),
        asInt: field('sfixed64', 6),
        attributes: many('KeyValue', 7),
        flags: field('uint32', 8),
      },
    },
    HistogramPoint: {
      fields: {
        startTimeUnixNano: field('fixed64', 2),
        timeUnixNano: field('fixed64', 3),
        count: field('fixed64', 4),
        bucketCounts: many('fixed64', 6),
        explicitBounds: many('double', 7),
        attributes: many('KeyValue', 9),
        flags: field('uint32', 10),
      },
    },
    Buckets: { fields: { offset: field('sint32', 1), bucketCounts: many('uint64', 2) } },
    ExponentialPoint: {
      fields: {
        attributes: many('KeyValue', 1),
        startTimeUnixNano: field('fixed64', 2),
        timeUnixNano: field('fixed64', 3),
        count: field('fixed64', 4),
        scale: field('sint32', 6),
        zeroCount: field('fixed64', 7),
        positive: field('Buckets', 8),
        flags: field('uint32', 10),
      },
    },
    Gauge: { fields: { dataPoints: many('NumberPoint', 1) } },
    Sum: {
      fields: {
        dataPoints: many('NumberPoint', 1),
        aggregationTemporality: field('int32', 2),
        isMonotonic: field('bool', 3),
      },
    },
    Histogram: { fields: { dataPoints: many('HistogramPoint', 1), aggregationTemporality: field('int32', 2) } },
    Exponential: { fields: { dataPoints: many('ExponentialPoint', 1), aggregationTemporality: field('int32', 2) } },
    Metric: {
      fields: {
        name: field('string', 1),
        unit: field('string', 3),
        gauge: field('Gauge', 5),
        sum: field('Sum', 7),
        histogram: field('Histogram', 9),
        exponentialHistogram: field('Exponential', 10),
      },
    },
    // For the answers, and for who reads a whole body at once.
    ScopeSpans: { fields: { scope: field('Scope', 1), spans: many('Span', 2) } },
    ResourceSpans: { fields: { resource: field('Resource', 1), scopeSpans: many('ScopeSpans', 2) } },
    TraceRequest: { fields: { resourceSpans: many('ResourceSpans', 1) } },
    ScopeMetrics: { fields: { scope: field('Scope', 1), metrics: many('Metric', 2) } },
    ResourceMetrics: { fields: { resource: field('Resource', 1), scopeMetrics: many('ScopeMetrics', 2) } },
    MetricsRequest: { fields: { resourceMetrics: many('ResourceMetrics', 1) } },
    PartialSuccess: { fields: { rejected: field('int64', 1), errorMessage: field('string', 2) } },
    Response: { fields: { partialSuccess: field('PartialSuccess', 1) } },
    // google.rpc.Status, which errors are answered with.
    RpcStatus: { fields: { code: field('int32', 1), message: field('string', 2) } },
  },
}

export interface Schema {
  /** One of the messages above. */
  type(name: string): Type
  /** Of protobufjs: reads bytes where they lie. */
  Reader: typeof Reader
}

let opened: Promise<Schema> | undefined
/** The messages, ready to read and write, once for all receivers; protobufjs is loaded here, 64-bit numbers come as doubles. */
export const openSchema = (): Promise<Schema> => (opened ??= made())

async function made(): Promise<Schema> {
  const { default: protobuf } = await import('protobufjs/light.js')
  // Times to the microsecond and counts to 2^53 are enough, and cost no object each.
  if (protobuf.util.Long !== null) {
    ;(protobuf.util as { Long: unknown }).Long = null
    protobuf.configure()
  }
  const root = protobuf.Root.fromJSON(DESCRIPTOR)
  root.resolveAll()
  const types = new Map(root.nestedArray.map(each => [each.name, root.lookupType(each.name)]))
  return { type: name => types.get(name)!, Reader: protobuf.Reader }
}
