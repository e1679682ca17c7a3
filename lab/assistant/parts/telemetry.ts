import {
  type Attributes,
  context,
  type Histogram,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AggregationTemporality, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace'
import type { Place } from '../role.js'

/** Where others export once a minute: a play is short. */
const EXPORT_MS = 5_000
const SAMPLED = 0.2

export const SERVICE = 'assistant'

/** OpenTelemetry's own SDK, as an application has it; without a receiver it counts into nowhere. */
export class Telemetry {
  readonly requests: Histogram
  private readonly meters: MeterProvider
  private readonly tracers: TracerProvider | null

  constructor(place: Place, name: string, attributes: Attributes) {
    const resource = resourceFromAttributes({ 'service.name': name, 'service.instance.id': place.name, ...attributes })
    const to = (path: string) => ({
      url: `${place.otlp?.url}/${path}`,
      headers: { authorization: `Bearer ${place.otlp?.secret}` },
    })
    const exporter = () =>
      new OTLPMetricExporter({ ...to('v1/metrics'), temporalityPreference: AggregationTemporality.DELTA })
    const readers =
      place.otlp === null
        ? []
        : [
            new PeriodicExportingMetricReader({
              exporter: exporter(),
              exportIntervalMillis: EXPORT_MS,
              exportTimeoutMillis: EXPORT_MS - 1_000,
            }),
          ]
    this.meters = new MeterProvider({ resource, readers })
    this.requests = this.meters.getMeter('assistant').createHistogram('http.server.request.duration', {
      unit: 's',
      advice: { explicitBucketBoundaries: [0.05, 0.1, 0.25, 0.5, 1, 2, 5] },
    })
    this.tracers =
      place.otlp === null
        ? null
        : new TracerProvider({
            resource,
            sampler: new TraceIdRatioBasedSampler(SAMPLED),
            spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter(to('v1/traces')) })],
          })
  }

  /** How full something is, asked at each export. */
  gauge(name: string, read: () => number, attributes: Attributes): void {
    this.meters
      .getMeter('assistant')
      .createObservableGauge(name)
      .addCallback(result => result.observe(read(), attributes))
  }

  /** A span below the one that the text says, as `traceparent` has it. */
  span(name: string, kind: SpanKind, parent: string | undefined, attributes: Attributes): Span | null {
    if (this.tracers === null) return null
    const [, traceId = '', spanId = '', flags = '0'] = (parent ?? '').split('-')
    const above =
      traceId.length === 32
        ? trace.setSpanContext(context.active(), {
            traceId,
            spanId,
            traceFlags: Number.parseInt(flags, 16),
            isRemote: true,
          })
        : context.active()
    return this.tracers.getTracer('assistant').startSpan(name, { kind, attributes }, above)
  }

  async stop(): Promise<void> {
    await Promise.allSettled([this.meters.shutdown(), this.tracers?.shutdown()])
  }
}

export function endSpan(span: Span | null, status: number): void {
  span?.setAttribute('http.response.status_code', status)
  if (status >= 500) span?.setStatus({ code: SpanStatusCode.ERROR })
  span?.end()
}

/** What is sent along, so that the next span stands below this one. */
export function parentOf(span: Span | null): Record<string, string> {
  if (span === null) return {}
  const { traceId, spanId, traceFlags } = span.spanContext()
  return { traceparent: `00-${traceId}-${spanId}-0${traceFlags}` }
}
export { SpanKind }
