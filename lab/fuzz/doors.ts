import { createHmac } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import type { FastifyInstance } from 'fastify'
import { buildServer } from '../../src/http/server.js'
import { App } from '../../src/shell/app.js'
import { parse } from '../../src/shell/config/load.js'
import { fakeEnv } from '../../src/testing/env.js'
import { HOOK_SECRET } from '../../src/testing/webhooks.js'
import { LINES, MESSAGES, type Message, RECEIVERS } from './samples.js'
import { bends, bent, edited, edits, must, type Opened, type Target } from './target.js'

/** What gives away that something broke inside. */
const INSIDES = /node_modules|node:internal|\bat [^ ]+ \(|\.[jt]s:\d+|SQLITE|is not a function|Cannot read prop/

interface House {
  env: ReturnType<typeof fakeEnv>
  app: App
  server: FastifyInstance
}

/** Waits for receivers, which open by themselves, so often. */
const TURNS = 2_000

async function open(): Promise<House> {
  const { config, findings } = await parse(RECEIVERS, {}, '/')
  if (config === null) throw new Error(JSON.stringify(findings))
  const env = fakeEnv()
  const app = await App.open(config, env, { run: 'memory' })
  const server = await buildServer(app, { inMemory: true })
  const uses = new Set(MESSAGES.map(each => each.use))
  for (let i = 0; [...uses].some(use => (app.inputs.receiver(use)?.task.receiver ?? null) === null); i++) {
    if (i === TURNS) throw new Error('a receiver does not open')
    await new Promise(next => setTimeout(next, 5))
  }
  return { env, app, server }
}

/** Signed as its sender would have signed it: what is looked at is what comes after. */
function headersOf({ use, headers = {}, body }: Message, bytes: Buffer): Record<string, string> {
  const signed = createHmac('sha256', HOOK_SECRET).update(bytes).digest('hex')
  return {
    ...(body instanceof Uint8Array ? {} : { 'content-type': 'application/json' }),
    ...headers,
    ...(use === 'github' ? { 'x-hub-signature-256': `sha256=${signed}` } : { authorization: `Bearer ${HOOK_SECRET}` }),
  }
}

interface Sent {
  url: string
  headers: Record<string, string>
  payload: Buffer
  zip: boolean
}
const message: fc.Arbitrary<Sent> = fc
  .tuple(fc.constantFrom(...MESSAGES), bends, edits, fc.boolean())
  .map(([each, some, more, zip]) => {
    const { use, path, body } = each
    const whole = body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(bent(body, some)))
    const payload = edited(whole, more)
    const url = path === undefined ? `/in/${use}` : `/in/${use}/${path}`
    return { url, headers: headersOf(each, payload), payload, zip: zip && use !== 'prometheus' && use !== 'github' }
  })
const lines: fc.Arbitrary<Sent> = fc
  .tuple(fc.array(fc.tuple(fc.constantFrom(...LINES), bends), { maxLength: 8 }), edits, fc.boolean(), fc.boolean())
  .map(([some, more, asList, zip]) => {
    const values = some.map(([value, changes]) => bent(value, changes))
    const text = asList ? JSON.stringify(values) : values.map(each => JSON.stringify(each)).join('\n')
    const type = asList ? 'application/json' : 'application/x-ndjson'
    const headers = { 'content-type': type, authorization: 'Bearer memory' }
    return { url: '/api/v1/signals', headers, payload: edited(Buffer.from(text), more), zip }
  })

/** Sends one from an address of its own: nobody is known for what others sent. */
async function answered({ server }: House, { url, headers, payload, zip }: Sent, i: number): Promise<void> {
  const { statusCode, body } = await server.inject({
    ...{ method: 'POST', url, remoteAddress: `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}` },
    payload: zip ? gzipSync(payload) : payload,
    headers: zip ? { ...headers, 'content-encoding': 'gzip' } : headers,
  })
  must(statusCode < 500 || statusCode === 503, () => `${statusCode}: ${body.slice(0, 500)}`)
  // The key of some stands in the body, which is bent.
  must(statusCode !== 401 || url.startsWith('/in/pagerduty'), () => 'the fuzz itself is not trusted: it tests nothing')
  must(
    statusCode < 400 || !INSIDES.test(JSON.stringify(body).slice(0, 300)),
    () => `it tells of its insides: ${body.slice(0, 500)}`,
  )
}

const target = (name: string, about: string, sent: fc.Arbitrary<Sent>): Target => ({
  name,
  about,
  async open(): Promise<Opened> {
    const house = await open()
    let i = 0
    return {
      property: fc.asyncProperty(sent, async each => {
        const before = house.env.said.length
        await answered(house, each, i++)
        await house.app.caughtUp()
        const wrong = house.env.said.slice(before).find(({ level }) => level === 'error')
        must(wrong === undefined, () => JSON.stringify(wrong))
      }),
      async close() {
        await house.server.close()
        await house.app[Symbol.asyncDispose]()
      },
    }
  },
})

export const DOOR_TARGETS: readonly Target[] = [
  target('signals', 'bodies of signals over HTTP, bent: a clear answer, and what is taken is folded', lines),
  target('receivers', 'messages of foreign protocols, bent: the same', message),
]
