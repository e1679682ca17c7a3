import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { serve } from '../src/testing/served.js'
import { freePort, root } from './recipes.js'

// Instances as processes that read each other: an inside that probes, an outside that has only what is lent to it, and a third that finds
// both by a list and probes by itself. One thing breaks; each tells it once.

let folder: string
let stops: (() => unknown)[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'epicenter-exchange-'))
})
afterEach(async () => {
  for (const stop of stops.reverse()) await stop()
  stops = []
  rmSync(folder, { recursive: true, force: true })
})
const TOKEN = 'a-token-of-twenty-characters'
const headers = { authorization: `Bearer ${TOKEN}` }
const wait = (ms: number) => new Promise<void>(done => setTimeout(done, ms))

async function web(answer: () => { status: number; body: string }): Promise<string> {
  const server = createServer((_, response) => {
    const { status, body } = answer()
    response.writeHead(status).end(body)
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  stops.push(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

interface House {
  get<T>(path: string): Promise<T>
  text(path: string): Promise<string>
}
interface Source {
  id: string
  health: string
  accepted: number
  duplicate: number
  rejected: Record<string, number>
  lastError: { why: string } | null
}
async function house(name: string, port: number, rest: string): Promise<House> {
  const config = join(folder, `${name}.yaml`)
  const url = `http://127.0.0.1:${port}`
  const tokens = `tokens: [{ name: peer, secret: ${TOKEN}, scopes: [exchange, read] }]`
  writeFileSync(config, `title: ${name}\nurl: ${url}\nservices: [{ id: chat }]\n${tokens}\n${rest}`)
  const served = await serve(root, ['--config', config, '--data', join(folder, name), '--port', `${port}`])
  stops.push(() => served.stop('SIGKILL'))
  return {
    get: async path => (await fetch(`${url}${path}`, { headers })).json() as never,
    text: async path => (await fetch(`${url}${path}`, { headers })).text(),
  }
}
const probe = (url: string) =>
  `probes: [{ use: http, service: chat, url: "${url}", everySeconds: 1, tries: 1, allowPrivate: true }]\n`
const exchange = (id: string, rest: string) =>
  `sources:\n  - { use: epicenter, id: ${id}, everySeconds: 5, allowPrivate: true, ${rest} }\n`
const one = (port: number) => `url: "http://127.0.0.1:${port}", token: ${TOKEN}`
const incidents = (of: House) => of.get<{ id: string; title: string; service: string }[]>('/api/v1/incidents')
const source = async (of: House) =>
  (await of.get<Source[]>('/api/v1/sources')).find(each => each.id.startsWith('peer')) as Source

/** The stories of others that stand beside a service, by their threads. */
async function stories(of: House): Promise<Set<string>> {
  const facts = await of.get<{ thread: string; via: string }[]>('/api/v1/services/chat/facts')
  return new Set(facts.filter(each => each.via === 'notice').map(each => each.thread))
}

it('tell one incident once each, with signals and with findings, and no signal comes back', {
  timeout: 600_000,
}, async () => {
  let broken = false
  const target = await web(() => ({ status: broken ? 503 : 200, body: 'ok' }))
  const ports = { inside: await freePort(), outside: await freePort(), third: await freePort() }
  const list = await web(() => ({
    status: 200,
    body: JSON.stringify([...Object.values(ports), 1].map(port => `http://127.0.0.1:${port}`)),
  }))
  const both = 'read: [findings, signals], relayed: true'
  const inside = await house(
    'inside',
    ports.inside,
    probe(target) + exchange('peer-outside', `${one(ports.outside)}, ${both}`),
  )
  const outside = await house('outside', ports.outside, exchange('peer-inside', `${one(ports.inside)}, ${both}`))
  const third = await house('third', ports.third, probe(target) + exchange('peer-list', `list: "${list}"`))
  const all = [inside, outside, third]

  // Some minutes of a calm world.
  await wait(150_000)
  expect(await Promise.all(all.map(incidents))).toEqual([[], [], []])
  const calm = await source(outside)
  expect(calm).toMatchObject({ health: 'ok', rejected: {}, lastError: null })
  expect(calm.accepted).toBeGreaterThan(100)

  broken = true
  await expect
    .poll(async () => (await Promise.all(all.map(incidents))).map(each => each.length), {
      timeout: 240_000,
      interval: 2_000,
    })
    .toEqual([1, 1, 1])
  // Each hears of the others' and makes no second one of it.
  const others = async () => (await Promise.all(all.map(stories))).map(each => each.size)
  await expect.poll(others, { timeout: 60_000, interval: 2_000 }).toEqual([1, 1, 2])
  await wait(30_000)
  expect((await Promise.all(all.map(incidents))).map(each => each.length)).toEqual([1, 1, 1])
  expect(await others()).toEqual([1, 1, 2])

  // What the inside measured went to the outside once and did not return: it took nothing but the notices of one incident.
  const [back, there, listed] = await Promise.all([source(inside), source(outside), source(third)])
  console.log(JSON.stringify({ there: there.accepted, back: back.accepted, listed: listed.accepted }))
  expect(there).toMatchObject({ duplicate: 0, rejected: {} })
  expect(back).toMatchObject({ duplicate: 0, rejected: {} })
  const lines = (await outside.text('/api/v1/exchange?after=0&relayed=true')).trim().split('\n')
  const lent = lines
    .map(each => JSON.parse(each) as { id: string; origin: string; type: string })
    .filter(each => each.type !== 'end')
  expect(new Set(lent.map(each => each.id)).size).toBe(lent.length)
  expect(lent.length).toBeGreaterThan(200)
  const asked = await outside.text(`/api/v1/exchange?after=0&relayed=true&reader=${lent[0]!.origin}`)
  expect(asked.trim().split('\n')).toHaveLength(1)
  const events = await inside
    .get<{ service: string }[]>(`/api/v1/incidents/${(await incidents(outside))[0]!.id}`)
    .catch(() => null)
  expect(events).not.toBeInstanceOf(Array)
  expect(back.accepted).toBeLessThan(20)
  // Of the list one is not there, and one is the reader itself: the first is said.
  expect(listed.health).toBe('ok')
  expect(listed.lastError?.why).toContain('127.0.0.1:1 ')
})
