import { createHmac } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { PRESS_BYTES } from '../../contract/limits.js'
import { App } from '../../shell/app.js'
import { parse } from '../../shell/config/load.js'
import { MINUTE } from '../../contract/time.js'
import { fakeEnv } from '../../testing/env.js'
import { check, STREAM_START as T } from '../../testing/stream.js'
import { buildServer } from '../server.js'

// A team's message with a button, and what becomes of it when somebody presses. Bodies are made, in the shape that Slack publishes
// for `block_actions`: https://docs.slack.dev/reference/interaction-payloads/block_actions-payload

const SECRET = '8f742231b10e8888abcd99yyyzzz85a5'
const env = fakeEnv()
/** Each test takes one, with an incident that was measured: one that a person opens has been seen by them. */
const SERVICES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(each => `shop-${each}`)
let slack: Server
let app: App
let server: FastifyInstance
let [home, place] = ['', '']
/** What Slack was sent, by path. */
const got: { url: string; body: Record<string, unknown> }[] = []

beforeAll(async () => {
  slack = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += piece
    got.push({ url: request.url ?? '', body: JSON.parse(body) as Record<string, unknown> })
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true,"ts":"1700000000.000100"}')
  })
  await new Promise<void>(done => slack.listen(0, '127.0.0.1', done))
  place = `http://127.0.0.1:${(slack.address() as AddressInfo).port}`
  const { config, findings } = await parse(
    `clock: signals
services: [${SERVICES.map(id => `{ id: ${id}, title: Shop }`).join(', ')}]
url: https://status.example.com
notifiers:
  - use: slack
    id: team
    token: xoxb-of-the-bot
    channel: C0123456789
    api: ${place}/api
    allowPrivate: true
    interactive:
      signingSecret: ${SECRET}
      people: { U0ANA: ana, U0BEN: ben, U0VERA: vera, U0GONE: gone }
  - { use: slack, id: mute, url: "https://hooks.slack.com/services/T0/B0/x" }
`,
    {},
    '/',
  )
  expect(findings).toEqual([])
  app = await App.open({ ...config!, host: '127.0.0.1', port: 0 }, env, { run: 'memory' })
  const join = (name: string, role: 'responder' | 'viewer') =>
    app.people.enter({ issuer: 'https://id.example.com', subject: name }, { name, role }, 'test')
  join('ana', 'responder')
  join('ben', 'responder')
  join('vera', 'viewer')
  server = await buildServer(app, { inMemory: true })
  home = await server.listen({ host: '127.0.0.1', port: 0 })
  await app.ingestValues(
    Array.from({ length: 180 }, (_, i) =>
      SERVICES.map(service =>
        check({
          service,
          at: T + Math.floor(i / 4) * MINUTE + 1_000 * (i % 4),
          bad: i >= 120 ? 1 : 0,
          id: `${service}${i}`,
        }),
      ),
    ).flat(),
  )
  await app.caughtUp()
})
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
  slack.close()
})

let taken = 0
/** An incident that nobody has seen, and the message of it. */
async function opened(): Promise<{ id: string; message: Record<string, unknown> }> {
  const [found] = await app.reader.incidents({ service: SERVICES[taken++]!, open: true, limit: 1 })
  const { id } = found!
  const message = await vi.waitFor(() => {
    const told = got.find(({ url, body }) => url === '/api/chat.postMessage' && JSON.stringify(body).includes(`${id} `))
    if (told === undefined) throw new Error('not told yet')
    return told.body
  })
  return { id, message }
}

let nonce = 0
/** As Slack sends it; `more` stands over what is usual. */
function payload(user: string, incident: string, more: object = {}) {
  return {
    type: 'block_actions',
    user: { id: user, username: 'somebody', name: 'somebody', team_id: 'T0001' },
    api_app_id: 'A0001',
    container: { type: 'message', message_ts: '1700000000.000100', channel_id: 'C0123456789', is_ephemeral: false },
    trigger_id: `13345224609.738474920.${nonce++}`,
    team: { id: 'T0001', domain: 'example' },
    enterprise: null,
    is_enterprise_install: false,
    channel: { id: 'C0123456789', name: 'outages' },
    response_url: `${place}/actions/T0001/1/xyz`,
    actions: [
      { type: 'button', action_id: 'acknowledge', block_id: 'b1', value: incident, action_ts: '1700000001.000000' },
    ],
    ...more,
  }
}

interface Sent {
  body: string
  headers: Record<string, string>
}
function signed(value: unknown, { at = app.env.now(), secret = SECRET } = {}): Sent {
  const body = new URLSearchParams({ payload: JSON.stringify(value) }).toString()
  const stamp = String(Math.floor(at / 1_000))
  const hmac = createHmac('sha256', secret).update(`v0:${stamp}:${body}`).digest('hex')
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': stamp,
    'x-slack-signature': `v0=${hmac}`,
  }
  return { body, headers }
}
const send = ({ body, headers }: Sent, id = 'team') =>
  fetch(`${home}/api/v1/notifiers/${id}/pressed`, { method: 'POST', body, headers })
/** Presses, and gives what Slack is told to show. */
async function press(value: unknown, count = 1): Promise<Record<string, unknown>[]> {
  const before = got.length
  const answer = await send(signed(value))
  expect([answer.status, await answer.text()]).toEqual([200, ''])
  await vi.waitFor(() => expect(got.slice(before).filter(each => each.url.startsWith('/actions'))).toHaveLength(count))
  return got.slice(before).flatMap(each => (each.url.startsWith('/actions') ? [each.body] : []))
}
const acks = async (id: string) => (await app.reader.orders(id)).filter(each => each.verb === 'ack')

describe('a button that acknowledges', () => {
  it('is an order by who pressed; the message then shows who has it, and who comes later is told so', async () => {
    const { id, message } = await opened()
    expect(JSON.stringify(message)).toContain(`"action_id":"acknowledge","style":"primary","value":"${id}"`)
    const shown = { ...message, ts: '1700000000.000100' }
    const told = await press(payload('U0ANA', id, { message: shown }), 2)
    expect(await acks(id)).toMatchObject([{ by: 'ana', why: 'pressed in Slack by U0ANA' }])
    const private_ = told.find(each => each['response_type'] === 'ephemeral')
    expect(private_).toMatchObject({ replace_original: false, text: `Done: you have acknowledged ${id}.` })
    const replaced = told.find(each => each['replace_original'] === true)
    expect(JSON.stringify(replaced)).toContain('Acknowledged by ana')
    expect(JSON.stringify(replaced)).toContain('open_0')
    expect(JSON.stringify(replaced)).not.toContain('"acknowledge"')

    const again = await press(payload('U0BEN', id, { message: shown }), 2)
    expect(again.map(each => each['text'])).toContain('Nothing was done: ana has already acknowledged it.')
    expect(await acks(id)).toHaveLength(1)
  })
  it('lets one of two who press at once be first', async () => {
    const { id } = await opened()
    const before = got.length
    const statuses = await Promise.all(['U0ANA', 'U0BEN'].map(user => send(signed(payload(user, id)))))
    expect(statuses.map(each => each.status)).toEqual([200, 200])
    expect(await acks(id)).toHaveLength(1)
    const told = () => got.slice(before).filter(each => each.url.startsWith('/actions'))
    await vi.waitFor(() => expect(told()).toHaveLength(4))
    expect(told().filter(each => String(each.body['text']).startsWith('Done: '))).toHaveLength(1)
  })
  it.each<[string, string, RegExp]>([
    ['somebody whom nobody named', 'U0EVE', /nobody here is named for Slack's user U0EVE/],
    ['somebody whose account is gone', 'U0GONE', /named gone here, and nobody of that name has an account/],
    ['a viewer', 'U0VERA', /not for your role: vera is viewer/],
  ])('does nothing for %s, and tells them why', async (_, user, why) => {
    const { id } = await opened()
    const [told] = await press(payload(user, id))
    expect(told).toMatchObject({ response_type: 'ephemeral', replace_original: false })
    expect(told!['text']).toMatch(/^Nothing was done: /)
    expect(told!['text']).toMatch(why)
    expect(await acks(id)).toEqual([])
  })
  it('tells who pressed that there is no such incident, or that it is over', async () => {
    expect((await press(payload('U0ANA', 'shop-x')))[0]!['text']).toMatch(
      /^Nothing was done: there is no such incident/,
    )
    const { id } = await opened()
    await app.order({ incident: id, verb: 'resolve', by: 'desk', why: 'mended' })
    expect((await press(payload('U0ANA', id)))[0]!['text']).toBe(`Nothing was done: ${id} is over.`)
    expect(await acks(id)).toEqual([])
  })
})

describe('what is no button that somebody pressed now', () => {
  /** The last one, which nobody acknowledges. */
  const idle = async () => (await app.reader.incidents({ service: SERVICES.at(-1)!, open: true, limit: 1 }))[0]!.id
  const rule = async (answer: Response) => [answer.status, ((await answer.json()) as { rule?: string }).rule]
  it.each<[string, (id: string) => Sent, number, string]>([
    ['a wrong secret', id => signed(payload('U0ANA', id), { secret: 'x'.repeat(32) }), 401, 'slack.signature'],
    ['no signature', id => ({ ...signed(payload('U0ANA', id)), headers: {} }), 401, 'slack.signature'],
    [
      'another body',
      id => ({ ...signed(payload('U0BEN', id)), body: signed(payload('U0ANA', id)).body }),
      401,
      'slack.signature',
    ],
    ['an old one', id => signed(payload('U0ANA', id), { at: app.env.now() - 301_000 }), 401, 'slack.time'],
    ['one of later', id => signed(payload('U0ANA', id), { at: app.env.now() + 301_000 }), 401, 'slack.time'],
    ['no object', () => signed('text'), 400, 'slack.payload'],
    ['nobody', id => signed(payload('', id)), 400, 'slack.payload'],
    [
      'answers to elsewhere',
      id => signed(payload('U0ANA', id, { response_url: 'http://127.0.0.1:1/x' })),
      400,
      'slack.response_url',
    ],
    ['too much', id => signed(payload('U0ANA', id, { pad: 'x'.repeat(PRESS_BYTES) })), 413, 'body.size'],
  ])('is refused: %s', async (_, made, status, broken) => {
    const id = await idle()
    const before = got.length
    expect(await rule(await send(made(id)))).toEqual([status, broken])
    expect(await acks(id)).toEqual([])
    expect(got.slice(before).filter(each => each.url.startsWith('/actions'))).toEqual([])
  })
  it('is taken once', async () => {
    const id = await idle()
    const request = signed(payload('U0EVE', id))
    expect((await send(request)).status).toBe(200)
    expect(await rule(await send(request))).toEqual([409, 'slack.replay'])
  })
  it('is passed over where it opens a page, which Slack tells as well', async () => {
    const actions = [{ type: 'button', action_id: 'open_0', block_id: 'b1', action_ts: '1.0' }]
    expect((await send(signed(payload('U0ANA', 'shop-x', { actions })))).status).toBe(200)
  })
  it('has no address where no buttons are configured', async () => {
    const request = signed(payload('U0ANA', 'shop-x'))
    expect((await send(request, 'mute')).status).toBe(404)
    expect((await send(request, 'none')).status).toBe(404)
  })
})
