import { describe, expect, it } from 'vitest'
import prometheus from '../prometheus.js'
import { settings } from './fixtures/house.js'
import { readRules, Rules, USUAL_REQUESTS } from './rules.js'
import { readSelector } from './selector.js'

const labels = (all: Record<string, string>) => new Map(Object.entries(all))

describe('a selector', () => {
  it.each<[string, Record<string, string>, boolean]>([
    ['http_requests_total', {}, true],
    ['http_requests_total{}', { a: 'b' }, true],
    ['x{job="shop",code!~"4.."}', { job: 'shop', code: '500' }, true],
    ['x{job="shop",code!~"4.."}', { job: 'shop', code: '404' }, false],
    ['x{code=~"5.."}', { code: '5000' }, false],
    ['x{code=~"5..|429"}', { code: '429' }, true],
    ['x{code=~"5..|429"}', { code: '4290' }, false],
    ['x{code!="200", }', {}, true],
    ['x{code=""}', {}, true],
    ["code = '500'", { code: '500' }, true],
    ['code="5\\"\\\\0\\n0"', { code: '5"\\0\n0' }, true],
  ])('%s of %j: %s', (text, its, is) => {
    expect(readSelector(text).matches(labels(its))).toBe(is)
  })
  it.each(['', '{}', 'x{', 'x}', 'x{code}', 'x{code=500}', 'x{code=~"("}', 'x y', 'x{a="b" c="d"}'])(
    'is none: %s',
    text => {
      expect(() => readSelector(text)).toThrow(Error)
    },
  )
})

describe('the usual rules', () => {
  const rules = new Rules(readRules(USUAL_REQUESTS))
  it.each<[string, Record<string, string>, string | null, boolean | null]>([
    ['http_requests_total', { code: '503' }, 'counter', true],
    ['http_requests_total', { code: '404' }, 'counter', false],
    ['http_requests_total', { status: '5xx' }, 'counter', true],
    ['http_requests_total', { status: 'success' }, 'counter', false],
    ['http_requests_total', { status: 'error' }, 'counter', true],
    ['http_requests_total', {}, 'counter', null],
    ['http_request_duration_seconds_bucket', { le: '1.0', code: '200' }, 'bucket', false],
    ['http_request_duration_seconds_bucket', { le: '1', status_code: '500' }, 'bucket', true],
    ['http_request_duration_seconds_bucket', { le: '+Inf', code: '200' }, null, null],
    ['http_server_request_duration_seconds_count', { http_response_status_code: '502' }, 'count', true],
    ['http_server_requests_seconds_count', { status: '500', outcome: 'SERVER_ERROR' }, 'count', true],
    ['nginx_ingress_controller_requests', { status: '502' }, 'counter', true],
    ['envoy_cluster_upstream_rq', { envoy_response_code: '504' }, 'counter', true],
    ['traefik_service_requests_total', { code: '200' }, 'counter', false],
    ['haproxy_backend_http_responses_total', { code: '5xx' }, 'counter', true],
    ['haproxy_backend_http_responses_total', { code: 'other' }, 'counter', false],
    ['grpc_server_handled_total', { grpc_code: 'Unavailable' }, 'counter', true],
    ['grpc_server_handled_total', { grpc_code: 'DeadlineExceeded' }, 'counter', true],
    ['grpc_server_handled_total', { grpc_code: 'NotFound' }, 'counter', false],
    ['istio_requests_total', { reporter: 'destination', response_code: '500' }, 'counter', true],
    ['istio_requests_total', { reporter: 'source', response_code: '500' }, null, null],
    ['istio_request_duration_milliseconds_bucket', { reporter: 'destination', le: '1000' }, 'bucket', null],
    ['caddy_http_request_duration_seconds_count', { code: '500' }, 'count', true],
    ['go_goroutines', {}, null, null],
  ])('%s of %j is a %s, failed: %s', (name, its, part, failed) => {
    const role = rules.roleOf(name, labels(its))
    expect([role?.part ?? null, role?.failed ?? null]).toEqual([part, failed])
  })
})

describe('rules of one’s own', () => {
  it('say which requests failed, or that nothing says so', () => {
    const rules = new Rules(
      readRules([
        { total: 'jobs_total{queue="mail"}', failed: 'state=~"dead|expired"' },
        { total: 'jobs_total', failed: 'none' },
      ]),
    )
    const failed = (its: Record<string, string>) => rules.roleOf('jobs_total', labels(its))?.failed
    expect(failed({ queue: 'mail', state: 'dead' })).toBe(true)
    expect(failed({ queue: 'mail', state: 'done' })).toBe(false)
    expect(failed({ queue: 'sms', state: 'dead' })).toBe(false)
  })
  it('are looked at before anything is opened, with the place that is wrong', () => {
    const faults = prometheus.check!({
      ...settings,
      requests: [
        {},
        { total: '{code="1"}' },
        { total: 'a', failed: 'code~1' },
        { slow: { histogram: 'x{', above: 1 } },
      ],
      gauges: [
        { name: 'a', value: 'b' },
        { name: 'a', value: 'b', capacity: 'c{' },
      ],
    })
    expect(faults.map(({ path }) => path)).toEqual(['requests[1].total', 'gauges[1].capacity', 'requests[0]'])
    expect(prometheus.check!({ ...settings, requests: [{ total: 'a', failed: 'code~1' }] })).toMatchObject([
      { path: 'requests[0].failed' },
    ])
    expect(prometheus.check!(settings)).toEqual([])
  })
})
