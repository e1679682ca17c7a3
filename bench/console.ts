/**
 * The console with 5,000 services and 10,000 incidents: processor time of the whole server for each page and each action, beside
 * the same with a hundredth of both, and what 5,000 open live connections add to its memory.
 *   npm run bench -- console (bench/console.ts) [--services 5000] [--incidents 10000] [--live 5000] [--write]
 * The server is the one of `epicenter serve`, in this process with log and store in files and the engine inline; the asking side is in it too, about
 * half a millisecond a question. Live connections come from a second process.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { openHouse } from '../src/cli/serve/house.js'
import type { IncidentEvent } from '../src/contract/incident.js'
import type { IncidentHead } from '../src/contract/ports.js'
import type { Order } from '../src/contract/order.js'
import { DAY, MINUTE } from '../src/contract/time.js'
import { ROLLUP_MS, type ServiceNow } from '../src/contract/view.js'
import { openStore } from '../src/plugin/store/sqlite.js'
import { App } from '../src/shell/app.js'
import { load } from '../src/shell/config/load.js'
import { writeSettings } from '../src/shell/settings/settings-file.js'
import { fakeEnv } from '../src/testing/env.js'
import { byArrival, change, check, STREAM_START as T } from '../src/testing/stream.js'
import { grouped, option, setting, writePage } from './machine.js'

const [SERVICES, INCIDENTS, LIVE] = [option('services', 5_000), option('incidents', 10_000), option('live', 5_000)]
const WRITE = process.argv.includes('--write')
/** One in so many incidents is open. */
const OPEN_EVERY = 50
const [EVENTS, ORDERS, RUNS] = [8, 4, 15]
const LEVELS = 'service levels'
const PASSWORD = 'correct horse battery'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void
const id = (n: number, of: string) => `${of}-${String(n).padStart(5, '0')}`

/** An event as long as those of a real incident: segments, causes, sentences. */
const event = (incident: string, service: string, seq: number, at: number): IncidentEvent => ({
  ...{ at: new Date(at + seq * MINUTE).toISOString(), incident, seq, service, severity: 'major', kind: 'outage' },
  event: seq === 0 ? 'opened' : 'updated',
  startedAt: new Date(at).toISOString(),
  segments: ['eu', 'us'].map(region => ({
    where: { region: [region], tier: ['free', 'pro'] },
    share: 0.31,
    interval: [0.27, 0.35] as [number, number],
  })) as never,
  causes: ['a', 'b', 'c'].map(name => ({
    ...{
      subject: `deploy-${name}-${incident}`,
      title: `Deploy ${name} of ${service}`,
      state: 'suspected',
      probability: 0.3,
    },
    because: [
      { bits: 3.2, says: 'it began four minutes after it' },
      { bits: 1.1, says: 'it was where it failed' },
    ],
  })) as never,
  says: [{ text: `Since 10:0${seq} requests to ${service} fail in eu.` }] as never,
  evidence: { checks: 21.4, reports: 8.1, metrics: 33 },
})

async function fill(file: string, services: number, incidents: number): Promise<void> {
  await using store = await openStore({ file })
  const { position, now } = await store.committed()
  const heads: IncidentHead[] = []
  const events: IncidentEvent[] = []
  const orders: Order[] = []
  for (let i = 0; i < incidents; i++) {
    const [name, service, at] = [id(i, 'incident'), id(i % services, 'service'), T - (incidents - i) * 30 * MINUTE]
    const own = Array.from({ length: EVENTS }, (_, seq) => event(name, service, seq, at))
    const open = i % OPEN_EVERY === 0
    if (!open) own.push({ ...own.at(-1)!, event: 'resolved', seq: EVENTS })
    events.push(...own)
    heads.push({
      ...{
        id: name,
        service,
        title: `The ${service}`,
        open,
        kind: 'outage',
        severity: 'major',
        startedAt: at,
        openedAt: at,
      },
      ...{
        resolvedAt: open ? null : at + EVENTS * MINUTE,
        mutedUntil: null,
        latest: own.at(-1)!,
        lastSeq: own.length - 1,
      },
    })
    for (let k = 0; k < ORDERS; k++)
      orders.push({
        type: 'order',
        id: `${name}-${k}`,
        incident: name,
        at: at + k * MINUTE,
        verb: 'note',
        by: 'ana',
        why: 'bench',
        text: 'a note of some length for the team',
      })
  }
  const rows: ServiceNow[] = Array.from({ length: services }, (_, i) => ({
    ...{ service: id(i, 'service'), title: `The ${id(i, 'service')}`, state: 'ok', at: T, seen: {}, incidents: [] },
    components: [
      { id: 'web', name: 'Web' },
      { id: 'api', name: 'API', dependsOn: ['web'] },
    ],
    dependsOn: [{ id: 'db', name: 'Database', kind: 'database' }],
    recent: { bad: 0, ok: 0, expected: 0 },
  }))
  // Each was heard at the beginning of the last month and is heard now.
  const bins = rows.flatMap(({ service }) =>
    [T - 29 * DAY, T].map(at => ({ service, bin: Math.floor(at / ROLLUP_MS) * ROLLUP_MS, position, reports: {} })),
  )
  const outcome = { events, services: rows, rollups: bins, facts: [] } as never
  await store.commit({ outcome, heads, orders, position, now })
}

/** Signals of one service whose trouble is real, so that a command on it is followed. */
function trouble(): unknown[] {
  const checks = Array.from({ length: 180 }, (_, i) =>
    check({
      service: 'chat',
      at: T + Math.floor(i / 4) * MINUTE + 1_000 * (i % 4),
      bad: i >= 120 ? 1 : 0,
      id: `k${i}`,
    }),
  )
  return byArrival([change({ service: 'chat', at: T + 29 * MINUTE, id: 'push', title: 'Routing push' })], checks)
}

interface Row {
  what: string
  median: number
  worst: number
}

interface House {
  app: App
  port: number
  close(): Promise<void>
}

async function open(folder: string, services: number, incidents: number): Promise<House> {
  const file = join(folder, 'epicenter.yaml')
  const inFile = Array.from(
    { length: Math.floor(services * 0.8) },
    (_, i) => `  - { id: ${id(i, 'service')}, title: The ${id(i, 'service')}, components: [{ id: web, name: Web }] }`,
  )
  const rota =
    'responders: [{ id: ana, tell: [hook] }]\nrotas: [{ id: main, layers: [{ starts: "2025-01-06T09:00", people: [ana] }] }]'
  const hook =
    'notifiers: [{ use: webhook, id: hook, url: "http://127.0.0.1:9/", secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw }]\nroutes: [{ id: none }]'
  writeFileSync(
    file,
    `title: Bench\nclock: signals\ndata: data\nchallenge: "off"\nproxies: [127.0.0.1]\nport: 0\nservices:\n${inFile.join('\n')}\n${hook}\n${rota}\n`,
  )
  const { config: first, findings } = await load(file, {})
  if (first === null) throw new Error(JSON.stringify(findings))
  const env = { ...fakeEnv(T + 50 * MINUTE), log: () => {} }
  const before = await App.open(first, env, { run: 'inline' })
  await before.ingestValues(trouble())
  await before.caughtUp()
  await before[Symbol.asyncDispose]()
  await fill(join(first.data, 'store.db'), services, incidents)
  const kept = Array.from({ length: services - inFile.length }, (_, i) => {
    const name = id(inFile.length + i, 'service')
    return {
      section: 'services' as const,
      id: name,
      edition: 1,
      by: 'ana',
      at: T,
      value: { id: name, title: `The ${name}` },
    }
  })
  writeSettings(first.data, { version: 1, edition: 1, entries: kept, audit: [] })
  const { config } = await load(file, {})
  const app = await App.open(config!, env, { run: 'inline' })
  const house = await openHouse(app, null, {
    file,
    load: settled => load(file, {}, settled === undefined ? {} : { settled }),
  })
  const port = await house.listen()
  return {
    ...{ app, port },
    async close() {
      await house.close()
      await app[Symbol.asyncDispose]()
    },
  }
}

async function measured({ app, port }: House, services: number): Promise<Row[]> {
  const home = `http://127.0.0.1:${port}`
  const headers: Record<string, string> = { origin: home, 'sec-fetch-site': 'same-origin' }
  const key = app.people.invite({ role: 'admin', name: null, by: 'owner' })
  const post = (path: string, fields: Record<string, string>) =>
    fetch(home + path, { method: 'POST', body: new URLSearchParams(fields), headers, redirect: 'manual' })
  const joined = await post('/console/join', { key, name: 'ana', password: PASSWORD, again: PASSWORD })
  headers['cookie'] = joined.headers.get('set-cookie')!.split(';')[0]!
  const real = (await app.reader.incidents({ service: 'chat', limit: 1 }))[0]!.id
  const one = id(7, 'incident')
  const get = (path: string) => async () => {
    const answer = await fetch(home + path, { headers })
    const text = await answer.text()
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${text.slice(0, 200)}`)
  }
  const give = (path: string, fields: () => Record<string, string>) => async () => {
    const answer = await post(path, fields())
    if (answer.status !== 303)
      throw new Error(`${path}: ${answer.status} ${(await answer.text()).replace(/<[^>]+>/g, ' ').slice(-600)}`)
  }
  let count = 0
  const work = () => ({
    'v/id': `w${count++}`,
    'v/title': 'Work',
    'v/starts': '2031-05-09T22:00',
    'v/minutes': '60',
    'v/components': id(1, 'service'),
    do: 'save',
    seen: '0',
  })
  const last = Math.max(1, Math.floor(services / 50))
  const actions: [string, () => Promise<void>][] = [
    ['the first page', get('/console')],
    ['the first page, an old page of what is over', get('/console?page=20')],
    ['incidents by a word that many have', get('/console?q=service-00')],
    ['incidents by a word that none has', get('/console?q=nothing+of+the+kind')],
    ['the room of an incident', get(`/console/i/${one}`)],
    ['the room of one that is measured now', get(`/console/i/${real}`)],
    ['a command: a note', give(`/console/i/${real}`, () => ({ verb: 'note', text: `note ${count++}`, why: 'bench' }))],
    ['a command: say', give(`/console/i/${real}`, () => ({ verb: 'say', text: `We look, ${count++}.`, why: 'bench' }))],
    ['services, first page', get('/console/settings/services')],
    ['services, last page', get(`/console/settings/services?page=${last}`)],
    ['services by a word', get('/console/settings/services?q=0042')],
    ['the form of a service', get(`/console/settings/services/e/${id(services - 1, 'service')}`)],
    ['a new maintenance, with the reload', give('/console/settings/maintenance', work)],
    ['settings', get('/console/settings')],
    ['sources', get('/console/sources')],
    ['on call', get('/console/on-call')],
    ['mutes', get('/console/mutes')],
    [LEVELS, get('/console/report')],
  ]
  const rows: Row[] = []
  const timed = async (act: () => Promise<void>) => {
    const before = process.cpuUsage()
    await act()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1_000
  }
  for (const [what, act] of actions) {
    const first = await timed(act)
    await act()
    // It remembers what it read.
    if (what === LEVELS) rows.push({ what: `${what}, the first after a start, once`, median: first, worst: first })
    const times: number[] = []
    for (let i = 0; i < RUNS; i++) times.push(await timed(act))
    times.sort((a, b) => a - b)
    rows.push({ what, median: times[Math.floor(RUNS / 2)]!, worst: times.at(-1)! })
  }
  return rows
}

/** Opens connections from a process of its own, each from an address of its own, and waits until all are there. */
const CLIENT = `
const net = require('node:net')
const [port, count] = process.argv.slice(1).map(Number)
let there = 0
const open = i => {
  const socket = net.connect(port, '127.0.0.1', () =>
    socket.write('GET /api/v1/stream HTTP/1.1\\r\\nhost: 127.0.0.1:' + port + '\\r\\nx-forwarded-for: ' + (11 + (i % 200)) + '.' + (i % 251) + '.' + (i >> 8) + '.' + (i & 255) + '\\r\\n\\r\\n'))
  let first = true
  socket.on('data', () => { if (first) { first = false; if (++there === count) process.send('all') } })
  // A machine that is busy with other things refuses some at first; who had an answer and is cut off is lost.
  socket.on('close', () => first ? setTimeout(open, 200, i) : process.send('lost ' + i))
  socket.on('error', () => {})
}
let i = 0
const turn = setInterval(() => { for (let k = 0; k < 20 && i < count; k++) open(i++); if (i >= count) clearInterval(turn) }, 10)
`

async function live({ app, port }: House): Promise<{ mb: number; kb: number; lost: number; told: number }> {
  const settle = async () => {
    for (let i = 0; i < 4; i++) {
      gc()
      await new Promise(done => setTimeout(done, 250))
    }
    const { rss, heapUsed, external } = process.memoryUsage()
    return { rss, held: heapUsed + external }
  }
  const before = await settle()
  const child = spawn(process.execPath, ['-e', CLIENT, String(port), String(LIVE)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  let lost = 0
  await new Promise<void>((done, fail) => {
    child.on('message', message => (message === 'all' ? done() : lost++))
    child.on('exit', () => fail(new Error('the listeners ended')))
  })
  const after = await settle()
  // News to all of them: what one costs.
  const began = process.cpuUsage()
  const rounds = 10
  for (let i = 0; i < rounds; i++) {
    await app.order({
      incident: (await app.reader.incidents({ service: 'chat', limit: 1 }))[0]!.id,
      verb: 'note',
      by: 'ana',
      why: 'bench',
      text: `n ${i}`,
    } as never)
    await new Promise(done => setTimeout(done, 1_600))
  }
  const { user, system } = process.cpuUsage(began)
  child.removeAllListeners('exit')
  child.kill('SIGKILL')
  // What the process had taken and not given back may be used again: the larger of the two is told.
  const mb = Math.max(after.rss - before.rss, after.held - before.held) / 2 ** 20
  return { mb, kb: (mb * 1_024) / LIVE, lost, told: (user + system) / 1_000 / rounds }
}

async function run(): Promise<void> {
  const folders = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'epicenter-console-')))
  try {
    const small = await open(folders[0]!, SERVICES / 100, INCIDENTS / 100)
    // First, while the process is small.
    const streams = LIVE > 0 ? await live(small) : null
    const few = await measured(small, SERVICES / 100)
    await small.close()
    const large = await open(folders[1]!, SERVICES, INCIDENTS)
    const rows = await measured(large, SERVICES)
    await large.close()
    const line = ({ what, median, worst }: Row, i: number) =>
      `| ${what} | ${median.toFixed(0)} | ${worst.toFixed(0)} | ${few[i]!.median.toFixed(0)} | ${(median / few[i]!.median).toFixed(1)} |`
    const text = `# The console, large

${grouped(SERVICES)} services (four fifths named by the file, the others set in the console) and ${grouped(INCIDENTS)} incidents, one in ${OPEN_EVERY} open, each with ${EVENTS} events and ${ORDERS} commands.
Milliseconds of processor time of the whole process, the asking side included; ${RUNS} runs each after two. Beside it the same with a hundredth of both.

| what | median | worst | a hundredth | times |
| --- | --- | --- | --- | --- |
${rows.map(line).join('\n')}
${streams === null ? '' : `\n${grouped(LIVE)} open live connections add ${streams.mb.toFixed(0)} MB (${streams.kb.toFixed(1)} KB each; ${streams.lost} were lost). One piece of news to all of them takes ${streams.told.toFixed(0)} ms of processor time, what follows it in the server included.`}

${setting('npm run bench -- console')}
`
    if (WRITE) writePage('console', text)
    else process.stdout.write(text)
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  }
}

await run()
