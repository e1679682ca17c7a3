import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { simpleParser } from 'mailparser'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { UNSETTLED_MOST } from '../src/contract/limits.js'
import { sfc32 } from '../src/core/stat/random.js'
import { type MailServer, mailServer } from '../src/testing/mail.js'
import { serve, type Served, tokenIn } from '../src/testing/served.js'

// The server in a process of its own that is killed again and again while it tells subscribers, by a real mail server and real
// receivers of webhooks: one that fails twice, one that is slow, and one that is not there.

const PEOPLE = 400
const KILLS = 8
const UPDATES = 3
/** Nothing is waited for longer. */
const PATIENCE_MS = 90_000

const root = join(import.meta.dirname, '..')
let folder: string
let open: Server[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'epicenter-subscribers-'))
})
afterEach(() => {
  for (const each of open) each.close()
  open = []
  rmSync(folder, { recursive: true })
})
const sleep = (ms: number) => new Promise<void>(done => setTimeout(done, ms))
async function until(what: string, is: () => boolean): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !is(); await sleep(50))
    if (Date.now() > end) throw new Error(`in vain: ${what}`)
}

interface Heard {
  id: string
  body: string
  headers: Record<string, string>
}
/** A receiver that answers the n-th message as it is told, and what it took. */
async function receiver(
  answer: (n: number) => number | Promise<number>,
): Promise<{ port: number; heard: Heard[]; taken: Heard[] }> {
  const heard: Heard[] = []
  const taken: Heard[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += String(piece)
    const headers = request.headers as Record<string, string>
    const one = { id: headers['webhook-id'] ?? '', body, headers }
    heard.push(one)
    const status = await answer(heard.length)
    if (status === 200) taken.push(one)
    response.writeHead(status).end()
  })
  open.push(server)
  await new Promise<void>(listens => server.listen(0, '127.0.0.1', listens))
  return { port: (server.address() as AddressInfo).port, heard, taken }
}

/** Reader and id of each letter that came. */
const lettersOf = ({ raw, readers }: MailServer): Set<string> =>
  new Set(raw.map((text, i) => `${readers[i]![0]} ${/^Message-ID:\s*(<[^>]+>)/im.exec(text)![1]}`))

/** Everybody heard of the end last. */
async function inOrder({ raw, readers }: MailServer): Promise<void> {
  const last = new Map<string, string>()
  for (const [i, text] of raw.entries()) last.set(readers[i]![0]!, (await simpleParser(text)).subject ?? '')
  expect(last.size).toBe(PEOPLE)
  for (const subject of last.values()) expect(subject).toMatch(/^Resolved/)
}

/** Those who were slow or failed heard the same, in order, each under an id of its own and signed by a secret of its own. */
function hooksInOrder(taken: readonly Heard[]): void {
  const bodies = new Map(taken.map(each => [each.id, JSON.parse(each.body) as { incident?: { status: string } }]))
  const states = [...bodies.values()].flatMap(each => each.incident?.status ?? [])
  expect(states).toEqual(['investigating', 'investigating', 'resolved'])
  expect(() => new Webhook(Buffer.alloc(24)).verify(taken[0]!.body, taken[0]!.headers)).toThrow()
}

/** What is asked of the server that runs now. */
const asker =
  (server: () => Served, data: string) =>
  async (path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${server().url}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${tokenIn(data)}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    expect(response.status, path).toBe(200)
    return response.json()
  }

/** Three updates of one incident. */
async function happens(ask: (path: string, body?: object) => Promise<unknown>): Promise<void> {
  const by = { by: 'ana', why: 'a rehearsal' }
  const opened = { ...by, service: 'shop', title: 'Paying fails', severity: 'major', text: 'We look.' }
  const { id } = ((await ask('/api/v1/incidents', opened)) as { incident: { id: string } }).incident
  await ask(`/api/v1/incidents/${id}/commands`, { ...by, verb: 'say', text: 'A change is taken back.' })
  await ask(`/api/v1/incidents/${id}/commands`, { ...by, verb: 'resolve' })
}

it('loses no message and shows none twice, killed again and again while it sends', async () => {
  const random = sfc32(5)
  await using mail = await mailServer()
  const [fails, slow, gone] = [
    await receiver(n => (n <= 2 ? 503 : 200)),
    await receiver(async () => {
      await sleep(1_500)
      return 200
    }),
    await receiver(() => 200),
  ]
  // Nobody listens there any more.
  open.pop()!.close()
  const data = join(folder, 'data')
  const config = join(folder, 'epicenter.yaml')
  writeFileSync(
    config,
    `data: ${data}
services: [{ id: shop, title: Shop, components: [{ id: pay, name: Pay }] }]
notifiers: [{ use: email, id: letters, host: 127.0.0.1, port: ${mail.port}, security: none, from: status@example.com, to: [] }]
subscribers: { mail: letters, perMinute: 6000, allowPrivate: true }
`,
  )
  let server: Served = await serve(root, ['--config', config])
  const ask = asker(() => server, data)
  try {
    const people = Array.from({ length: PEOPLE }, (_, i) => ({ address: `reader${i}@example.com` }))
    await ask('/api/v1/subscribers', { subscribers: people })
    const hooks = [fails, slow, gone].map(({ port }) => ({
      channel: 'webhook',
      address: `http://127.0.0.1:${port}/hook`,
    }))
    expect(await ask('/api/v1/subscribers', { subscribers: hooks })).toMatchObject({ added: 3, refused: [] })
    await happens(ask)
    let cut = 0
    for (let kill = 0; kill < KILLS; kill++) {
      const before = mail.raw.length
      await until(
        'letters go on',
        () => mail.raw.length >= Math.min(before + 20 + Math.floor(80 * random()), PEOPLE * UPDATES),
      )
      if (mail.raw.length < PEOPLE * UPDATES) cut++
      await server.stop('SIGKILL')
      server = await serve(root, ['--config', config])
    }
    // A kill after the end proves nothing.
    expect(cut).toBeGreaterThan(KILLS / 2)
    await until('every letter', () => lettersOf(mail).size >= PEOPLE * UPDATES)
    await until('both receivers', () =>
      [fails, slow].every(each => each.taken.some(({ body }) => body.includes('"status":"resolved"'))),
    )
    await sleep(1_000)
    // By the ids that a mail program goes by, everybody has each update once.
    const seen = lettersOf(mail)
    expect(seen.size).toBe(PEOPLE * UPDATES)
    const repeated = mail.raw.length - seen.size
    expect(repeated).toBeLessThanOrEqual(UNSETTLED_MOST * KILLS)
    process.stdout.write(
      `killed ${cut} times while sending: ${mail.raw.length} letters, ${repeated} of them repeated under their id\n`,
    )
    await inOrder(mail)
    expect(await ask('/api/v1/subscribers?channel=webhook')).toHaveLength(3)
    for (const { taken } of [fails, slow]) hooksInOrder(taken)
    const status = (await ask('/api/v1/subscribers/status')) as { waiting: number; failing: { queue: string }[] }
    expect(status.waiting).toBe(UPDATES)
    expect(await server.stop('SIGTERM')).toBe(0)
  } catch (error) {
    await server.stop('SIGKILL')
    throw error
  }
}, 600_000)
