import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Checked, Plugin, Probe } from '../src/contract/plugin.js'
import browser from '../src/plugin/probe/browser.js'
import dns from '../src/plugin/probe/dns.js'
import http from '../src/plugin/probe/http.js'
import ping from '../src/plugin/probe/ping.js'
import postgresql from '../src/plugin/probe/postgresql.js'
import redis from '../src/plugin/probe/redis.js'
import smtp from '../src/plugin/probe/smtp.js'
import tcp from '../src/plugin/probe/tcp.js'
import tls from '../src/plugin/probe/tls.js'
import websocket from '../src/plugin/probe/websocket.js'
import { checkSettings } from '../src/shell/config/settings.js'
import { pluginEnv } from '../src/shell/outside/env.js'
import { type Daemon, Daemons } from './daemons.js'
import { freePort } from './recipes.js'

const daemons = new Daemons()
const env = pluginEnv({ now: Date.now, log: () => {} }, ['127.0.0.0/8'])
const host = '127.0.0.1'

/** One look, with settings as a configuration file has them, and so long for it. */
async function look<C>(plugin: Plugin<'probe', C, Probe>, given: object, ms = 5_000): Promise<Checked> {
  const { settings, errors } = checkSettings(plugin.config, given as Record<string, unknown>, new Set())
  expect(errors).toEqual([])
  await using probe = await plugin.open(settings as C, env)
  const late = AbortSignal.timeout(ms)
  return probe.check(late).catch((error: Error) => ({ outcome: 'unknown', why: error.message }) as const)
}
/** A server that is held answers nobody, and says nothing against itself either. */
async function silent<C>(daemon: Daemon, plugin: Plugin<'probe', C, Probe>, given: object): Promise<void> {
  daemon.hold()
  try {
    const { outcome, why } = await look(plugin, given, 400)
    expect(outcome).not.toBe('ok')
    expect(why).toMatch(/no answer|stopped/)
  } finally {
    daemon.release()
  }
  await expect.poll(async () => (await look(plugin, given)).outcome, { timeout: 10_000 }).toBe('ok')
}

let web: Daemon
let certified: Daemon
let cache: Daemon
let database: Daemon
let mail: Daemon
let names: Daemon
beforeAll(async () => {
  const [key, certificate] = ['key.pem', 'cert.pem'].map(each => join(daemons.folder, each)) as [string, string]
  const of = ['-subj', '/CN=shop.example', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '10']
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      key,
      '-out',
      certificate,
      ...of,
    ],
    { stdio: 'ignore' },
  )
  const page = '<!doctype html><title>Shop</title><h1>Welcome</h1><a href=/thanks>Buy</a>'
  writeFileSync(join(daemons.folder, 'slow.txt'), 'x'.repeat(20_000))
  web = await daemons.nginx(`
location = / { default_type text/html; return 200 '${page}'; }
location = /thanks { default_type text/html; return 200 '<p>Thank you'; }
location = /health { default_type application/json; return 200 '{"status":"up","parts":[{"ok":true}]}'; }
location = /ill { default_type application/json; return 200 '{"status":"down","parts":[{"ok":false}]}'; }
location = /moved { return 302 /health; }
location = /round { return 302 /round; }
location = /full { return 503; }
location = /slow.txt { root ${daemons.folder}; limit_rate 1k; }`)
  certified = await daemons.nginx(`ssl_certificate ${certificate}; ssl_certificate_key ${key}; return 200 'ok';`, 'ssl')
  cache = await daemons.redis('--requirepass', 'hush')
  database = await daemons.postgresql()
  mail = await daemons.postfix(
    `smtpd_tls_cert_file = ${certificate}`,
    `smtpd_tls_key_file = ${key}`,
    'smtpd_tls_security_level = may',
  )
  names = await daemons.names('--address=/shop.example/192.0.2.1', '--mx-host=shop.example,mail.example,10')
})
afterAll(() => daemons.stop())

describe('http, against nginx', () => {
  const asks = (path: string, more: object = {}, ms?: number) =>
    look(http, { url: `http://${host}:${web.port}${path}`, ...more }, ms)
  const json = [
    { path: '$.status', is: 'up' },
    { path: '$.parts[*].ok', is: true },
  ]
  it('right', async () => {
    expect(await asks('/health', { json })).toMatchObject({ outcome: 'ok', phases: { connect: expect.any(Number) } })
    expect((await asks('/moved', { json, endsAt: `http://${host}:${web.port}/health` })).outcome).toBe('ok')
  })
  it('refusing', async () => {
    expect((await asks('/full')).why).toBe('status 503')
    expect((await asks('/round')).why).toMatch(/redirects more than 5 times/)
    expect((await look(http, { url: `http://${host}:${await freePort()}/` })).why).toMatch(/ECONNREFUSED/)
  })
  it('lying', async () => {
    expect((await asks('/ill', { json })).why).toBe('$.status is "down", not "up"')
    expect((await asks('/', { json })).why).toBe('the answer is no JSON but a web page')
  })
  it('slow', async () => {
    expect((await asks('/slow.txt', {}, 400)).outcome).not.toBe('ok')
    await silent(web, http, { url: `http://${host}:${web.port}/health`, json })
  })
})

describe('tcp, websocket and a browser, against nginx', () => {
  it('tcp: right, lying, slow', async () => {
    const asking = { host, port: web.port, send: 'GET /health HTTP/1.0\r\n\r\n', contains: '"status":"up"' }
    expect((await look(tcp, asking)).outcome).toBe('ok')
    expect((await look(tcp, { ...asking, send: 'GET /ill HTTP/1.0\r\n\r\n' })).why).toMatch(/hangs up in the middle/)
    await silent(web, tcp, asking)
  })
  it('websocket: there is none', async () => {
    expect((await look(websocket, { url: `ws://${host}:${web.port}/health` })).why).toMatch(/status 200, where/)
    expect((await look(websocket, { url: `ws://${host}:${web.port}/full` })).why).toMatch(/status 503, where/)
  })
  it('browser: a journey that ends well, and one that does not', async () => {
    const program = process.env['EPICENTER_CHROMIUM'] ?? '/usr/bin/chromium'
    const open = `http://${host}:${web.port}/`
    const steps = [{ open }, { see: 'Welcome' }, { click: 'text=Buy' }, { see: 'Thank you' }]
    expect(await look(browser, { program, steps }, 60_000)).toMatchObject({ outcome: 'ok' })
    const lost = [{ open }, { see: 'Goodbye' }]
    expect((await look(browser, { program, stepSeconds: 1, steps: lost }, 60_000)).why).toMatch(
      /^step 2 \(see Goodbye\)/,
    )
    expect((await look(browser, { program, steps: [{ open: `${open}full` }] }, 60_000)).why).toMatch(/status 503/)
  })
})

describe('tls, against nginx', () => {
  it('right, soon over, not believed, and none at all', async () => {
    const asking = { host, port: certified.port, believed: false, days: 5 }
    expect(await look(tls, asking)).toMatchObject({ outcome: 'ok', figures: { certificateDaysLeft: 9 } })
    expect((await look(tls, { ...asking, days: 14 })).outcome).toBe('degraded')
    expect((await look(tls, { ...asking, believed: true })).why).toMatch(/not believed \(\w*SELF_SIGNED\w*\)/)
    expect((await look(tls, { ...asking, port: web.port })).outcome).toBe('bad')
    await silent(certified, tls, asking)
  })
})

describe('redis', () => {
  const asking = () => ({ host, port: cache.port, password: 'hush', role: 'master' })
  it('right', async () => expect(await look(redis, asking())).toMatchObject({ outcome: 'ok' }))
  it('refusing', async () => {
    expect((await look(redis, { ...asking(), password: 'other' })).why).toMatch(/WRONGPASS/)
    expect((await look(redis, { host, port: cache.port })).why).toMatch(/NOAUTH/)
    expect((await look(redis, { ...asking(), role: 'replica' })).why).toMatch(/a master, not a replica/)
  })
  it('a replica that has lost its master is degraded', async () => {
    const replica = await daemons.redis('--replicaof', host, `${await freePort()}`)
    expect(await look(redis, { host, port: replica.port, role: 'replica' })).toMatchObject({ outcome: 'degraded' })
  })
  it('slow', () => silent(cache, redis, asking()))
  it('lying: another daemon', async () => {
    for (const { port } of [web, mail, database])
      expect((await look(redis, { ...asking(), port }, 1_500)).outcome).toBe('bad')
  })
})

describe('postgresql', () => {
  const asking = () => ({ host, port: database.port, user: 'watcher', password: 'hush' })
  it('right', async () => {
    expect(await look(postgresql, asking())).toMatchObject({ outcome: 'ok' })
    expect(await look(postgresql, { host, port: database.port })).toMatchObject({ outcome: 'ok' })
  })
  it('refusing', async () => {
    expect((await look(postgresql, { ...asking(), password: 'other' })).why).toMatch(/28P01/)
    expect((await look(postgresql, { ...asking(), query: 'select nothing' })).why).toMatch(/42703/)
    expect((await look(postgresql, { ...asking(), tls: 'require' })).why).toBe('it does not offer TLS')
  })
  it('slow', async () => {
    expect((await look(postgresql, { ...asking(), query: 'select pg_sleep(3)' }, 400)).why).toMatch(/no answer/)
    await silent(database, postgresql, asking())
  })
  it('lying: another daemon', async () => {
    for (const { port } of [web, mail, cache])
      expect((await look(postgresql, { ...asking(), port }, 1_500)).outcome).toBe('bad')
  })
})

describe('smtp, against postfix', () => {
  const asking = () => ({ host, port: mail.port, to: 'someone@mail.example' })
  it('right, with TLS too', async () => {
    expect(await look(smtp, asking())).toMatchObject({ outcome: 'ok' })
    expect((await look(smtp, { ...asking(), tls: 'starttls', believed: false })).why ?? 'ok').toBe('ok')
  })
  it('refusing', async () => {
    expect((await look(smtp, { ...asking(), to: 'someone@elsewhere.example' })).why).toMatch(
      /RCPT is answered with "554/,
    )
    expect((await look(smtp, { ...asking(), tls: 'starttls' })).why).toMatch(/TLS/)
  })
  it('slow', async () => {
    const slow = await daemons.postfix('smtpd_delay_reject = no', 'smtpd_client_restrictions = sleep 2')
    expect((await look(smtp, { ...asking(), port: slow.port }, 400)).why).toBe('connected, and no answer')
  })
  it('lying: another daemon', async () => {
    for (const { port } of [web, cache, database])
      expect((await look(smtp, { ...asking(), port }, 1_500)).outcome).toBe('bad')
  })
})

describe('dns, against dnsmasq', () => {
  const asking = () => ({ name: 'shop.example', servers: [`${host}:${names.port}`], answers: ['192.0.2.1'] })
  it('right, by UDP and TCP', async () => {
    expect((await look(dns, asking())).why ?? 'ok').toBe('ok')
    expect((await look(dns, { ...asking(), transport: 'tcp' })).why ?? 'ok').toBe('ok')
    expect((await look(dns, { ...asking(), type: 'MX', answers: ['10 mail.example'] })).why ?? 'ok').toBe('ok')
  })
  it('refusing', async () => {
    expect((await look(dns, { ...asking(), name: 'elsewhere.example' })).why).toMatch(/answers REFUSED, not NOERROR/)
    const port = await freePort()
    expect((await look(dns, { ...asking(), servers: [`${host}:${port}`] })).why).toMatch(/ECONNREFUSED/)
  })
  it('lying: a server that says otherwise than the others', async () => {
    const liar = await daemons.names('--address=/shop.example/203.0.113.9')
    expect((await look(dns, { ...asking(), servers: [`${host}:${liar.port}`] })).why).toMatch(/203\.0\.113\.9, without/)
    const both = [names, liar].map(each => `${host}:${each.port}`)
    expect(await look(dns, { name: 'shop.example', servers: both })).toMatchObject({ outcome: 'degraded' })
  })
  it('slow', () => silent(names, dns, { ...asking(), transport: 'tcp' }))
})

describe('ping, by fping', () => {
  it('right', async () =>
    expect(await look(ping, { host })).toMatchObject({ outcome: 'ok', figures: { lossShare: 0 } }))
})
