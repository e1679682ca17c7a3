import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { simpleParser } from 'mailparser'
import { Webhook } from 'standardwebhooks'
import { afterAll, expect, it } from 'vitest'
import { POSTED_AT_ONCE } from '../src/contract/limits.js'
import { sfc32 } from '../src/core/stat/random.js'
import { mailServer } from '../src/testing/mail.js'
import { serve, type Served, tokenIn } from '../src/testing/served.js'

// The server in a process of its own that is killed again and again while it tells subscribers, by a real mail server and real
// receivers of webhooks: one that fails twice, one that is slow, and one that is not there.

const PEOPLE = 400
const KILLS = 8
const UPDATES = 3
/** Nothing is waited for longer. */
const PATIENCE_MS = 90_000

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'epicenter-subscribers-'))
const open: Server[] = []
afterAll(() => {
  for (const each of open) each.close()
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
  const ask = async (path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${server.url}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${tokenIn(data)}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    expect(response.status, path).toBe(200)
    return response.json()
  }
  try {
    const people = Array.from({ length: PEOPLE }, (_, i) => ({ address: `reader${i}@example.com` }))
    await ask('/api/v1/subscribers', { subscribers: people })
    const hooks = [fails, slow, gone].map(({ port }) => ({
      channel: 'webhook',
      address: `http://127.0.0.1:${port}/hook`,
    }))
    expect(await ask('/api/v1/subscribers', { subscribers: hooks })).toMatchObject({ added: 3, refused: [] })
    const by = { by: 'ana', why: 'a rehearsal' }
    const said = await ask('/api/v1/incidents', {
      ...by,
      service: 'shop',
      title: 'Paying fails',
      severity: 'major',
      text: 'We look.',
    })
    const { id } = (said as { incident: { id: string } }).incident
    await ask(`/api/v1/incidents/${id}/commands`, { ...by, verb: 'say', text: 'A change is taken back.' })
    await ask(`/api/v1/incidents/${id}/commands`, { ...by, verb: 'resolve' })
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
    const seen = new Map<string, number>()
    const all = () => {
      seen.clear()
      mail.raw.forEach((raw, i) => {
        const letter = /^Message-ID:\s*(<[^>]+>)/im.exec(raw)![1]!
        const key = `${mail.readers[i]![0]} ${letter}`
        seen.set(key, (seen.get(key) ?? 0) + 1)
      })
      return seen.size
    }
    await until('every letter', () => all() >= PEOPLE * UPDATES)
    await until('both receivers', () =>
      [fails, slow].every(each => each.taken.some(({ body }) => body.includes('"status":"resolved"'))),
    )
    await sleep(1_000)
    // By the ids that a mail program goes by, everybody has each update once.
    expect(all()).toBe(PEOPLE * UPDATES)
    const repeated = mail.raw.length - seen.size
    expect(repeated).toBeLessThanOrEqual(POSTED_AT_ONCE * KILLS)
    process.stdout.write(
      `killed ${cut} times while sending: ${mail.raw.length} letters, ${repeated} of them repeated under their id\n`,
    )
    const byReader = new Map<string, string[]>()
    for (const [i, raw] of mail.raw.entries()) {
      const { subject = '' } = await simpleParser(raw)
      const mine = byReader.get(mail.readers[i]![0]!) ?? []
      if (mine.at(-1) !== subject) mine.push(subject)
      byReader.set(mail.readers[i]![0]!, mine)
    }
    expect(byReader.size).toBe(PEOPLE)
    for (const mine of byReader.values()) expect(mine.at(-1)).toMatch(/^Resolved/)
    // Those who were slow or failed heard the same, in order, under ids of their own, signed.
    const rows = (await ask('/api/v1/subscribers?channel=webhook')) as { address: string }[]
    expect(rows).toHaveLength(3)
    for (const { taken } of [fails, slow]) {
      const told = [
        ...new Map(taken.map(each => [each.id, JSON.parse(each.body) as { incident?: { status: string } }])).values(),
      ]
      const states = told.flatMap(each => each.incident?.status ?? [])
      expect(states).toEqual(['investigating', 'investigating', 'resolved'])
      expect(() => new Webhook(Buffer.alloc(24)).verify(taken[0]!.body, taken[0]!.headers)).toThrow()
    }
    const status = (await ask('/api/v1/subscribers/status')) as { waiting: number; failing: { queue: string }[] }
    expect(status.waiting).toBe(UPDATES)
    expect(await server.stop('SIGTERM')).toBe(0)
  } catch (error) {
    await server.stop('SIGKILL')
    throw error
  }
}, 600_000)
