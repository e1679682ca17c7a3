import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Config } from '../contract/config.js'
import { MINUTE } from '../contract/time.js'
import { App } from '../shell/app.js'
import { complete } from '../shell/config/load.js'
import { fakeEnv } from '../testing/env.js'
import { arrival, byArrival, change, notice, STREAM_START as T, streamOf, topology } from '../testing/stream.js'
import { buildServer } from './server.js'
import { DOCUMENTS } from './statuspage/routes.js'

const folder = mkdtempSync(join(tmpdir(), 'epicenter-restart-'))
afterAll(() => rmSync(folder, { recursive: true }))

const END = T + 200 * MINUTE
/** Services as configured, which facts then say otherwise of; windows; a second page in a zone of its own. */
const configOf = (data: string): Config =>
  complete({
    clock: 'wall',
    title: 'Test',
    data,
    challenge: 'off',
    services: [
      {
        id: 'shop',
        title: 'Shop as configured',
        components: [
          { id: 'cart', name: 'Cart' },
          { id: 'login', name: 'Login' },
        ],
      },
      { id: 'mail', title: 'Mail' },
      { id: 'never', title: 'Never heard of', components: [{ id: 'x', name: 'X' }] },
    ],
    pages: [
      { id: 'main', title: 'Main' },
      { id: 'second', title: 'Second', timeZone: 'Asia/Tokyo', services: ['shop', 'never'] },
    ],
    maintenance: [
      {
        id: 'db',
        title: 'Database',
        starts: new Date(END - 10 * MINUTE).toISOString(),
        minutes: 60,
        components: ['mail'],
      },
    ],
  })

const signals = byArrival(
  streamOf({
    minutes: 210,
    seed: 5,
    reports: 2,
    requests: 60,
    components: ['cart', 'search'],
    faults: [
      { from: 60, until: 90, where: { cell: ['a'] }, bad: 0.6, reports: 4 },
      { from: 180, until: 900, where: { cell: ['b'], component: ['search'] }, bad: 0.9, reports: 5 },
    ],
  }),
  streamOf({ service: 'mail', minutes: 210, seed: 6, requests: 0, reports: 1 }),
  [
    topology({
      service: 'shop',
      at: T + 5 * MINUTE,
      id: 'topology',
      title: 'Shop as it told us',
      components: [
        { id: 'cart', name: 'The cart' },
        { id: 'search', name: 'Search' },
      ],
    }),
    change({ service: 'shop', at: T + 178 * MINUTE, id: 'push', title: 'Routing push' }),
    notice({ service: 'shop', at: T + 185 * MINUTE, id: 'n1', title: 'We see it' }),
  ],
)

async function open(data: string, at: number) {
  const env = fakeEnv(at)
  const app = await App.open(configOf(data), env, { run: 'inline' })
  const server = await buildServer(app, { front: false })
  return { env, app, server, close: async () => (await server.close(), await app[Symbol.asyncDispose]()) }
}

/** All that is shown, in two languages. The log's position is none of it. */
async function shown({ app, server }: Awaited<ReturnType<typeof open>>): Promise<Map<string, string>> {
  const incidents = await app.reader.incidents({ limit: 50 })
  const services = ['shop', 'mail', 'never']
  const paths = [
    ...['/', '/incidents', '/status', '/status/second', '/api/v1/services', '/api/v1/incidents'],
    ...services.flatMap(id => [`/s/${id}`, `/badge/${id}.svg`, `/embed/${id}`, `/api/v1/services/${id}/facts`]),
    ...incidents.flatMap(each => [`/i/${each.id}`, `/api/v1/incidents/${each.id}`]),
    ...Object.keys(DOCUMENTS).flatMap(path => [path, `/status/second${path}`]),
  ]
  const out = new Map<string, string>()
  for (const path of paths)
    for (const language of ['en', 'de']) {
      const { body, statusCode } = await server.inject({ url: path, headers: { 'accept-language': language } })
      out.set(`${path} ${language}`, `${statusCode} ${body}`)
    }
  return out
}

type House = Awaited<ReturnType<typeof open>>

/** Lets the minutes up to `until` go by, with what arrives in them. */
async function live({ app, env }: House, until: number): Promise<void> {
  while (env.now() < until) {
    const from = env.now()
    env.move(MINUTE)
    await app.ingestValues(signals.filter(each => arrival(each) > from && arrival(each) <= env.now()))
    await app.tick()
  }
  await app.caughtUp()
}

/** A workspace in the middle of an incident, with a mute, a person's words and a closing. */
async function lived(data: string): Promise<House> {
  const house = await open(data, T)
  const { app } = house
  await live(house, END - 10 * MINUTE)
  const [first] = await app.reader.incidents({ service: 'shop', open: true, limit: 1 })
  const who = { incident: first!.id, by: 'ada', why: 'she looked' }
  await app.order({ ...who, verb: 'say', text: 'We are on it.' })
  await app.order({ ...who, verb: 'mute', until: END + 60 * MINUTE })
  await app.order({ ...who, verb: 'confirm', subject: 'push' })
  await app.order({ ...who, verb: 'resolve' })
  await live(house, END)
  return house
}

function same(before: Map<string, string>, after: Map<string, string>): void {
  expect([...after.keys()]).toEqual([...before.keys()])
  for (const [path, body] of before) expect(after.get(path), path).toBe(body)
}

describe('a restart changes nothing that is shown', () => {
  it('after a clean stop: neither at once nor as time goes on', async () => {
    const [stays, goes] = [await lived(join(folder, 'stays')), await lived(join(folder, 'goes'))]
    const before = await shown(stays)
    expect(before.get('/s/shop en')).toMatch(/Shop as it told us.*ada closed the incident/s)
    expect(before.get('/api/v1/incidents en')).toMatch(/"mutedUntil":\d+/)
    await goes.close()
    const again = await open(join(folder, 'goes'), END)
    same(before, await shown(again))
    for (const house of [stays, again]) await live(house, END + 6 * MINUTE)
    same(await shown(stays), await shown(again))
    for (const house of [stays, again]) await house.close()
  }, 60_000)

  it('after the power went: neither while it catches up nor as time goes on', async () => {
    const stays = await lived(join(folder, 'runs'))
    const before = await shown(stays)
    cpSync(join(folder, 'runs'), join(folder, 'copy'), { recursive: true })
    const again = await open(join(folder, 'copy'), END)
    same(before, await shown(again))
    await again.app.caughtUp()
    same(before, await shown(again))
    for (const house of [stays, again]) await live(house, END + 6 * MINUTE)
    same(await shown(stays), await shown(again))
    for (const house of [stays, again]) await house.close()
  }, 60_000)
})
