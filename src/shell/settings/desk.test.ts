import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Config } from '../../contract/config.js'
import { Registry } from '../../plugin/registry.js'
import { load, parse } from '../config/load.js'
import { reloader } from '../config/reload.js'
import { SettingsDesk } from './desk.js'
import { exported } from './export.js'
import { readSettings, settledOf, settingsFile } from './settings-file.js'

const FILE = `# Ours
title: Shop
data: data
services: [{ id: shop, components: [{ id: pay, name: Pay }] }]
notifiers:
  - { use: webhook, url: 'http://127.0.0.1:1/', secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw }
  - { use: webhook, id: b, url: 'http://127.0.0.1:2/', secret: '\${HOOK}' }
tokens: [{ name: ci, secret: a-secret-of-twenty-characters, scopes: [signals] }]
`
const VARS = { HOOK: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx' }
let folder: string
let file: string
let running: Config
let desk: SettingsDesk
/** Why the server cannot work with what it is given; null: it can. */
let broken: string | null

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'epicenter-settings-'))
  file = join(folder, 'epicenter.yaml')
  writeFileSync(file, FILE)
  const { mkdirSync } = await import('node:fs')
  mkdirSync(join(folder, 'data'))
  running = (await load(file, VARS)).config!
  broken = null
  const apply = async (next: Config) => {
    if (broken !== null) throw new Error(broken)
    running = next
  }
  desk = new SettingsDesk({
    file,
    load: settled => load(file, VARS, { settled }),
    reload: reloader({ load: () => load(file, VARS), running: () => running, apply }),
    running: () => running,
    now: () => 1_000,
  })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const feed = (more: object = {}) => ({
  use: 'feed',
  id: 'forum',
  url: 'https://forum.example/feed',
  services: [{ service: 'shop', names: ['Shop'] }],
  ...more,
})
const put = (value: Record<string, unknown>, seen = 0, by = 'ana') =>
  desk.save({ section: 'sources', id: String(value['id']), value, seen, by })

it('what is saved counts at once and after a restart, with a row of the audit in the same file', async () => {
  expect(await put(feed())).toEqual({ ok: true, edition: 1 })
  expect(running.sources.map(each => each.id)).toEqual(['forum'])
  expect((await load(file, VARS)).config!.sources).toEqual(running.sources)
  expect(await put(feed({ everySeconds: 300 }), 1, 'bo')).toEqual({ ok: true, edition: 2 })
  const kept = readSettings(join(folder, 'data'))
  expect(kept.audit).toMatchObject([
    { by: 'ana', act: 'add', section: 'sources', id: 'forum', edition: 1, before: null },
    { by: 'bo', act: 'change', fields: ['everySeconds'], edition: 2, before: { id: 'forum' } },
  ])
  expect(kept.entries).toMatchObject([{ edition: 2, by: 'bo', value: { everySeconds: 300 } }])
  expect(statSync(settingsFile(join(folder, 'data'))).mode & 0o777).toBe(0o600)
  expect(await desk.save({ section: 'sources', id: 'forum', value: null, seen: 2, by: 'bo' })).toMatchObject({
    ok: true,
  })
  expect(running.sources).toEqual([])
})

it('of two who save at once one is told what the other did, and nothing of theirs is lost', async () => {
  await put(feed())
  const both = await Promise.all([put(feed({ everySeconds: 60 }), 1, 'ana'), put(feed({ everySeconds: 90 }), 1, 'bo')])
  expect(both.map(each => each.ok)).toEqual([true, false])
  expect(both[1]).toMatchObject({ conflict: { by: 'ana', edition: 2, value: { everySeconds: 60 } }, by: { by: 'ana' } })
  expect(desk.find('sources', 'forum')!.value['everySeconds']).toBe(60)
  // Another entry is nobody else's business.
  const [a, b] = await Promise.all([put(feed({ id: 'x' })), put(feed({ id: 'y' }))])
  expect([a!.ok, b!.ok]).toEqual([true, true])
  expect(await put(feed({ id: 'x' }))).toMatchObject({ ok: false, conflict: { id: 'x' } })
})

it('what is wrong is told by its place in the entry and changes nothing', async () => {
  const saved = await put(feed({ everySeconds: 1, url: 7, nope: 1 }))
  expect(saved.ok).toBe(false)
  const places = (saved as { findings: { kept?: object; line?: number }[] }).findings
  expect(places.map(each => each.kept)).toEqual(
    expect.arrayContaining([
      { section: 'sources', id: 'forum', at: 'url' },
      { section: 'sources', id: 'forum', at: 'everySeconds' },
      { section: 'sources', id: 'forum', at: 'nope' },
    ]),
  )
  expect(places.some(each => each.line !== undefined)).toBe(false)
  expect(desk.document.edition).toBe(0)
})

it('what the server cannot work with is put back, and the record tells both', async () => {
  await put(feed())
  broken = 'the port is taken'
  expect(await put(feed({ everySeconds: 60 }), 1)).toMatchObject({
    ok: false,
    findings: [{ value: 'the port is taken' }],
  })
  expect(desk.document.audit.map(each => each.act)).toEqual(['add', 'change', 'back'])
  expect(desk.find('sources', 'forum')!.value['everySeconds']).toBeUndefined()
})

it('what the file names is the file’s, also when it comes to name it later', async () => {
  const hook = { use: 'webhook', id: 'webhook-1', url: 'http://127.0.0.1:9/', secret: VARS.HOOK }
  const change = { section: 'notifiers', id: 'webhook-1', seen: 0, by: 'ana' } as const
  expect(await desk.save({ ...change, value: hook })).toMatchObject({ ok: false, findings: [{ kept: { at: 'id' } }] })
  expect(await desk.save({ ...change, id: 'c', value: { ...hook, id: 'c' } })).toMatchObject({ ok: true })
  expect(desk.list('notifiers').map(each => [each.id, each.kept === null])).toEqual([
    ['webhook-1', true],
    ['b', true],
    ['c', false],
  ])
  writeFileSync(file, FILE.replace('id: b', 'id: c'))
  expect(desk.list('notifiers').at(-1)).toMatchObject({ id: 'c', shadowed: true })
  const { config } = await load(file, VARS)
  expect(config!.notifiers.map(each => each.id)).toEqual(['webhook-1', 'c'])
  expect(config!.notifiers[1]!.settings['url']).toBe('http://127.0.0.1:2/')
})

it('neither reads the environment nor names files of this machine', async () => {
  await put(feed({ url: 'https://forum.example/${HOOK}' }))
  expect(running.sources[0]!.settings['url']).toBe('https://forum.example/${HOOK}')
  expect(await put({ use: 'ndjson', id: 'passwd', file: '/etc/passwd' })).toMatchObject({
    ok: false,
    findings: [{ kept: { at: 'file' }, value: 'a file' }],
  })
  // Its own token, which it looks for by itself, would go to whoever is named.
  const cluster = { use: 'kubernetes', id: 'k', url: 'https://elsewhere.example' }
  expect(await put(cluster)).toMatchObject({ ok: false, findings: [{ value: 'kubernetes' }] })
  const run = { use: 'ping', id: 'ping', host: 'a.example', service: 'shop', program: '/bin/sh' }
  expect(await desk.save({ section: 'probes', id: 'ping', value: run, seen: 0, by: 'ana' })).toMatchObject({
    ok: false,
    findings: [{ kept: { at: 'program' } }],
  })
  const { program: _, ...plain } = run
  const value = { ...plain, targets: ['b.example', { host: 'c.example', program: '/bin/sh' }] }
  expect(await desk.save({ section: 'probes', id: 'ping', value, seen: 0, by: 'ana' })).toMatchObject({
    ok: false,
    findings: [{ kept: { at: 'targets.1.program' } }],
  })
  const page = { id: 'p', logo: '/etc/shadow.svg' }
  expect(await desk.save({ section: 'pages', id: 'p', value: page, seen: 0, by: 'ana' })).toMatchObject({ ok: false })
})

it('file and settings are one file that gives the same configuration, without secrets unless they are asked for', async () => {
  await put(feed({ url: 'https://forum.example/${HOOK}' }))
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSy'
  const hook = { use: 'webhook', id: 'c', url: 'http://127.0.0.1:3/', secret }
  await desk.save({ section: 'notifiers', id: 'c', value: hook, seen: 0, by: 'ana' })
  const { yaml, names } = await desk.export()
  expect(yaml).toContain('# Ours')
  for (const each of [secret, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'a-secret-of-twenty', VARS.HOOK])
    expect(yaml).not.toContain(each)
  const vars = {
    ...VARS,
    EPICENTER_NOTIFIERS_WEBHOOK_1_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    EPICENTER_NOTIFIERS_C_SECRET: secret,
    EPICENTER_TOKEN_CI_SECRET: 'a-secret-of-twenty-characters',
  }
  expect(names.toSorted()).toEqual(
    Object.keys(vars)
      .filter(each => each !== 'HOOK')
      .toSorted(),
  )
  const { data: _, ...again } = (await parse(yaml, vars, folder)).config!
  const { data: __, ...now } = running
  expect(again).toEqual(now)
  const open = await desk.export({ secrets: true })
  expect((await parse(open.yaml, VARS, folder)).config!.notifiers).toEqual(running.notifiers)
})

it('a secret that several entries share by an anchor is in no export', async () => {
  const text = `x-hook: &hook { use: webhook, url: 'http://a.example/', secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw }
notifiers: [{ <<: *hook, id: a }, { <<: *hook, id: b }]`
  const { registry } = await Registry.open()
  const { yaml } = await exported(text, settledOf({ entries: [] }), registry)
  expect(yaml).not.toContain('whsec_')
  const vars = { EPICENTER_NOTIFIERS_A_SECRET: VARS.HOOK, EPICENTER_NOTIFIERS_B_SECRET: VARS.HOOK }
  expect((await parse(yaml, vars)).config!.notifiers.map(each => each.id)).toEqual(['a', 'b'])
})

it('a document that is none of ours is refused by its name', async () => {
  const path = settingsFile(join(folder, 'data'))
  for (const text of ['{', '{"version":2}', '{"version":1}']) {
    writeFileSync(path, text)
    const { config, findings } = await load(file, VARS)
    expect([config, findings[0]?.value]).toEqual([null, expect.stringContaining('settings.json')])
    expect(readFileSync(path, 'utf8')).toBe(text)
  }
})
