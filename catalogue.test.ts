import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MADE } from './src/plugin/source/vendor-page/fixtures/made.js'

/** The checker of the catalogue against a server of the test's own, which plays every host by the address in its path. */

type Answer = (request: IncomingMessage, response: ServerResponse, tries: number) => void

const folder = mkdtempSync(join(tmpdir(), 'epicenter-catalogue-'))
const script = fileURLToPath(new URL('scripts/catalogue.mjs', import.meta.url))
const asked: { url: string; at: number; headers: IncomingMessage['headers'] }[] = []
const answers = new Map<string, Answer>()

const server = createServer((request, response) => {
  const url = (request.url ?? '').slice(1)
  asked.push({ url, at: performance.now(), headers: request.headers })
  const tries = asked.filter(each => each.url === url).length
  const answer = answers.get(url)
  if (answer) answer(request, response, tries)
  else response.writeHead(404).end('<html>Not here</html>')
})

const body =
  (text: string, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    void response.writeHead(200, headers).end(text)
const redirect =
  (to: string): Answer =>
  (_request, response) =>
    void response.writeHead(302, { location: to }).end()
const statuspage = JSON.stringify({
  page: { id: 'a', name: 'A', url: 'https://status.a.example', updated_at: '2026-11-30T10:00:00Z' },
  status: { indicator: 'none', description: 'All Systems Operational' },
  components: [],
  incidents: [],
  scheduled_maintenances: [],
})
const instatus = JSON.stringify({ page: { name: 'B', url: 'https://status.b.example', status: 'UP' } })

const GROUPS = ['ai', 'cloud', 'dev', 'social', 'payments', 'games']
const SOURCE = {
  repository: 'https://github.com/a/b',
  path: 'c',
  commit: '0'.repeat(40),
  date: '2026-09-05',
  licence: 'MIT',
}

/** Writes a catalogue of pages in the group `ai`, the other groups filled with something that has no page. */
function write(pages: Record<string, { kind: string; url: string; id?: string }>): void {
  const entries = Object.entries(pages).map(([id, page]) => ({ id, name: id, page, from: { page: ['list'] } }))
  const filler = (id: string) => ({ id, name: id, probes: [`https://${id}.example`], from: { probes: ['list'] } })
  for (const group of GROUPS)
    writeFileSync(join(folder, `${group}.json`), JSON.stringify(group === 'ai' ? entries : [filler(group)]))
  writeFileSync(join(folder, 'sources.json'), JSON.stringify({ list: SOURCE }))
}

interface Line {
  result: string
  ids?: string[]
  note: string
}

function check(...args: string[]): Promise<{ code: number | null; text: string; lines: Line[]; errors: string }> {
  return new Promise(resolve => {
    const child = spawn(process.execPath, [script, '--folder', folder, ...args])
    let [text, errors] = ['', '']
    child.stdout.on('data', chunk => (text += chunk))
    child.stderr.on('data', chunk => (errors += chunk))
    child.on('close', code => {
      const lines = args.includes('--json') ? text.trim().split('\n').filter(Boolean) : []
      resolve({ code, text, errors, lines: lines.map(line => JSON.parse(line) as Line) })
    })
  })
}

/** An address at which nobody listens. */
async function closed(): Promise<string> {
  const other = createServer()
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  await new Promise(resolve => other.close(resolve))
  return `http://127.0.0.1:${port}`
}

let via = ''
const network = (...args: string[]) => check('--network', '--json', '--via', via, '--gap-ms', '5', ...args)
const resultsOf = (lines: Line[]) => Object.fromEntries(lines.map(line => [line.ids?.join(), line.result]))

beforeAll(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  via = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('the checker of the catalogue', () => {
  it('says what is wrong in what is written', async () => {
    write({
      a: { kind: 'statuspage', url: 'https://status.a.example' },
      b: { kind: 'cachet', url: 'https://b.example' },
    })
    const { code, text } = await check()
    expect(text).toContain('wrong  ai.json: b: page: no kind "cachet"\n')
    expect(text).toContain('6 services (ai 1, cloud 1,')
    expect(code).toBe(1)
  })

  it('says which entries moved, and of others nothing bad', async () => {
    const page = (kind: string, host: string, id?: string) => ({
      kind,
      url: `https://status.${host}.example`,
      ...(id && { id }),
    })
    const data = (host: string) => `https://status.${host}.example/api/v2/summary.json`
    write({
      same: page('statuspage', 'same'),
      www: page('statuspage', 'www'),
      moved: page('statuspage', 'moved'),
      other: page('statuspage', 'other'),
      gone: page('statuspage', 'gone'),
      html: page('statuspage', 'html'),
      busy: page('statuspage', 'busy'),
      soon: page('statuspage', 'soon'),
      shut: page('statuspage', 'shut'),
      ring: page('statuspage', 'ring'),
      plain: page('statuspage', 'plain'),
      people: page('people', 'people'),
      left: page('people', 'left'),
      hosted: page('statusio', 'hosted', 'abc'),
    })
    answers.set(data('same'), body(statuspage))
    answers.set(data('www'), redirect('https://www.status.www.example/api/v2/summary.json'))
    answers.set('https://www.status.www.example/api/v2/summary.json', body(statuspage))
    answers.set(data('moved'), redirect('https://status.new.example/api/v2/summary.json'))
    answers.set('https://status.new.example/api/v2/summary.json', body(statuspage))
    answers.set('https://status.other.example/summary.json', body(instatus))
    answers.set(data('html'), body('<!doctype html><title>Status</title>'))
    answers.set(data('busy'), (_request, response) => void response.writeHead(503).end())
    answers.set(data('soon'), (_request, response, tries) =>
      tries < 3 ? void response.writeHead(429).end() : void response.writeHead(200).end(statuspage),
    )
    answers.set(data('shut'), (_request, response) => void response.writeHead(403).end())
    answers.set(data('ring'), redirect('/api/v2/summary.json'))
    answers.set(data('plain'), redirect('http://status.plain.example/'))
    answers.set('https://status.people.example', body('<html>'))
    answers.set('https://status.left.example', redirect('https://elsewhere.example/'))
    answers.set('https://elsewhere.example/', body('<html>'))
    const { lines, code, errors } = await network()
    expect(errors).toBe('')
    expect(resultsOf(lines)).toEqual({
      same: 'same',
      www: 'same',
      moved: 'moved',
      other: 'kind',
      gone: 'gone',
      html: 'unreadable',
      busy: 'busy',
      soon: 'same',
      shut: 'refused',
      ring: 'unreachable',
      plain: 'unreachable',
      people: 'same',
      left: 'moved',
      hosted: 'gone',
    })
    expect(code).toBe(1)
    const note = (id: string) => lines.find(line => line.ids?.includes(id))?.note
    expect(note('moved')).toBe('answers from status.new.example')
    expect(note('other')).toBe('can be read as instatus')
    expect(note('html')).toMatch(/web page/)
    expect(asked.filter(each => each.url === data('busy'))).toHaveLength(3)
  })

  it('reads a page for people when it is asked to look', async () => {
    write({ a: { kind: 'people', url: 'https://status.same.example' } })
    answers.set('https://status.same.example', body('<html>'))
    const before = await network()
    expect(resultsOf(before.lines)).toEqual({ a: 'same' })
    const { lines, code } = await network('--look')
    expect(lines[0]?.note).toBe('can be read as statuspage')
    expect(code).toBe(1)
  })

  it('asks a page once for all its services, and the next time only for what is new', async () => {
    const page = { kind: 'statuspage', url: 'https://status.tagged.example' }
    write({ one: page, two: page, three: { ...page, url: `${page.url}/` } })
    const address = 'https://status.tagged.example/api/v2/summary.json'
    answers.set(address, (request, response) => {
      if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end()
      else response.writeHead(200, { etag: '"1"', 'last-modified': 'Mon, 30 Nov 2026 10:00:00 GMT' }).end(statuspage)
    })
    const state = join(folder, 'state')
    expect(resultsOf((await network('--state', state)).lines)).toEqual({ 'one,two,three': 'same' })
    const { lines, code } = await network('--state', state)
    expect(resultsOf(lines)).toEqual({ 'one,two,three': 'unchanged' })
    expect(code).toBe(0)
    expect(asked.filter(each => each.url === address)).toHaveLength(2)
    expect(asked.at(-1)?.headers['if-modified-since']).toBe('Mon, 30 Nov 2026 10:00:00 GMT')
    expect(Object.keys(JSON.parse(readFileSync(state, 'utf8')))).toEqual([address])
  })

  it('leaves time between two requests to one host', async () => {
    const pages = ['a', 'b', 'c'].map(id => [id, { kind: 'statusio', url: `https://${id}.example`, id }] as const)
    write(Object.fromEntries(pages))
    for (const id of ['a', 'b', 'c']) answers.set(`https://api.status.io/1.0/status/${id}`, body(MADE.statusio.calm))
    asked.length = 0
    await check('--network', '--json', '--via', via, '--gap-ms', '200')
    const times = asked.filter(each => each.url.startsWith('https://api.status.io/')).map(each => each.at)
    expect(times).toHaveLength(3)
    expect(times[1]! - times[0]!).toBeGreaterThan(140)
    expect(times[2]! - times[1]!).toBeGreaterThan(140)
  })

  it('says that there is no network, and not that everything is gone', async () => {
    write({ a: { kind: 'statuspage', url: 'https://status.a.example' } })
    const { code, text } = await check('--network', '--via', await closed(), '--gap-ms', '5')
    expect(text).toMatch(/No network, as far as these pages tell: none could be asked/)
    expect(text).not.toMatch(/unreachable/)
    expect(code).toBe(2)
  })

  it('knows its words', async () => {
    write({ chat: { kind: 'statuspage', url: 'https://status.same.example' } })
    expect(await check('--network', '--only', 'chta')).toMatchObject({
      code: 64,
      errors: 'catalogue: no group or service "chta"; is "chat" meant?\n',
    })
    expect((await check('--nonsense')).code).toBe(64)
  })
})
