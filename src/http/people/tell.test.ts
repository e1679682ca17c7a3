import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import vm from 'node:vm'
import { transformSync } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { MINUTE } from '../../contract/time.js'
import { App } from '../../shell/app.js'
import { complete } from '../../shell/config/load.js'
import { browser } from '../../testing/browser.js'
import { fakeEnv } from '../../testing/env.js'
import { arrival, report, STREAM_START, streamOf, topology } from '../../testing/stream.js'
import { buildServer } from '../server.js'

const HISTORY_MIN = 360

/** A shop that fails for everybody from the end of its quiet history on. */
async function world() {
  const env = fakeEnv(STREAM_START)
  const app = await App.open(complete({ clock: 'signals' }), env, { run: 'memory' })
  const posted: { url: string; headers: Record<string, string>; body: Buffer }[] = []
  let status = 201
  const server = await buildServer(app, {
    inMemory: true,
    post: async (url, headers, body) => {
      posted.push({ url, headers, body: Buffer.from(body) })
      if (status === 0) throw Object.assign(new Error('no'), { code: 'ECONNREFUSED' })
      return { status, retryAfterMs: null }
    },
  })
  const quiet = streamOf({ service: 'shop', minutes: HISTORY_MIN, seed: 4, requests: 0, reports: 0.5, cells: ['a'] })
  await app.ingestValues(
    [topology({ service: 'shop', at: STREAM_START, components: [{ id: 'cart', name: 'Cart' }] }), ...quiet].sort(
      (a, b) => arrival(a) - arrival(b),
    ),
  )
  let at = STREAM_START + HISTORY_MIN * MINUTE
  let n = 0
  return {
    app,
    server,
    posted,
    env,
    answer: (code: number) => {
      status = code
    },
    /** Minutes with so many people who report. */
    async minutes(count: number, people: number) {
      for (let m = 0; m < count; m++) {
        const rows = Array.from({ length: people }, () =>
          report({
            service: 'shop',
            at: at + (n % 50_000),
            id: `r${++n}`,
            reporter: `p${n}`,
            labels: { country: 'DE' },
          }),
        )
        await app.ingestValues([
          ...rows,
          report({ service: 'clock', at: at + MINUTE - 1, id: `t${++n}`, bad: 0, reporter: 'c' }),
        ])
        at += MINUTE
        env.move(MINUTE)
      }
      await app.caughtUp()
      await new Promise(done => setTimeout(done, 20))
    },
    ask: (payload: object, headers: Record<string, string> = {}) =>
      server.inject({ method: 'POST', url: '/api/v1/push', headers, payload }),
    say: (fields: Record<string, string>, accept = 'text/html') =>
      server.inject({
        method: 'POST',
        url: '/api/v1/report',
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept, 'user-agent': `B${++n}` },
        payload: new URLSearchParams({ service: 'shop', ...fields }).toString(),
      }),
    open: async () => (await app.reader.incidents({ service: 'shop', open: true, limit: 9 })).length,
    async [Symbol.asyncDispose]() {
      await server.close()
      await app[Symbol.asyncDispose]()
    },
  }
}

describe('"tell me when it is back where I am"', () => {
  it('tells once when the incident is over, asks, and counts the answer in the segment of who asked', async () => {
    await using w = await world()
    const { subscription, read } = browser()
    await w.minutes(12, 20)
    expect(await w.open()).toBe(1)
    const kept = await w.ask({
      service: 'shop',
      country: 'DE',
      platform: '',
      component: 'cart',
      lang: 'de',
      subscription,
    })
    expect(kept.statusCode).toBe(200)
    await w.minutes(5, 20)
    expect(w.posted).toEqual([])
    await w.minutes(180, 0)
    expect(await w.open()).toBe(0)
    expect(w.posted).toHaveLength(1)
    const { url, headers, body } = w.posted[0]!
    expect(url).toBe(subscription.endpoint)
    expect(headers).toMatchObject({ 'content-encoding': 'aes128gcm', ttl: '86400' })
    const key = ((await w.server.inject({ url: '/api/v1/push' })).json() as { key: string }).key
    expect(headers['authorization']).toMatch(new RegExp(`^vapid t=[\\w.-]+, k=${key}$`))
    const told = read(body)
    expect(told).toMatchObject({ title: 'shop scheint wieder normal zu laufen', lang: 'de', dir: 'ltr' })
    expect(told['url']).toMatch(/^\/s\/shop\/back\?asked=[\w-]{22}&lang=de$/)

    const page = await w.server.inject({ url: told['url']! })
    expect(page.body).toContain('Läuft shop bei dir wieder?')
    expect(page.headers['cache-control']).toBe('private, no-store')
    const asked = /name="asked" value="([\w-]{22})"/.exec(page.body)![1]!
    const thanked = await w.say({ kind: 'ok', back: '/s/shop/back', asked })
    expect(thanked.headers['location']).toBe('/s/shop/back?thanks=ok')
    await w.minutes(2, 0)
    const bins = await w.app.reader.rollups('shop', 0, Number.MAX_SAFE_INTEGER)
    expect(bins.flatMap(each => (each.reportsBy['followup'] ? [each.reportsBy['followup']] : []))).toEqual([
      { back: [0, 1] },
    ])
    expect(bins.find(each => each.reportsBy['followup'])?.reportsBy['component']).toEqual({ cart: [0, 1] })

    const again = await w.say({ kind: 'bad', back: '/s/shop/back', asked })
    expect(again.headers['location']).toBe('/s/shop/back?thanks=used')
    expect((await w.say({ kind: 'bad', asked }, 'application/json')).statusCode).toBe(410)
  }, 60_000)

  it('tries again while a push service is down, and forgets a letter box that is gone', async () => {
    await using w = await world()
    const { subscription } = browser()
    await w.minutes(12, 20)
    await w.ask({ service: 'shop', subscription })
    w.answer(0)
    await w.minutes(180, 0)
    expect(w.posted.length).toBeGreaterThan(0)
    const tried = w.posted.length
    w.answer(410)
    w.env.move(60 * MINUTE)
    // Any news of an incident wakes it.
    await w.minutes(12, 20)
    await w.minutes(180, 0)
    expect(w.posted.length).toBeGreaterThan(tried)
    const gone = w.posted.length
    await w.minutes(12, 20)
    await w.minutes(180, 0)
    expect(w.posted).toHaveLength(gone)
    expect(JSON.stringify(w.env.said)).not.toContain('push.example.com')
  }, 60_000)

  it('refuses what is no browser, no push service, no service, or another site’s wish', async () => {
    await using w = await world()
    const { subscription } = browser()
    const good = { service: 'shop', subscription }
    const at = (endpoint: string) => ({ service: 'shop', subscription: { ...subscription, endpoint } })
    for (const [body, status, headers] of [
      [at('http://push.example.com/1'), 400, {}],
      [at('https://127.0.0.1/1'), 400, {}],
      [at('https://metadata.google.internal/1'), 400, {}],
      [{ ...good, subscription: { ...subscription, keys: { p256dh: 'AAAA', auth: 'AAAA' } } }, 400, {}],
      [{ service: 'shop' }, 400, {}],
      [{ ...good, service: 'nobody' }, 404, {}],
      [good, 403, { origin: 'https://evil.example', host: 'shop.example' }],
    ] as const)
      expect((await w.ask(body, headers)).statusCode, JSON.stringify(body)).toBe(status)
    let last = 200
    for (let i = 0; i < 70 && last === 200; i++) last = (await w.ask(at(`https://push.example.com/${i}`))).statusCode
    expect(last).toBe(503)
    for (const query of ['asked=<script>', 'thanks=x'])
      expect((await w.server.inject({ url: `/s/shop/back?${query}` })).statusCode).toBe(400)
  })
})

describe('the service worker', () => {
  const code = transformSync(readFileSync(fileURLToPath(new URL('../../web/sw.ts', import.meta.url)), 'utf8'), {
    loader: 'ts',
  }).code
  it.each(['https://status.example.com/', 'https://example.com/status/'])(
    'at %s shows what was sent and opens pages of its own place only',
    async scope => {
      const listeners = new Map<string, (event: object) => void>()
      const shown: unknown[] = []
      const opened: string[] = []
      vm.runInNewContext(code, {
        URL,
        registration: { scope, showNotification: async (...args: unknown[]) => void shown.push(args) },
        clients: { openWindow: async (url: string) => void opened.push(url) },
        addEventListener: (type: string, listener: (event: object) => void) => listeners.set(type, listener),
      })
      const waitUntil = () => {}
      listeners.get('push')!({
        waitUntil,
        data: { json: () => ({ title: 'T', body: 'B', url: '/s/a', tag: 'i', lang: 'ar', dir: 'rtl' }) },
      })
      expect(JSON.parse(JSON.stringify(shown))).toEqual([
        ['T', { body: 'B', tag: 'i', lang: 'ar', dir: 'rtl', icon: `${scope}assets/mark.svg`, data: '/s/a' }],
      ])
      for (const data of ['/s/a', 'https://evil.example/x', '//evil.example'])
        listeners.get('notificationclick')!({ waitUntil, notification: { data, close: () => {} } })
      expect(opened).toEqual([`${scope}s/a`, scope, scope])
    },
  )
  it('and the script that asks are small', async () => {
    for (const name of ['sw', 'tell']) {
      const text = readFileSync(fileURLToPath(new URL(`../../web/${name}.ts`, import.meta.url)), 'utf8')
      expect(transformSync(text, { loader: 'ts', minify: true }).code.length, name).toBeLessThan(2_048)
    }
  })
})
