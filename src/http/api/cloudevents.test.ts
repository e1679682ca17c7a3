import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FastifyInstance } from 'fastify'
import { App } from '../../shell/app.js'
import { complete } from '../../shell/config/load.js'
import { fakeEnv } from '../../testing/env.js'
import { buildServer } from '../server.js'

const time = '2026-02-03T20:14:00Z'
const data = { type: 'observation', via: 'report', service: 'chat', bad: 1, labels: {} }
const event = { specversion: '1.0', type: 'io.example.report', id: '1', source: 'https://a.example/probe', time, data }

let app: App
let server: FastifyInstance
beforeAll(async () => {
  app = await App.open(complete({ clock: 'signals', title: 'Test' }), fakeEnv(), { run: 'memory' })
  server = await buildServer(app, { inMemory: true })
})
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
})

async function post(body: unknown, headers: Record<string, string>) {
  const payload = typeof body === 'string' ? body : JSON.stringify(body)
  const answer = await server.inject({
    method: 'POST',
    url: '/api/v1/signals',
    payload,
    headers: { authorization: 'Bearer memory', ...headers },
  })
  return { status: answer.statusCode, ...(answer.json() as Record<string, unknown>) }
}
const one = (value: unknown) => post(value, { 'content-type': 'application/cloudevents+json' })
const batch = (value: unknown) => post(value, { 'content-type': 'application/cloudevents-batch+json' })
const binary = (body: unknown, headers: Record<string, string> = {}, type = 'application/json') =>
  post(body, {
    ...(type === '' ? {} : { 'content-type': type }),
    'ce-specversion': '1.0',
    'ce-type': 'io.example.report',
    'ce-source': 'https://a.example/probe',
    'ce-id': 'b1',
    'ce-time': time,
    ...headers,
  })
const packed = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64')

describe('a CloudEvent', () => {
  it('is told apart by its source and id together', async () => {
    const events = [event, { ...event, source: 'https://b.example/probe' }, event, { ...event, id: '2' }]
    expect(await batch(events)).toMatchObject({ status: 200, accepted: 3, duplicate: 1 })
    // Whatever the signal itself is called.
    const named = (source: string) => ({ ...event, id: 'n', source, data: { ...data, id: 'same' } })
    expect(await batch([named('a'), named('b'), named('a')])).toMatchObject({ accepted: 2, duplicate: 1 })
  })
  it('is the same in binary mode as in structured mode', async () => {
    expect(await one({ ...event, id: 'both' })).toMatchObject({ accepted: 1 })
    expect(await binary(data, { 'ce-id': 'both' })).toMatchObject({ status: 200, duplicate: 1 })
  })
  it('keeps the name that a fact has, so that others can name it', async () => {
    const change = { type: 'fact', via: 'change', id: 'deploy-42', service: 'chat', kind: 'deploy' }
    expect(await one({ ...event, id: 'c', data: change })).toMatchObject({ accepted: 1 })
    expect(await one({ ...event, id: 'c', data: { ...change, id: undefined } })).toMatchObject({ accepted: 1 })
  })
  it('may have a long source, which is told apart all the same', async () => {
    const source = `https://a.example/${'x'.repeat(400)}`
    expect(
      await batch([
        { ...event, source, id: 'l1' },
        { ...event, source, id: 'l2' },
        { ...event, source, id: 'l1' },
      ]),
    ).toMatchObject({
      accepted: 2,
      duplicate: 1,
    })
  })
  it('may have its data in base64', async () => {
    const { data: _, ...bare } = event
    expect(await one({ ...bare, id: 'p', data_base64: packed(data) })).toMatchObject({ accepted: 1 })
    expect(await one({ ...bare, id: 'p', data })).toMatchObject({ status: 200, duplicate: 1 })
  })
  it('in binary mode has its names percent-encoded, or in quotes', async () => {
    expect(await binary(data, { 'ce-id': '"q%C3%BC"' })).toMatchObject({ accepted: 1 })
    expect(await one({ ...event, id: 'qü' })).toMatchObject({ duplicate: 1 })
  })
  it('in binary mode may be of another JSON type, or of none', async () => {
    expect(await binary(data, { 'ce-id': 't1' }, 'application/vnd.example+json; charset=utf-8')).toMatchObject({
      accepted: 1,
    })
    expect(await binary(data, { 'ce-id': 't2' }, '')).toMatchObject({ accepted: 1 })
  })

  it.each<[what: string, change: Record<string, unknown>, rule: string]>([
    ['another version', { specversion: '0.3' }, 'cloudevent.specversion'],
    ['no version', { specversion: undefined }, 'cloudevent.specversion'],
    ['no id', { id: undefined }, 'cloudevent.id'],
    ['an id that is a number', { id: 7 }, 'cloudevent.id'],
    ['no source', { source: undefined }, 'cloudevent.source'],
    ['an empty source', { source: '' }, 'cloudevent.source'],
    ['a source with blanks', { source: 'a b' }, 'cloudevent.source'],
    ['no type', { type: undefined }, 'cloudevent.type'],
    ['data of another type', { datacontenttype: 'text/xml' }, 'cloudevent.datacontenttype'],
    ['a text as data', { data: 'x' }, 'cloudevent.data'],
    ['no data', { data: undefined }, 'cloudevent.data'],
    ['data twice', { data_base64: packed(data) }, 'cloudevent.data'],
    ['base64 that is none', { data: undefined, data_base64: '***' }, 'cloudevent.data_base64'],
    ['base64 of no JSON', { data: undefined, data_base64: 'aGVsbG8=' }, 'cloudevent.data_base64'],
    ['base64 of a list', { data: undefined, data_base64: packed([data]) }, 'cloudevent.data'],
    ['a time that no calendar shows', { time: '2026-09-31T00:00:00+00:00' }, 'signal.at'],
  ])('with %s is refused with rule and value', async (_, change, rule) => {
    const answer = await one({ ...event, id: 'new', ...change })
    expect(answer).toMatchObject({ status: 400, rule, accepted: 0, rejectedCount: 1, rejected: [{ rule }] })
    expect(answer).toHaveProperty('value')
  })
  it.each<[what: string, headers: Record<string, string>, body: unknown, rule: string]>([
    ['no version', { 'ce-specversion': '' }, data, 'cloudevent.specversion'],
    ['broken percent-encoding', { 'ce-id': '%zz' }, data, 'cloudevent.id'],
    ['a list as body', {}, [data], 'cloudevent.data'],
  ])('in binary mode with %s is refused', async (_, headers, body, rule) => {
    expect(await binary(body, { 'ce-id': 'x', ...headers })).toMatchObject({ status: 400, rule })
  })
})

describe('a request of which nothing counts', () => {
  const ndjson = { 'content-type': 'application/x-ndjson' }
  const json = { 'content-type': 'application/json' }
  const alerts = {
    version: '4',
    groupKey: '{}',
    status: 'firing',
    receiver: 'x',
    alerts: [{ status: 'firing', labels: {} }],
  }
  const good = JSON.stringify({ ...data, id: 'good', at: time })
  it.each<[what: string, body: unknown, headers: Record<string, string>, rule: string]>([
    ['the message of an Alertmanager', alerts, json, 'signal.type'],
    ['an empty body', '', ndjson, 'body.empty'],
    ['blank lines', '\n\r\n \n', ndjson, 'body.empty'],
    ['an empty list', '[]', json, 'body.empty'],
    ['an empty body of JSON', '', json, 'body.json'],
    ['no good line', '{}\nhello\n', ndjson, 'signal.type'],
    ['a list of nothing good', '[1, null]', json, 'signal'],
  ])('is an error: %s', async (_, body, headers, rule) => {
    expect(await post(body, headers)).toMatchObject({ status: 400, rule })
  })
  it('says how many lines there were and what was wrong with each', async () => {
    expect(await post('{}\nhello\n', ndjson)).toMatchObject({
      title: 'nothing was accepted',
      detail: 'line 1: type must be observation or fact',
      accepted: 0,
      duplicate: 0,
      rejectedCount: 2,
      rejected: [{ line: 1 }, { line: 2, rule: 'line.json', value: 'hello' }],
    })
  })
  it('is none as soon as one line counts, or had counted before', async () => {
    expect(await post(`{}\n${good}\n`, ndjson)).toMatchObject({ status: 200, accepted: 1, rejectedCount: 1 })
    expect(await post(`{}\n${good}\n`, ndjson)).toMatchObject({ status: 200, accepted: 0, duplicate: 1 })
  })
})
