import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { DAY, HOUR, MINUTE } from '../../contract/time.js'
import { App } from '../../shell/app.js'
import { parse } from '../../shell/config/load.js'
import { realEnv } from '../../shell/env.js'
import { fakeEnv } from '../../testing/env.js'
import { buildServer } from '../server.js'
import { Desk } from '../statuspage/desk.js'
import { Composer } from './compose.js'
import { subscriberWords } from './words.js'

const configOf = async (yaml: string) => {
  const { config, findings } = await parse(yaml, {})
  expect(findings).toEqual([])
  return config!
}
const SHOP = 'services: [{ id: shop, title: Shop, components: [{ id: pay, name: Pay }] }]\n'

describe('planned work', () => {
  const T = Date.UTC(2026, 1, 3)
  it('is announced, reminded of, begun and over: each while it holds, and of a plan that comes again its next window alone', async () => {
    const env = fakeEnv(T)
    const config = await configOf(
      `${SHOP}subscribers: { remindMinutes: [1440, 60] }
maintenance:
  - { id: disks, title: New disks, text: Orders wait., starts: 2026-02-05T00:00:00Z, minutes: 30, rrule: FREQ=DAILY;COUNT=2, components: [shop/pay] }
`,
    )
    await using app = await App.open(config, env, { run: 'memory' })
    const parts = { reader: app.reader, pages: config.pages, maintenance: config.maintenance, wallNow: () => env.now() }
    const composer = new Composer(app, new Desk(parts), () => 'https://status.example.com')
    const steps = async () => (await composer.planned()).map(({ key }) => key.split(' ')[2])
    expect(await steps()).toEqual(['scheduled'])
    env.move(DAY + MINUTE)
    expect(await steps()).toEqual(['scheduled', 'reminder-1440'])
    const [, reminder] = await composer.planned()
    expect(Object.values(reminder!.broadcast.pages)).toEqual([[expect.stringMatching(/^[0-9a-z]{12}$/)]])
    const written = await composer.write(reminder!.broadcast.about, { page: 'main', language: 'de' }, null)
    expect(written!.message.subject).toBe(`${subscriberWords.de.reminder}: New disks (Wartung)`)
    expect(written!.message.says[0]).toBe('Orders wait.')
    expect(written!.message.facts.map(each => each.text)).toEqual([expect.stringContaining('5. Feb'), 'Pay'])
    expect(written!.status).toMatchObject([{ incident: { status: 'scheduled', name: 'New disks' } }])
    // It is too late for a reminder that nobody sent in time.
    env.move(2 * HOUR)
    expect(await steps()).toEqual(['scheduled'])
    env.move(DAY - 2 * HOUR)
    expect(await steps()).toEqual(['reminder-1440', 'in_progress'])
    env.move(HOUR)
    expect(await steps()).toEqual(['scheduled', 'completed'])
    env.move(DAY)
    expect(await steps()).toEqual(['completed'])
    env.move(DAY)
    expect(await steps()).toEqual([])
  })
})

describe('a webhook', () => {
  it('is asked at its own address, told as Statuspage tells, signed by the secret of its page, beside one that never answers', async () => {
    const got: { body: string; headers: IncomingHttpHeaders }[] = []
    let heard = () => {}
    const receiver = createServer(async (request, response) => {
      let body = ''
      for await (const piece of request) body += String(piece)
      got.push({ body, headers: request.headers })
      response.end()
      heard()
    })
    const silent = createServer(() => {})
    for (const each of [receiver, silent]) await new Promise<void>(done => each.listen(0, '127.0.0.1', done))
    const at = (server: typeof receiver) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
    const until = async (count: number) => {
      while (got.length < count) await new Promise<void>(done => (heard = done))
    }
    const config = await configOf(`${SHOP}url: https://status.example.com\nsubscribers: { allowPrivate: true }\n`)
    const app = await App.open(
      config,
      realEnv(() => {}),
      { run: 'memory' },
    )
    const server = await buildServer(app, { inMemory: true })
    try {
      const headers = { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' }
      const post = (url: string, payload: string) => server.inject({ method: 'POST', url, payload, headers })
      expect((await server.inject('/status/subscribe')).body).not.toContain('value="email"')
      await post('/status/subscribe', new URLSearchParams({ channel: 'webhook', address: at(receiver) }).toString())
      await until(1)
      const { subscription } = JSON.parse(got[0]!.body) as { subscription: { confirm_url: string } }
      const { pathname } = new URL(subscription.confirm_url)
      const page = (await post(pathname, '')).body
      const secret = /whsec_[A-Za-z0-9+/=]+/.exec(page)![0]
      const authorization = { authorization: 'Bearer memory' }
      const silentOne = { subscribers: [{ channel: 'webhook', address: at(silent) }] }
      await server.inject({ method: 'POST', url: '/api/v1/subscribers', payload: silentOne, headers: authorization })
      const payload = {
        service: 'shop',
        title: 'Paying fails',
        severity: 'major',
        components: 'pay',
        text: 'We look.',
        by: 'ana',
        why: 'seen',
      }
      await server.inject({ method: 'POST', url: '/api/v1/incidents', payload, headers: authorization })
      await until(3)
      const [, first, second] = got
      const told = JSON.parse(first!.body) as {
        incident: { name: string; status: string }
        meta: { unsubscribe: string }
      }
      expect(told.incident).toMatchObject({ name: 'Shop: Paying fails', status: 'investigating' })
      expect(told.meta.unsubscribe).toMatch(/^https:\/\/status\.example\.com\/subscription\//)
      expect(JSON.parse(second!.body)).toMatchObject({ component_update: { new_status: 'partial_outage' } })
      expect(first!.body).not.toContain('seen')
      for (const { body, headers: signed } of [first!, second!])
        expect(() => new Webhook(secret).verify(body, signed as Record<string, string>)).not.toThrow()
      expect(() => new Webhook(secret).verify(`${first!.body} `, first!.headers as Record<string, string>)).toThrow()
    } finally {
      silent.closeAllConnections()
      await server.close()
      await app[Symbol.asyncDispose]()
      for (const each of [receiver, silent]) each.close()
    }
  })
})

describe('a configuration', () => {
  it.each([
    ['subscribers: { mail: none }', 'subscribers.mail'],
    ['subscribers: { channels: [email] }', 'subscribers.mail'],
    ['subscribers: { mail: chat }\nnotifiers: [{ use: ntfy, id: chat, topic: a-topic }]', 'subscribers.mail'],
    ['subscribers: { channels: [pigeon] }', 'subscribers.channels'],
  ])('that says %s is refused', async (yaml, path) => {
    const { findings } = await parse(`${SHOP}${yaml}\n`, {})
    expect(findings.map(each => each.path.replace(/\[.*/, ''))).toContain(path)
  })
})
