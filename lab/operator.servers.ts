import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { simpleParser } from 'mailparser'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { MINUTE } from '../src/contract/time.js'
import { mailServer } from '../src/testing/mail.js'
import { serve, tokenIn } from '../src/testing/served.js'
import { freePort } from './recipes.js'

// The founding case from the first letter to the last, as whoever is on call lives through it: once in a browser, phone and desk, and
// once by the command line alone. The server, a mail server and a receiver of webhooks are real, on loopback; what is public is read by
// somebody who subscribed.

const root = join(import.meta.dirname, '..')
const BROWSER = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const folder = mkdtempSync(join(tmpdir(), 'epicenter-operator-'))
const PASSWORD = 'correct horse battery'
const LINES_AT_ONCE = 20_000
const PATIENCE_MS = 240_000
/** Until then nothing has happened; it fails and everybody is awake; most of it is back and one segment is slow; that is nearly back too. */
const PARTS = ['2026-02-03T20:00', '2026-02-03T20:40', '2026-02-03T21:15', '2026-02-03T22:55']

/** What whoever is on call does and says. */
const SAID = {
  first: 'Requests to several clusters fail since 20:15. We know the change and take it back.',
  second: 'Most clusters answer again. Western Europe is slower; we follow it there.',
  looking: 'half asleep, looking into it',
  breach: 'no foreign sign-in and no export in the audit trail',
  source: 'https://audit.example.com/2026-02-03',
  cause: 'rolled back at 20:50, errors fall where it arrived',
  next: 'bo',
  handed: 'watch eu-west until it is flat',
  over: 'all segments are back',
}
/** What is the team's own; nothing that leaves for the public may hold it. What a ruling rests on is public: it points to its evidence. */
const INTERNAL = [SAID.handed, SAID.looking, '/console/', 'ana@']

let parts: string[][] = []
let browser: Browser
beforeAll(async () => {
  const { stdout } = spawnSync(
    join(root, 'bin/epicenter'),
    ['simulate', join(root, 'scenarios/feature-gate-cache.json')],
    { encoding: 'utf8', maxBuffer: 2 ** 30 },
  )
  parts = PARTS.map(() => [])
  let part = 0
  for (const line of stdout.trimEnd().split('\n')) {
    const at = (/"seenAt":"([^"]+)"/.exec(line) ?? /"at":"([^"]+)"/.exec(line))![1]!
    while (part < PARTS.length && at >= PARTS[part]!) part++
    if (part === PARTS.length) break
    parts[part]!.push(line)
  }
  browser = await chromium.launch({ executablePath: BROWSER, args: ['--no-sandbox', '--disable-gpu'] })
}, 120_000)
afterAll(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true })
})

const sleep = (ms: number) => new Promise<void>(done => setTimeout(done, ms))
async function until<T>(
  what: string,
  is: () => T | null | undefined | false | Promise<T | null | undefined | false>,
): Promise<T> {
  for (const end = Date.now() + PATIENCE_MS; ; await sleep(100)) {
    const found = await is()
    if (found) return found
    if (Date.now() > end) throw new Error(`in vain: ${what}`)
  }
}

interface Hook {
  id: string
  incident: { status: string; name: string; incident_updates: { status: string; body: string }[] }
}

/** A receiver of webhooks, and what it heard of incidents. */
async function receiver() {
  const hooks: Hook[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += String(piece)
    const { incident } = JSON.parse(body) as Partial<Hook>
    if (incident) hooks.push({ id: String(request.headers['webhook-id']), incident })
    response.writeHead(204).end()
  })
  await new Promise<void>(listens => server.listen(0, '127.0.0.1', listens))
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { hooks, hook: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, close }
}

const settings = (data: string, port: number, smtp: string): string =>
  `data: ${data}
clock: signals
challenge: "off"
url: http://127.0.0.1:${port}
services: [{ id: chat-assistant, title: Assistant }]
pages: [{ id: main, title: Status, services: [chat-assistant] }]
notifiers:
  - { use: email, id: pager, ${smtp}, to: [ana@example.com] }
  - { use: email, id: letters, ${smtp}, to: [] }
routes: [{ id: chat, match: { service: [chat-assistant] }, tell: [pager] }]
subscribers: { mail: letters, allowPrivate: true }
`

/** A house with somebody on call by mail, a public page, and readers who subscribed by mail and by a webhook. */
async function house(name: string) {
  const mail = await mailServer()
  const { hooks, hook, close } = await receiver()
  const port = await freePort()
  const data = join(folder, name)
  const config = join(folder, `${name}.yaml`)
  const smtp = `host: 127.0.0.1, port: ${mail.port}, security: none, from: status@example.com`
  writeFileSync(config, settings(data, port, smtp))
  const served = await serve(root, ['--config', config, '--port', String(port)])
  const ask = (path: string, type?: string, body?: string) =>
    fetch(served.url + path, {
      headers: { authorization: `Bearer ${tokenIn(data)}`, ...(type ? { 'content-type': type } : {}) },
      ...(body === undefined ? {} : { method: 'POST', body }),
    })
  const api = async (path: string, body?: object) => {
    const reply = await ask(path, ...(body ? ['application/json', JSON.stringify(body)] : []))
    expect([path, reply.status]).toEqual([path, 200])
    return reply.json()
  }
  const lettersTo = async (reader: string) => {
    const raw = mail.raw.filter((_, i) => mail.readers[i]!.includes(reader))
    return Promise.all(raw.map(each => simpleParser(each)))
  }
  return {
    ...{ served, hooks, hook, data, api, lettersTo },
    /** Signals of one part of the evening, and all that follows from them. */
    async feed(part: number) {
      const lines = parts[part]!
      for (let i = 0; i < lines.length; i += LINES_AT_ONCE) {
        const body = lines.slice(i, i + LINES_AT_ONCE).join('\n')
        const reply = await ask('/api/v1/signals', 'application/x-ndjson', body)
        expect(reply.status).toBe(200)
        await reply.text()
      }
      await until('all is folded', async () => {
        const { at } = (await api('/api/v1/services/chat-assistant')) as { at: number }
        return at >= Date.parse(`${PARTS[part]}Z`) - 2 * MINUTE
      })
    },
    async [Symbol.asyncDispose]() {
      await served.stop('SIGTERM')
      close()
      await mail[Symbol.asyncDispose]()
    },
  }
}
type House = Awaited<ReturnType<typeof house>>

/** A reader subscribes by the form and presses the button behind the link that is sent; a program is added by an admin. */
async function subscribe({ served, api, hook, lettersTo }: House): Promise<void> {
  const context = await browser.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto(`${served.url}/status/subscribe`)
  await page.selectOption('[name=channel]', 'email')
  await page.fill('[name=address]', 'reader@example.com')
  await page.click('form.sub button')
  const letter = await until('a letter that asks', async () => (await lettersTo('reader@example.com'))[0])
  await page.goto(/http:\S+\/confirm/.exec(letter.text!)![0])
  await page.click('main button')
  await context.close()
  expect(await api('/api/v1/subscribers', { subscribers: [{ channel: 'webhook', address: hook }] })).toMatchObject({
    added: 1,
  })
}

/** The letter that wakes: one, with a sentence and a link to the room. */
async function woken({ lettersTo }: House): Promise<string> {
  const [letter, ...more] = await until('a letter to whoever is on call', async () => {
    const all = await lettersTo('ana@example.com')
    return all.length > 0 && all
  })
  expect(more.filter(each => each.subject === letter!.subject)).toEqual([])
  return /http:\S+\/console\/i\/[^\s>]+/.exec(letter!.text!)![0]
}

/** What the public had: each of the two updates and the end once, in order, the same by letter, webhook and page; nothing of the team's. */
async function publicSaw({ hooks, lettersTo, served, api }: House, id: string): Promise<void> {
  const { events } = (await api(`/api/v1/incidents/${id}`)) as {
    events: { event: string; says?: { text: string }[] }[]
  }
  expect(events.filter(each => each.event === 'resolved')).toHaveLength(1)
  await until('the end', () => hooks.some(each => each.incident.status === 'resolved'))
  const letters = await until('as many letters', async () => {
    const all = (await lettersTo('reader@example.com')).slice(1)
    return all.length >= hooks.length && all
  })
  expect(new Set(hooks.map(each => each.id)).size).toBe(hooks.length)
  expect(new Set(letters.map(each => each.messageId)).size).toBe(letters.length)
  expect(letters).toHaveLength(hooks.length)
  const newest = hooks.map(each => each.incident.incident_updates[0]!)
  for (const text of [SAID.first, SAID.second])
    expect(newest.filter(each => each.body.startsWith(text))).toHaveLength(1)
  const [first, second] = [SAID.first, SAID.second].map(text => newest.findIndex(each => each.body.startsWith(text)))
  const ends = hooks.flatMap((each, i) => (each.incident.status === 'resolved' ? [i] : []))
  expect([0 < first!, first! < second!, ends]).toEqual([true, true, [hooks.length - 1]])
  const page = await (await fetch(`${served.url}/i/${id}`)).text()
  const told = [
    page,
    JSON.stringify(hooks),
    ...letters.map(each => `${each.subject} ${each.text} ${String(each.html)}`),
  ]
  for (const word of INTERNAL) for (const text of told) expect([word, text.includes(word)]).toEqual([word, false])
  expect(page).toContain(SAID.breach)
  for (const text of [SAID.first, SAID.second]) expect(page.replaceAll('&#39;', "'")).toContain(text)
}

/** Who did what, as it stands on the log. */
async function record({ api }: House, id: string): Promise<string[]> {
  const { commands } = (await api(`/api/v1/incidents/${id}/response`)) as {
    commands: { verb: string }[]
  }
  return commands.map(each => each.verb)
}
const COURSE = ['ack', 'rule-out', 'confirm', 'say', 'say', 'hand-over', 'resolve']

/** The first admin joins, at a desk. */
async function joins({ served }: House): Promise<Page> {
  const desk = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage()
  await desk.goto(/http:\S+\/console\/join\?key=\S+/.exec(served.stdout())![0])
  await desk.fill('[name=name]', 'ana')
  await desk.fill('[name=password]', PASSWORD)
  await desk.fill('[name=again]', PASSWORD)
  await desk.click('button.first')
  await desk.waitForURL('**/console')
  return desk
}

/** On a phone, in the dark: from the link in the letter to having said that somebody looks at it. */
async function acknowledges(link: string): Promise<void> {
  const phone = await (
    await browser.newContext({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' })
  ).newPage()
  await phone.goto(link)
  await phone.fill('[name=name]', 'ana')
  await phone.fill('[name=password]', PASSWORD)
  await phone.keyboard.press('Enter')
  await phone.waitForURL('**/console/i/**')
  const button = phone.getByRole('button', { name: 'I am looking at it' })
  expect((await button.boundingBox())!.y).toBeLessThan(600)
  await button.click()
  await phone.waitForURL('**done=ack')
}

async function inBrowser(h: House): Promise<string> {
  const desk = await joins(h)
  await subscribe(h)
  await h.feed(0)
  await h.feed(1)
  const link = await woken(h)
  await acknowledges(link)
  await desk.goto(link)
  const main = await desk.textContent('main')
  for (const word of ['eu-west', 'us-east', 'gate-cache-on', 'Observed to be fine']) expect(main).toContain(word)
  await act(desk, 'rule-out', { why: SAID.breach, href: SAID.source }, 'Rule a breach out')
  expect(await desk.getAttribute(`a[href="${SAID.source}"]`, 'rel')).toContain('noreferrer')
  await act(desk, 'confirm', { why: SAID.cause }, 'Confirm', 'gate-cache-on')
  await act(desk, 'say', { text: SAID.first, why: 'first update' }, 'Tell everybody')
  await h.feed(2)
  // It is on the page that is open, without a load.
  await desk.getByText('% of the worst is gone').first().waitFor()
  expect(await desk.textContent('main')).toContain('eu-west')
  await act(desk, 'say', { text: SAID.second, why: 'second update' }, 'Tell everybody')
  await act(desk, 'hand-over', { person: SAID.next, text: SAID.handed, why: 'end of shift' }, 'Hand it over')
  expect(await desk.textContent('aside')).toContain(SAID.next)
  await h.feed(3)
  await act(desk, 'resolve', { why: SAID.over }, 'It is over')
  return decodeURIComponent(link.split('/').at(-1)!)
}

async function byShell(h: House): Promise<string> {
  const epicenter = async (...args: string[]) => {
    const where = ['--url', h.served.url, '--data', h.data]
    return (await promisify(execFile)(join(root, 'bin/epicenter'), [...args, ...where], { cwd: folder })).stdout
  }
  await subscribe(h)
  await h.feed(0)
  await h.feed(1)
  await woken(h)
  const [open] = JSON.parse(await epicenter('incidents', '--json')) as { id: string }[]
  const { id } = open!
  const order = (verb: string, why: string, ...more: string[]) =>
    epicenter(verb, id, '--by', 'ana', '--why', why, ...more)
  await order('ack', SAID.looking)
  const story = await epicenter('incident', id)
  for (const word of ['gate-cache-on', 'ana']) expect(story).toContain(word)
  await order('rule-out', SAID.breach, '--subject', 'security', '--href', SAID.source)
  await order('confirm', SAID.cause, '--subject', 'gate-cache-on')
  expect(await order('say', 'first update', '--text', SAID.first)).toContain(SAID.first)
  await h.feed(2)
  const slow = JSON.parse(await epicenter('incident', id, '--json')) as { latest: { recovery: { segments: object } } }
  expect(JSON.stringify(slow.latest.recovery.segments)).toContain('eu-west')
  await order('say', 'second update', '--text', SAID.second)
  await order('hand-over', 'end of shift', '--to', SAID.next, '--text', SAID.handed)
  await h.feed(3)
  await order('resolve', SAID.over)
  return id
}

it.each([
  ['in a browser, on a phone and at a desk', inBrowser],
  ['by the command line alone', byShell],
])(
  'the founding case from the letter that wakes to the end: %s',
  async (_, walk) => {
    await using h = await house(walk.name)
    const id = await walk(h)
    expect(await record(h, id)).toEqual(COURSE)
    const { latest } = (await h.api(`/api/v1/incidents/${id}`)) as { latest: { causes: object[]; security: object } }
    expect(latest.causes[0]).toMatchObject({ subject: 'gate-cache-on', state: 'confirmed' })
    expect(latest.security).toMatchObject({ state: 'ruled_out' })
    await publicSaw(h, id)
  },
  900_000,
)

/** Opens a form of the room, fills it in and sends it. */
async function act(
  page: Page,
  verb: string,
  fields: Record<string, string>,
  button: string,
  about = '',
): Promise<void> {
  const of = about === '' ? '' : `:has(input[name=subject][value="${about}"])`
  const form = page
    .locator(`form:has(input[name=verb][value="${verb}"])${of}`)
    .filter({ has: page.getByRole('button', { name: button, exact: true, includeHidden: true }) })
    .first()
  await form.evaluate(it => {
    for (let up = it.closest('details'); up; up = up.parentElement?.closest('details') ?? null)
      up.setAttribute('open', '')
  })
  for (const [name, value] of Object.entries(fields)) await form.locator(`[name=${name}]`).fill(value)
  await form.getByRole('button', { name: button, exact: true }).click()
  await page.waitForURL(`**done=${verb}`)
}
