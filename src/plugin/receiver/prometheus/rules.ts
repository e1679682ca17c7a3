import { failedBy } from './status.js'
import { readSelector, type Selector } from './selector.js'

type Labels = ReadonlyMap<string, string>

/** One way in which requests are counted, as the configuration says it. */
export interface RequestRule {
  /** The counter of all requests, such as `http_requests_total{job="shop"}`. */
  total?: string
  /** Which of them failed, such as `code=~"5.."`; `none`: nothing says so. Left out, the usual labels of a status decide. */
  failed?: string
  /** The histogram of how long they took; more than `above` is slow, in the histogram's own unit, and one of its buckets. */
  slow?: { histogram: string; above: number }
  /** Labels whose value is the service, the first that is there; before those of the whole receiver. */
  serviceFrom?: string[]
}

/** Requests as exporters and libraries count them; what nobody exposes costs nothing. */
export const USUAL_REQUESTS: readonly RequestRule[] = [
  // Client libraries of Prometheus.
  { total: 'http_requests_total', slow: { histogram: 'http_request_duration_seconds', above: 1 } },
  { total: 'http_server_requests_total', slow: { histogram: 'http_server_request_duration_seconds', above: 1 } },
  // Micrometer.
  { slow: { histogram: 'http_server_requests_seconds', above: 1 } },
  {
    total: 'nginx_ingress_controller_requests',
    slow: { histogram: 'nginx_ingress_controller_request_duration_seconds', above: 1 },
    serviceFrom: ['exported_service', 'service', 'ingress'],
  },
  { total: 'envoy_cluster_upstream_rq', serviceFrom: ['envoy_cluster_name'] },
  {
    total: 'traefik_service_requests_total',
    slow: { histogram: 'traefik_service_request_duration_seconds', above: 1.2 },
    serviceFrom: ['exported_service', 'service'],
  },
  { total: 'haproxy_backend_http_responses_total', serviceFrom: ['proxy', 'backend'] },
  { total: 'grpc_server_handled_total', slow: { histogram: 'grpc_server_handling_seconds', above: 1 } },
  // Both ends of a call count it; the one that serves is asked.
  {
    total: 'istio_requests_total{reporter="destination"}',
    slow: { histogram: 'istio_request_duration_milliseconds{reporter="destination"}', above: 1000 },
    serviceFrom: ['destination_canonical_service', 'destination_service_name'],
  },
  { slow: { histogram: 'caddy_http_request_duration_seconds', above: 1 } },
  { total: 'kong_http_requests_total', serviceFrom: ['exported_service', 'service'] },
]

/** What a series is to a rule. */
export interface Role {
  rule: Rule
  /** `counter` of requests, `count` of a histogram, or its bucket of what was not `slow`. */
  part: 'counter' | 'count' | 'bucket'
  /** Whether its requests failed; null: nothing says so. */
  failed: boolean | null
}

export interface Rule {
  /** Of the rule, for ids: the same settings give the same ids. */
  name: string
  total: Selector | null
  histogram: Selector | null
  above: number
  serviceFrom: readonly string[]
  failed(labels: Labels): boolean | null
}

/** @throws Error with the place in front, as in `[0].failed: …` */
export function readRules(given: readonly RequestRule[]): Rule[] {
  return given.map(({ total, failed, slow, serviceFrom = [] }, i) => {
    const at = <T>(key: string, read: () => T): T => {
      try {
        return read()
      } catch (error) {
        throw new Error(`[${i}].${key}: ${(error as Error).message}`, { cause: error })
      }
    }
    const named = (text: string): Selector => {
      const selector = readSelector(text)
      if (selector.name === '') throw new Error('it names a metric')
      return selector
    }
    const failing = failed === undefined || failed === 'none' ? null : at('failed', () => readSelector(failed))
    return {
      name: `${total ?? ''} ${failed ?? ''} ${slow?.histogram ?? ''}`,
      total: total === undefined ? null : at('total', () => named(total)),
      histogram: slow === undefined ? null : at('slow.histogram', () => named(slow.histogram)),
      above: slow?.above ?? 0,
      serviceFrom,
      failed: failing !== null ? labels => failing.matches(labels) : failed === 'none' ? () => false : failedBy,
    }
  })
}

/** Rules by the names of the metrics that they read. */
export class Rules {
  private readonly byName = new Map<string, { rule: Rule; part: Role['part'] }[]>()

  constructor(rules: readonly Rule[]) {
    for (const rule of rules) {
      if (rule.total !== null) this.add(rule.total.name, rule, 'counter')
      if (rule.histogram === null) continue
      this.add(`${rule.histogram.name}_count`, rule, 'count')
      this.add(`${rule.histogram.name}_bucket`, rule, 'bucket')
    }
  }

  wants(name: string): boolean {
    return this.byName.has(name)
  }

  /** The first rule that a series is for; null: none. */
  roleOf(name: string, labels: Labels): Role | null {
    for (const { rule, part } of this.byName.get(name) ?? []) {
      const selector = part === 'counter' ? rule.total : rule.histogram
      if (selector?.matches(labels) !== true) continue
      if (part === 'bucket' && Number(labels.get('le')) !== rule.above) continue
      return { rule, part, failed: rule.failed(labels) }
    }
    return null
  }

  private add(name: string, rule: Rule, part: Role['part']): void {
    const there = this.byName.get(name)
    if (there === undefined) this.byName.set(name, [{ rule, part }])
    else there.push({ rule, part })
  }
}
