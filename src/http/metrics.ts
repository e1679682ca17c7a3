import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import { SECOND } from '../contract/time.js'
import type { App } from '../shell/app.js'
import { INPUT_HEALTHS, PROBE_OUTCOMES } from '../contract/plugin.js'
import type { Connections } from './connections.js'
import type { Front } from './front/front.js'
import type { Guard } from './guard.js'
import type { Stream } from './api/stream.js'

export interface MetricParts {
  stream: Stream
  front: Front | null
  guard: Guard
  connections: Connections
}

/** `/metrics`: few names, few label values; details are in the log lines. */
export function metricsOf(app: App, parts: MetricParts): Registry {
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
  tokenMetrics(app, parts.guard, registers)
  sourceMetrics(app, registers)
  fillMetrics(app, parts, registers)
  return registry
}

type Make = (name: string, help: string, value: () => number) => unknown

/** Whether what it says can be relied on, and what the clock has to do with it. */
function clockMetrics(app: App, gauge: Make, count: Make): void {
  const clock = () => app.health.clock
  gauge('epicenter_ready', '1 while it takes signals and folds them, as /readyz says', () => (app.health.ok ? 1 : 0))
  gauge('epicenter_clock_off_seconds', 'How far the wall clock is ahead of the time that is believed', () =>
    Math.abs(clock().leadMs) < SECOND ? 0 : clock().leadMs / SECOND,
  )
  gauge('epicenter_clock_believed', '1 while the wall clock is believed', () => (clock().state === 'steady' ? 1 : 0))
  gauge('epicenter_log_gaps', 'Times that the log was found to end before what was committed', () => app.gaps)
  count('epicenter_clock_leaps_total', 'Leaps of the wall clock that were not believed at once', () => clock().leaps)
}

/** What came with each token, so that a source that has fallen silent, or sends what is refused, shows. */
function tokenMetrics(app: App, guard: Guard, registers: Registry[]): void {
  const { tallies } = app.tokens
  void new Counter({
    name: 'epicenter_token_signals_total',
    help: 'Signals by the name of their token and what became of them',
    labelNames: ['token', 'outcome'],
    registers,
    collect() {
      this.reset()
      for (const [token, tally] of tallies)
        for (const outcome of ['accepted', 'duplicate', 'rejected'] as const)
          this.inc({ token, outcome }, tally[outcome])
    },
  })
  void new Counter({
    name: 'epicenter_token_orders_total',
    help: 'Commands by the name of their token',
    labelNames: ['token'],
    registers,
    collect() {
      this.reset()
      for (const [token, { orders }] of tallies) this.inc({ token }, orders)
    },
  })
  void new Gauge({
    name: 'epicenter_token_last_seen_seconds',
    help: 'When a token was last shown',
    labelNames: ['token'],
    registers,
    collect() {
      this.reset()
      for (const [token, { lastSeenAt }] of tallies) this.set({ token }, lastSeenAt / 1000)
    },
  })
  void new Counter({
    name: 'epicenter_tokens_refused_total',
    help: 'Requests that were not let in, by what was wrong with their token',
    labelNames: ['why'],
    registers,
    collect() {
      this.reset()
      for (const [why, times] of Object.entries(guard.refused)) this.inc({ why }, times)
    },
  })
}

type Row = App['inputs']['status'][number]
const labelNames = ['kind', 'source']
/** Targets of one probe count together: a row for each of thousands would be what a scrape mostly reads. */
const nameOf = ({ kind, id, of }: Row) => ({ kind, source: of ?? id })

/** What brings signals by itself. A source that died is unknown here, and nothing is said of what it watches. */
function sourceMetrics({ inputs }: App, registers: Registry[]): void {
  const each = (name: string, help: string, more: string[], rows: (of: Row) => [Record<string, string>, number][]) =>
    new Gauge({
      name,
      help,
      labelNames: [...labelNames, ...more],
      registers,
      collect() {
        this.reset()
        for (const of of inputs.status)
          for (const [labels, value] of rows(of)) this.inc({ ...nameOf(of), ...labels }, value)
      },
    })
  void each(
    'epicenter_source_health',
    'How many of it have this health: 1, or as many as it has targets',
    ['health'],
    ({ health }) => INPUT_HEALTHS.map(name => [{ health: name }, name === health ? 1 : 0]),
  )
  void each(
    'epicenter_probe_outcome',
    'How many of its targets had this outcome when it last looked',
    ['outcome'],
    ({ look }) => (look === null ? [] : PROBE_OUTCOMES.map(name => [{ outcome: name }, name === look.outcome ? 1 : 0])),
  )
  void each('epicenter_source_lag_seconds', 'How far behind the outside a stream is', [], ({ lagMs }) =>
    lagMs === null ? [] : [[{}, lagMs / SECOND]],
  )
  void new Gauge({
    name: 'epicenter_source_age_seconds',
    help: 'How long ago it was heard of; of several targets the longest',
    labelNames,
    registers,
    collect() {
      this.reset()
      const ages = new Map<string, [Row, number]>()
      for (const of of inputs.status) {
        const key = `${of.kind} ${of.of ?? of.id}`
        if (of.ageMs !== null) ages.set(key, [of, Math.max(of.ageMs, ages.get(key)?.[1] ?? 0)])
      }
      for (const [of, ageMs] of ages.values()) this.set(nameOf(of), ageMs / SECOND)
    },
  })
  sourceTotals(inputs, registers)
}

/** What came of them since the start. */
function sourceTotals(inputs: App['inputs'], registers: Registry[]): void {
  const total = (name: string, help: string, more: string[], rows: (of: Row) => [Record<string, string>, number][]) =>
    new Counter({
      name,
      help,
      labelNames: [...labelNames, ...more],
      registers,
      collect() {
        this.reset()
        for (const of of inputs.status)
          for (const [labels, value] of rows(of)) this.inc({ ...nameOf(of), ...labels }, value)
      },
    })
  void total('epicenter_source_signals_total', 'Signals by what became of them', ['outcome'], row => [
    [{ outcome: 'accepted' }, row.accepted],
    [{ outcome: 'duplicate' }, row.duplicate],
  ])
  void total(
    'epicenter_source_rejected_total',
    'Signals that were refused, by the rule that they break',
    ['rule'],
    row => Object.entries(row.rejected).map(([rule, count]) => [{ rule }, count]),
  )
  void total(
    'epicenter_source_ignored_total',
    'Messages that were understood and say nothing of use here, by the reason',
    ['reason'],
    row => Object.entries(row.ignored).map(([reason, count]) => [{ reason }, count]),
  )
  void total('epicenter_source_failures_total', 'Failures', [], ({ failures }) => [[{}, failures]])
}

function fillMetrics(app: App, { stream, front, connections }: MetricParts, registers: Registry[]): void {
  const { count, gauge } = makers(registers)
  count('epicenter_requests_refused_total', 'Requests that were told to come again', () => app.counters.refused)
  count(
    'epicenter_observations_late_total',
    'Observations that came too late for their minute and count in none',
    () => app.counters.late,
  )
  const { tracer } = app
  if (tracer !== undefined) {
    count('epicenter_spans_sent_total', 'Spans of this server that a collector took', () => tracer.exporter.counts.sent)
    count('epicenter_spans_dropped_total', 'Spans that none took', () => tracer.exporter.counts.dropped)
  }
  count('epicenter_orders_total', 'Commands of people', () => app.counters.orders)
  count('epicenter_incident_changes_total', 'Incidents changed by a commit', () => app.counters.events)
  count(
    'epicenter_connections_refused_total',
    'Connections closed because their sender held most when all were taken',
    () => connections.refused,
  )
  gauge('epicenter_connections', 'Open connections of visitors', () => connections.size)
  count('epicenter_kept_answers_total', 'Answers that lay ready', () => front?.answered ?? 0)
  gauge('epicenter_kept_bytes', 'Memory of answers that lie ready', () => front?.kept.bytes ?? 0)
  gauge('epicenter_kept_connections', 'Connections that asked for nothing else yet', () => front?.connections ?? 0)
  const messages = new Counter({
    name: 'epicenter_messages_total',
    help: 'Messages of notifiers by what became of them: told since the start, given up of all time',
    labelNames: ['notifier', 'outcome'],
    registers,
    collect() {
      this.reset()
      for (const { name, told, givenUp } of app.notifiers) {
        this.inc({ notifier: name, outcome: 'told' }, told)
        this.inc({ notifier: name, outcome: 'given up' }, givenUp)
      }
    },
  })
  void messages
  gauge('epicenter_messages_waiting', 'Events that a notifier is not told of yet', () =>
    app.notifiers.reduce((sum, each) => sum + each.waiting, 0),
  )
  gauge('epicenter_backlog_signals', 'Durable signals that are not folded yet', () => app.health.backlog)
  gauge('epicenter_queue_bytes', 'Accepted bytes that are not durable yet', () => app.health.queueBytes)
  gauge('epicenter_log_position', 'Newest durable log entry', () => app.health.durable)
  gauge('epicenter_folded_position', 'Newest committed log entry', () => app.health.folded)
  gauge('epicenter_dedupe_bytes', 'Memory of the de-duplication', () => app.memory.dedupeBytes)
  gauge('epicenter_label_values', 'Label values known at the door', () => app.memory.labelValues)
  gauge('epicenter_services', 'Services known at the door', () => app.memory.services)
  gauge('epicenter_stream_clients', 'Listeners of server-sent events', () => stream.size)
  gauge('epicenter_log_time_seconds', 'Log time', () => (Number.isFinite(app.now) ? app.now / 1000 : 0))
  clockMetrics(app, gauge, count)
}

/** Each is asked for when somebody reads it. */
function makers(registers: Registry[]) {
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
  return { count, gauge }
}
