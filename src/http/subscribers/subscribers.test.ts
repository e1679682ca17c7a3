import type { FastifyInstance } from 'fastify'
import { type ParsedMail, simpleParser } from 'mailparser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { App } from '../../shell/app.js'
import { parse } from '../../shell/config/load.js'
import { realEnv } from '../../shell/env.js'
import { type MailServer, mailServer, refusal } from '../../testing/mail.js'
import { buildServer } from '../server.js'
import { bounceIn } from './bounce.js'
import { whoOf } from './compose.js'
import { subscriberWords } from './words.js'

const HOME = 'https://status.example.com'
const HTML = { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' }
let mail: MailServer
let app: App
let server: FastifyInstance
const refused = new Map<string, string>()
const authorization = 'Bearer memory'

beforeAll(async () => {
  mail = await mailServer({
    reader: address => (refused.has(address) ? refusal(550, refused.get(address)) : null),
  })
  const { config } = await parse(
    `url: ${HOME}
services:
  - { id: shop, title: Shop, components: [{ id: cart, name: Cart }, { id: pay, name: Payment }] }
notifiers:
  - { use: email, id: letters, host: 127.0.0.1, port: ${mail.port}, security: none, from: 'Shop <status@example.com>', to: [] }
subscribers: { mail: letters }
`,
    {},
  )
  const said: string[] = []
  app = await App.open(
    config!,
    realEnv(line => said.push(line)),
    { run: 'memory' },
  )
  server = await buildServer(app, { inMemory: true })
})
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
  await mail[Symbol.asyncDispose]()
})

/** Letters that have come to an address, once there are so many. */
async function letters(to: string, count: number): Promise<ParsedMail[]> {
  for (;;) {
    const found = mail.raw.filter((_, i) => mail.readers[i]!.includes(to))
    if (found.length >= count) return Promise.all(found.map(each => simpleParser(each)))
    await new Promise(next => setTimeout(next, 5))
  }
}
let visitors = 0
const post = (url: string, form: Record<string, string> | string, more: object = {}) =>
  server.inject({
    ...{ method: 'POST', url, headers: { ...HTML, ...more }, remoteAddress: `203.${++visitors}.113.9` },
    payload: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
  })
const ask = (address: string, more: Record<string, string> = {}) =>
  post('/status/subscribe', { channel: 'email', address, scope: 'all', language: 'en', ...more })
const linkIn = ({ text = '' }: ParsedMail, ending: string): string =>
  new RegExp(`${HOME}(/subscription/[\\w.-]+${ending})`).exec(text)![1]!
const admin = (url: string, payload?: object) =>
  server.inject({ method: payload ? 'POST' : 'GET', url, headers: { authorization }, ...(payload ? { payload } : {}) })
async function subscribed(address: string, more: Record<string, string> = {}): Promise<string> {
  await ask(address, more)
  const link = linkIn((await letters(address, 1))[0]!, '/confirm')
  return /\/subscription\/([\w.-]+)\/leave/.exec((await post(link, '')).body)![1]!
}
const componentId = async (name: string): Promise<string> =>
  ((await admin('/api/v2/components.json')).json().components as { id: string; name: string }[]).find(
    each => each.name === name,
  )!.id
const incident = async (more: object = {}): Promise<string> => {
  const body = {
    service: 'shop',
    title: 'Cart fails',
    severity: 'major',
    text: 'We look into it.',
    by: 'ana',
    why: 'seen',
  }
  const answer = await admin('/api/v1/incidents', { ...body, ...more })
  expect(answer.statusCode).toBe(200)
  return answer.json().incident.id as string
}
const command = async (id: string, verb: string, more: object = {}) => {
  const answer = await admin(`/api/v1/incidents/${id}/commands`, { verb, by: 'ana', why: 'so', ...more })
  expect(answer.statusCode).toBe(200)
}

describe('subscribing', () => {
  it('is offered on the status page, in a form that needs no script', async () => {
    expect((await server.inject('/status')).body).toContain('href="/status/subscribe"')
    const { body, headers } = await server.inject({ url: '/status/subscribe', headers: { accept: 'text/html' } })
    expect(body).toContain('<form method="post"')
    expect(body).toContain('Payment')
    // What needs one is not seen without it.
    expect(body).toMatch(/<div data-push="[\w-]{87}" data-refused="[^"]+" hidden>/)
    expect(Buffer.byteLength(body)).toBeLessThan(31 * 1_024)
    expect(headers['cache-control']).toBe('private, no-store')
  })
  it('asks at the address itself, and begins once somebody presses the button there', async () => {
    const page = await ask('ana@example.com')
    expect(page.statusCode).toBe(200)
    const [letter] = await letters('ana@example.com', 1)
    expect(letter!.subject).toBe('Confirm your subscription to Epicenter')
    expect(letter!.headers.get('list')).toBeUndefined()
    const link = linkIn(letter!, '/confirm')
    // A program that follows links confirms nothing.
    expect((await server.inject(link)).body).toContain('<button>Confirm</button>')
    expect((await admin('/api/v1/subscribers')).json()).toMatchObject([{ address: 'ana@example.com', state: 'asked' }])
    const done = await post(link, '')
    expect(done.body).toContain('You are subscribed')
    expect((await admin('/api/v1/subscribers?state=active')).json()).toMatchObject([{ address: 'ana@example.com' }])
    expect((await post(link, '')).statusCode).toBe(200)
  })
  it('says the same of an address that is subscribed, and tells its owner alone', async () => {
    const [known, fresh] = [await ask('ana@example.com'), await ask('new@example.com')]
    const plain = ({ body }: { body: string }) => body
    expect(plain(known)).toBe(plain(fresh))
    const [, again] = await letters('ana@example.com', 2)
    expect(again!.subject).toBe('You are subscribed to Epicenter')
    await letters('new@example.com', 1)
  })
  it('sends one address few messages, however often it is asked for, and answers alike', async () => {
    const answers = []
    for (const tag of ['', '+a', '+b', '+c', '+d']) answers.push((await ask(`bob${tag}@example.com`)).statusCode)
    expect(answers).toEqual([200, 200, 200, 200, 200])
    await letters('bob@example.com', 1)
    await letters('bob+b@example.com', 1)
    const rows = (await admin('/api/v1/subscribers')).json() as { address: string }[]
    expect(rows.filter(each => each.address.startsWith('bob'))).toHaveLength(3)
  })
  it('lets one network ask a few times, and refuses what comes from another site', async () => {
    const from = (i: number) =>
      server.inject({
        ...{ method: 'POST', url: '/status/subscribe', headers: HTML, remoteAddress: '198.51.100.7' },
        payload: new URLSearchParams({ address: `many${i}@example.com`, channel: 'email' }).toString(),
      })
    const codes = []
    for (let i = 0; i < 12; i++) codes.push((await from(i)).statusCode)
    expect(codes).toEqual([...Array.from({ length: 10 }, () => 200), 503, 503])
    const other = await post('/status/subscribe', { address: 'x@example.com' }, { origin: 'https://evil.example' })
    expect(other.statusCode).toBe(403)
  })
  it.each([
    '',
    'nobody',
    'a@b',
    'a b@example.com',
    'a@example.com\r\nBcc: b@example.com',
    '<a@example.com>',
    'a@exa_mple.com',
  ])('takes no address "%s"', async address => {
    const page = await ask(address)
    expect(page.statusCode).toBe(400)
    expect(page.body).toContain('No message can be sent to this address.')
  })
  it.each([
    ['webhook', 'http://shop.example/hook'],
    ['webhook', 'https://127.0.0.1/hook'],
    ['webhook', 'https://router.local/hook'],
    ['webhook', 'https://name:secret@shop.example/hook'],
    ['slack', 'https://shop.example/services/T/B/x'],
  ])('takes no %s at %s', async (channel, address) => {
    expect((await post('/status/subscribe', { channel, address })).statusCode).toBe(400)
  })
})

describe('subscribers', () => {
  it('are told of what begins, of what people say, and of the end, each once, by letters that lead out by one click', async () => {
    const token = await subscribed('cleo@example.com')
    const id = await incident()
    await command(id, 'note', { text: 'for the team alone' })
    await command(id, 'say', { text: 'The cart is being repaired.' })
    await command(id, 'resolve')
    const [, opened, said, over] = await letters('cleo@example.com', 4)
    expect(opened!.subject).toContain('Cart fails')
    expect(said!.text).toContain('The cart is being repaired.')
    expect(over!.subject).toMatch(/^Resolved: /)
    for (const each of [opened, said, over]) {
      expect(each!.text).not.toMatch(/for the team alone|console|Who has it/)
      expect(each!.html).toContain(`/subscription/${token}/leave`)
      const list = each!.headers.get('list') as unknown as { unsubscribe: { url: string } }
      expect(list.unsubscribe.url).toBe(`${HOME}/subscription/${token}/leave`)
      expect(
        each!.headers.get('list-unsubscribe-post') ??
          each!.headerLines.find(x => x.key === 'list-unsubscribe-post')?.line,
      ).toContain('One-Click')
    }
    expect(new Set([opened, said, over].map(each => each!.messageId)).size).toBe(3)
    // As a mail program does it: another site, no cookie, no page of ours.
    const click = await post(`/subscription/${token}/leave`, 'List-Unsubscribe=One-Click', {
      origin: 'https://mail.example',
    })
    expect(click.statusCode).toBe(200)
    expect((await server.inject(`/subscription/${token}`)).statusCode).toBe(404)
    const rows = (await admin('/api/v1/subscribers')).json() as { address: string }[]
    expect(rows.some(each => each.address === 'cleo@example.com')).toBe(false)
  })
  it('hear in their language of the components that they chose, and choose anew by their link', async () => {
    const payment = await componentId('Payment')
    const token = await subscribed('dora@example.com', { scope: 'some', component: payment, language: 'de' })
    await command(await incident({ title: 'Only the cart', components: 'cart' }), 'resolve')
    await command(await incident({ title: 'Paying fails', components: 'pay' }), 'resolve')
    const [asked, first] = await letters('dora@example.com', 3)
    expect(asked!.subject).toBe(subscriberWords.de.confirmTitle('Epicenter'))
    expect(first!.subject).toContain('Paying fails')
    expect(first!.headers.get('content-language')).toBe('de')
    const cart = await componentId('Cart')
    const saved = await post(`/subscription/${token}`, {
      scope: 'some',
      component: cart,
      language: 'fr',
      country: 'IN',
    })
    expect(saved.body).toContain(subscriberWords.fr.saved)
    const [row] = ((await admin('/api/v1/subscribers')).json() as { address: string }[]).filter(
      each => each.address === 'dora@example.com',
    )
    expect(row).toMatchObject({ components: [cart], language: 'fr', labels: { country: 'IN' } })
  })
  it('whose address is not known to their mail server are told no more', async () => {
    await subscribed('gone@example.com')
    refused.set('gone@example.com', '5.1.1 no such mailbox')
    await command(await incident({ title: 'Again' }), 'resolve')
    const status = async () => (await admin('/api/v1/subscribers/status')).json()
    while ((await status()).undelivered.length === 0) await new Promise(next => setTimeout(next, 5))
    expect((await status()).undelivered[0]).toMatchObject({
      address: 'gone@example.com',
      why: expect.stringContaining('5.1.1'),
    })
    const rows = (await admin('/api/v2/subscribers.json')).json() as { email: string; quarantined_at: string | null }[]
    expect(rows.find(each => each.email === 'gone@example.com')!.quarantined_at).toMatch(/^2/)
  })
  it('end by a report of their mail server too, if that has a link that only they were sent', async () => {
    const token = await subscribed('full@example.com')
    const report = (link: string) =>
      `Content-Type: multipart/report\r\n\r\nFinal-Recipient: rfc822; full@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n` +
      `Diagnostic-Code: smtp; 550 no such user\r\n\r\nList-Unsubscribe: <${HOME}/subscription/${link}/\r\n leave>\r\n`.replace(
        '/\r\n ',
        '/',
      )
    const take = async (message: string) => (await admin('/api/v1/subscribers/bounces', { message })).json().taken
    expect(await take(report('abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuv'))).toBe(false)
    expect(await take(report(token))).toBe(true)
    expect((await admin('/api/v1/subscribers?state=ended')).json()).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ address: 'full@example.com', why: '550 no such user' })]),
    )
    expect(bounceIn(report(token).replace('failed', 'delayed'))).toBeNull()
  })
  it('are taken in, listed as Statuspage lists them, counted and taken out by admins alone', async () => {
    const list = [{ address: 'Eve@EXAMPLE.com' }, { address: 'no' }, { address: 'x@example.com', page: 'other' }]
    const taken = (await admin('/api/v1/subscribers', { subscribers: list })).json()
    expect(taken).toMatchObject({ added: 1, known: 0, refused: [{ at: 1 }, { at: 2 }] })
    expect((await admin('/api/v1/subscribers', { subscribers: list.slice(0, 1) })).json()).toMatchObject({
      added: 0,
      known: 1,
    })
    const rows = (await admin('/api/v2/subscribers.json')).json() as { email: string }[]
    expect(rows.find(each => each.email === 'Eve@example.com')).toMatchObject({ mode: 'email', quarantined_at: null })
    const before = (await admin('/api/v2/subscribers/count.json')).json().email as number
    expect(
      (await admin('/api/v1/subscribers/remove', { addresses: ['Eve@example.com', 'none@example.com'] })).json(),
    ).toEqual({
      removed: 1,
    })
    expect((await admin('/api/v2/subscribers/count.json')).json().email).toBe(before - 1)
    for (const url of [
      '/api/v1/subscribers',
      '/api/v2/subscribers.json',
      '/api/v2/subscribers/count.json',
      '/api/v1/subscribers/status',
    ])
      expect((await server.inject(url)).statusCode).toBe(401)
  })
  it('come by Statuspage’s own call too, and are asked to confirm', async () => {
    const made = await post('/api/v2/subscribers.json', { 'subscriber[email]': 'fay@example.com' })
    expect([made.statusCode, made.json().subscriber]).toMatchObject([201, { mode: 'email', email: 'fay@example.com' }])
    expect((await letters('fay@example.com', 1))[0]!.subject).toContain('Confirm')
  })
})

it('tells who is concerned by a story: whoever was told that it began is told that it ended', () => {
  const at = { at: '2026-02-03T00:00:00Z', event: 'updated' as const, incident: 'i', seq: 0, service: 's' }
  const hit = (country: string) => [{ where: { country: [country] }, share: null, interval: null }]
  expect(
    whoOf([
      { ...at, segments: hit('IN'), unaffected: { country: ['DE', 'FR'] } },
      { ...at, segments: hit('PK'), unaffected: { country: ['FR', 'IN'] } },
    ]),
  ).toEqual({ segments: [{ country: ['IN'] }, { country: ['PK'] }], fine: { country: ['FR'] } })
  expect(
    whoOf([
      { ...at, segments: hit('IN') },
      { ...at, segments: [] },
    ]).segments,
  ).toEqual([])
})

describe('the console', () => {
  it('shows admins, and nobody else, how many there are and what could not be delivered', async () => {
    const own = { host: 'localhost', origin: 'http://localhost', 'sec-fetch-site': 'same-origin' }
    const cookieOf = async (role: 'admin' | 'responder') => {
      const key = app.people.invite({ role, name: null, by: 'owner' })
      const fields = { key, name: role, password: 'a long good password', again: 'a long good password' }
      const { headers } = await post('/console/join', fields, own)
      return String(headers['set-cookie']).split(';')[0]!
    }
    const see = async (role: 'admin' | 'responder') =>
      server.inject({ url: '/console/subscribers', headers: { ...own, cookie: await cookieOf(role) } })
    const page = await see('admin')
    expect(page.statusCode).toBe(200)
    expect(page.body).toContain('gone@example.com')
    expect(page.body).toContain('5.1.1')
    expect((await see('responder')).statusCode).toBe(403)
    expect((await server.inject('/console/subscribers')).statusCode).toBe(303)
  })
})
