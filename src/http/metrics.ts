import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import type { App } from '../shell/app.js'
import type { Front } from './front/front.js'
import type { Stream } from './stream.js'

/** `/metrics`: few names, few label values; details are in the log lines. */
export function metricsOf(app: App, stream: Stream, front: Front | null): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  // Gauges that are called totals, which checkers refuse; the same counts stand by kind in the metrics without that ending.
  for (const what of ['handles', 'requests', 'resources']) registry.removeSingleMetric(`nodejs_active_${what}_total`)
  const registers = [registry]
  const signals = new Counter({
    name: 'epicenter_signals_total',
    help: 'Signals by what became of them',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset()
      for (const outcome of ['accepted', 'duplicate', 'rejected'] as const) this.inc({ outcome }, app.counters[outcome])
    },
  })
  void signals
  const count = (name: string, help: string, value: () => number) =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(value())
      },
    })
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value())
      },
    })
  count('epicenter_requests_refused_total', 'Requests that were told to come again', () => app.counters.refused)
  count(
    'epicenter_observations_late_total',
    'Observations that came too late for their minute and count in none',
    () => app.counters.late,
  )
  count('epicenter_orders_total', 'Commands of people', () => app.counters.orders)
  count('epicenter_incident_changes_total', 'Incidents changed by a commit', () => app.counters.events)
  count('epicenter_kept_answers_total', 'Answers that lay ready', () => front?.answered ?? 0)
  gauge('epicenter_kept_bytes', 'Memory of answers that lie ready', () => front?.kept.bytes ?? 0)
  gauge('epicenter_kept_connections', 'Connections that asked for nothing else yet', () => front?.connections ?? 0)
  gauge('epicenter_backlog_signals', 'Durable signals that are not folded yet', () => app.health.backlog)
  gauge('epicenter_queue_bytes', 'Accepted bytes that are not durable yet', () => app.health.queueBytes)
  gauge('epicenter_log_position', 'Newest durable log entry', () => app.health.durable)
  gauge('epicenter_log_gaps', 'Times that the log was found to end before what was committed', () => app.gaps)
  gauge('epicenter_folded_position', 'Newest committed log entry', () => app.health.folded)
  gauge('epicenter_dedupe_bytes', 'Memory of the de-duplication', () => app.memory.dedupeBytes)
  gauge('epicenter_label_values', 'Label values known at the door', () => app.memory.labelValues)
  gauge('epicenter_services', 'Services known at the door', () => app.memory.services)
  gauge('epicenter_stream_clients', 'Listeners of server-sent events', () => stream.size)
  gauge('epicenter_log_time_seconds', 'Log time', () => (Number.isFinite(app.now) ? app.now / 1000 : 0))
  return registry
}
