import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Config } from '../../../contract/config.js'
import { mayRole, type Role, ROLES } from '../../../contract/role.js'
import { SECTION_ACTS, SECTIONS } from '../../../contract/console/settings.js'
import { App } from '../../../shell/app.js'
import { load } from '../../../shell/config/load.js'
import { reloader } from '../../../shell/config/reload.js'
import { SettingsDesk } from '../../../shell/settings/desk.js'
import { fakeEnv } from '../../../testing/env.js'
import { buildServer } from '../../server.js'
import { fieldsIn } from './fixtures/submit.js'

const HOME = { host: 'localhost', origin: 'http://localhost', 'sec-fetch-site': 'same-origin' }
const PASSWORD = 'correct horse battery'
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const folder = mkdtempSync(join(tmpdir(), 'epicenter-forms-'))
const file = join(folder, 'epicenter.yaml')
let app: App
let server: FastifyInstance
/** What a page to look at, and a channel, are pointed at. */
let other: ReturnType<typeof createServer>
let address = ''
const heard: string[] = []
const cookies = new Map<Role, string>()

beforeAll(async () => {
  other = createServer((request, response) => {
    let body = ''
    request.on('data', piece => (body += piece))
    request.on('end', () => {
      heard.push(`${request.method} ${body}`)
      response.end('fine')
    })
  })
  await new Promise<void>(done => other.listen(0, '127.0.0.1', done))
  address = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
  writeFileSync(
    file,
    `data: data
services: [{ id: shop, components: [{ id: pay, name: Pay }] }]
notifiers: [{ use: webhook, id: ops, url: '${address}/hook', secret: ${SECRET} }]
`,
  )
  mkdirSync(join(folder, 'data'))
  const { config } = await load(file, {})
  app = await App.open(config!, fakeEnv(), { run: 'memory' })
  const apply = async (next: Config) => {
    await app.reconfigure(next)
    await server.close()
    server = await build()
  }
  const desk = new SettingsDesk({
    file,
    load: settled => load(file, {}, { settled }),
    reload: reloader({ load: () => load(file, {}), running: () => app.config, apply: next => late(() => apply(next)) }),
    running: () => app.config,
    now: () => app.env.now(),
  })
  const build = () => buildServer(app, { inMemory: true, settings: desk })
  // The real house answers what is being asked before it changes; here the change is made between two requests.
  const late = async (work: () => Promise<void>) => void after.push(work)
  server = await build()
  for (const role of ROLES) {
    const key = app.people.invite({ role, name: null, by: 'owner' })
    const answer = await form('/console/join', { key, name: role, password: PASSWORD, again: PASSWORD })
    cookies.set(role, String(answer.headers['set-cookie']).split(';')[0]!)
  }
})
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
  other.close()
  rmSync(folder, { recursive: true, force: true })
})
const after: (() => Promise<void>)[] = []

async function form(url: string, fields: Record<string, string>, role?: Role) {
  const cookie = role === undefined ? {} : { cookie: cookies.get(role)! }
  const headers = { 'content-type': 'application/x-www-form-urlencoded', ...HOME, ...cookie }
  const answer = await server.inject({ method: 'POST', url, payload: new URLSearchParams(fields).toString(), headers })
  for (const work of after.splice(0)) await work()
  return answer
}
const get = async (url: string, role: Role = 'admin') =>
  (await server.inject({ url, headers: { ...HOME, cookie: cookies.get(role)! } })).payload

/** Opens a form, fills it in, and presses a button. */
async function fill(
  page: string,
  section: string,
  fields: Record<string, string>,
  button = 'save',
  role: Role = 'admin',
) {
  const action = `/console/settings/${section}`
  return form(action, { ...fieldsIn(await get(page, role), action), ...fields, do: button }, role)
}

describe('settings in the console', () => {
  it('a probe is tried, saved, runs, is changed and taken away', async () => {
    const fields = { 'v/id': 'front', 'v/url': `${address}/`, 'v/service': 'shop', 'v/allowPrivate': 'true' }
    const page = '/console/settings/probes/new?use=http'
    const tried = await fill(page, 'probes', fields, 'try')
    expect(tried.payload).toMatch(/probe front: ok/)
    expect(app.config.probes).toEqual([])
    const saved = await fill(page, 'probes', fields)
    expect([saved.statusCode, saved.headers.location]).toEqual([303, '/console/settings/probes/e/front?done=1'])
    expect(app.config.probes).toMatchObject([{ id: 'front', service: 'shop', settings: { url: `${address}/` } }])
    expect(app.inputs.status.map(each => each.id)).toContain('front')
    const own = '/console/settings/probes/e/front'
    await fill(own, 'probes', { 'v/everySeconds': '120' })
    expect(app.config.probes[0]!.everyMs).toBe(120_000)
    expect(await get('/console/settings/history')).toMatch(/changed.*probes front.*everySeconds/s)
    const action = '/console/settings/probes'
    await form(action, { use: 'http', of: 'front', seen: '2', do: 'remove' }, 'admin')
    expect(app.config.probes).toEqual([])
  })

  it('what is wrong stands beside its field, what was typed is still there, and secrets need not be typed again', async () => {
    const page = '/console/settings/notifiers/new?use=webhook'
    const wrong = await fill(page, 'notifiers', { 'v/id': 'Not an id', 'v/url': `${address}/b`, 'v/secret': SECRET })
    expect(wrong.statusCode).toBe(409)
    expect(wrong.payload).toMatch(/<b>id<\/b>: expected a text that matches/)
    expect(wrong.payload).toMatch(/value="Not an id"[^>]* aria-invalid="true"/)
    expect(wrong.payload).not.toContain(SECRET)
    // A browser sends the form though the field is empty.
    expect(wrong.payload).toMatch(
      /name="v\/secret" type="password" autocomplete="new-password" placeholder="held as you typed it"/,
    )
    const again = fieldsIn(wrong.payload, '/console/settings/notifiers')
    const saved = await form('/console/settings/notifiers', { ...again, 'v/id': 'b', do: 'save' }, 'admin')
    expect(saved.headers.location).toContain('/e/b')
    expect(app.config.notifiers[1]!.settings['secret']).toBe(SECRET)
    const shown = await get('/console/settings/notifiers/e/b')
    expect(shown).toContain('kept; leave it empty to keep it')
    for (const path of [
      '/console/settings/notifiers/e/b',
      '/console/settings/notifiers/e/ops',
      '/console/settings/notifiers',
      '/console/settings/export.yaml',
      '/console/settings/history',
    ])
      expect([path, (await get(path)).includes(SECRET)]).toEqual([path, false])
    await fill('/console/settings/notifiers/e/b', 'notifiers', { 'v/url': `${address}/c` })
    expect(app.config.notifiers[1]!.settings).toMatchObject({ secret: SECRET, url: `${address}/c` })
  })

  it('a channel gets a test message before and after it is saved, and one of the file too', async () => {
    heard.length = 0
    const fields = { 'v/id': 'd', 'v/url': `${address}/d`, 'v/secret': SECRET }
    const tried = await fill('/console/settings/notifiers/new?use=webhook', 'notifiers', fields, 'try')
    expect(tried.payload).toContain('Taken after')
    const action = '/console/settings/notifiers'
    const of = await form(action, { use: 'webhook', of: 'ops', do: 'try-saved' }, 'responder')
    expect(of.payload).toContain('Taken after')
    expect(heard.filter(each => each.startsWith('POST') && each.includes('"test"'))).toHaveLength(2)
  })

  it('what the file names is shown and cannot be changed', async () => {
    const page = await get('/console/settings/services/e/shop')
    expect(page).toContain('says this, and it is changed there')
    expect(page).not.toContain('value="save"')
    const answer = await form(
      '/console/settings/services',
      { of: 'shop', seen: '0', 'v/title': 'Mine', do: 'save' },
      'admin',
    )
    expect([answer.statusCode, answer.payload.includes('that the configuration file does not have')]).toEqual([
      409,
      true,
    ])
    expect(readFileSync(file, 'utf8')).not.toContain('Mine')
  })

  it('who saves second sees what the first one did and can save again', async () => {
    const page = '/console/settings/maintenance/new'
    const work = { 'v/title': 'Work', 'v/starts': '2031-05-09T22:00', 'v/minutes': '60', 'v/components': 'shop' }
    await fill(page, 'maintenance', { ...work, 'v/id': 'w' }, 'save', 'responder')
    const own = '/console/settings/maintenance/e/w'
    const seen = fieldsIn(await get(own), '/console/settings/maintenance')
    await fill(own, 'maintenance', { 'v/minutes': '90' }, 'save', 'responder')
    const late = await form('/console/settings/maintenance', { ...seen, 'v/title': 'Other work', do: 'save' }, 'admin')
    expect(late.statusCode).toBe(409)
    expect(late.payload).toMatch(/<b>responder<\/b>.*was quicker \(minutes\).*minutes: 90/s)
    expect(late.payload).toContain('value="Other work"')
    const again = fieldsIn(late.payload, '/console/settings/maintenance')
    await form('/console/settings/maintenance', { ...again, do: 'save' }, 'admin')
    expect(app.config.maintenance).toMatchObject([{ id: 'w', title: 'Other work', minutes: 60 }])
  })

  it.each(ROLES)('%s may change what the table says and see the rest', async role => {
    for (const section of SECTIONS) {
      const may = mayRole(role, SECTION_ACTS[section])
      const body = { 'v/id': '', do: 'save', use: section === 'sources' ? 'feed' : 'http' }
      const answer = await form(`/console/settings/${section}`, body, role)
      expect([section, answer.statusCode === 403]).toEqual([section, !may])
      expect((await get(`/console/settings/${section}`, role)).includes('/new"')).toBe(may)
    }
    for (const [path, act] of [
      ['/console/tokens', 'settings'],
      ['/console/settings/export.yaml', 'settings'],
      ['/console/on-call', 'read'],
      ['/console/mutes', 'read'],
    ] as const) {
      const { statusCode } = await server.inject({ url: path, headers: { ...HOME, cookie: cookies.get(role)! } })
      expect([path, statusCode === 403]).toEqual([path, !mayRole(role, act)])
    }
    const elsewhere = await server.inject({
      ...{ method: 'POST', url: '/console/settings/services', payload: 'v/id=x&do=save' },
      headers: {
        cookie: cookies.get(role)!,
        host: 'localhost',
        origin: 'https://evil.example',
        'content-type': 'application/x-www-form-urlencoded',
      },
    })
    expect(elsewhere.statusCode).toBe(403)
  })

  it('lists are searched and come by pages', async () => {
    const many = Array.from({ length: 120 }, (_, i) => `  - { id: s${i}, title: Number ${i} }`).join('\n')
    writeFileSync(file, `data: data\nservices:\n${many}\n`)
    const page = await get('/console/settings/services')
    expect(page).toContain('Page 1 of 3, 120 in all')
    expect(await get('/console/settings/services?page=3')).toContain('>s119<')
    const found = await get('/console/settings/services?q=number+77')
    expect(found.match(/\/e\//g)).toHaveLength(1)
    expect(await get('/console/settings/services?q=<b>')).toContain('No service is called so')
  })
})
