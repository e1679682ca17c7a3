/**
 * What others notice while one address opens and sends all it can.
 *   npm run bench -- hostile (bench/hostile.ts) [--seconds 20] [--others 20] [--seed 1] [--only gzip,pipeline] [--behind nginx]
 *
 * A server in a process of its own; a hostile client in another one, from 127.0.0.1, with a token besides (see
 * `bench/hostile-client.ts`); and other people here, each from a network of their own (127.10.0.1, 127.11.0.1, …), who read
 * pages ten times a second, report once a second, listen to events and ask to be told. First they are alone, for as long,
 * then with the hostile client beside them. All on loopback and within a minute.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { EpochMs } from '../src/contract/time.js'
import { filled, freePort, nginx, recipe } from '../lab/recipes.js'
import { serve } from '../src/testing/served.js'
import { keysOf } from './hostile-client.js'
import { grouped, option, setting, writePage } from './machine.js'

const seconds = Math.min(25, option('seconds', 20))
const people = option('others', 20)
const seed = option('seed', 1)
const root = fileURLToPath(new URL('..', import.meta.url))
const named = process.argv.indexOf('--only')
/** With what docs/behind-a-proxy.md puts in front of it. */
const shielded = process.argv.includes('--behind')
const only = named < 0 ? [] : process.argv[named + 1]!.split(',')
const PAGES = ['/', '/s/shop-1', '/status', '/api/v2/summary.json', '/s/shop-2', '/history.atom']
const PACE_MS = 100
const REPORT_MS = 1_000

/** When, how long, and of that how long at work and waiting for a core; milliseconds. */
type Tick = [at: number, wall: number, worked: number, queued: number]

interface Seen {
  from: EpochMs
  to: EpochMs
  pages: number[]
  wrong: Record<string, number>
  reports: number
  counted: number
  streamsOpen: number
  streamsLost: number
  told: number
}

const scratch = mkdtempSync(join(tmpdir(), 'epicenter-hostile-'))
const data = join(scratch, 'data')
const config = join(scratch, 'epicenter.yaml')
const services = Array.from(
  { length: 10 },
  (_, s) => `  - { id: shop-${s}, title: Shop ${s}, components: [{ id: part, name: Part }] }`,
)
writeFileSync(config, `${shielded ? 'proxies: [127.0.0.1]\n' : ''}data: ${data}\nservices:\n${services.join('\n')}\n`)

const addressOf = (person: number) => `127.${10 + person}.0.1`

function ask(
  port: number,
  person: number,
  path: string,
  { agent, body }: { agent?: http.Agent; body?: string } = {},
): Promise<{ status: number; text: string; ms: number }> {
  return new Promise((resolve, reject) => {
    const began = performance.now()
    const request = http.request({
      port,
      host: '127.0.0.1',
      localAddress: addressOf(person),
      path,
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'accept-encoding': 'gzip', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      agent: agent ?? false,
    } as http.RequestOptions)
    request.on('error', reject)
    request.on('response', response => {
      let text = ''
      response.setEncoding('latin1')
      response.on('data', piece => (text += piece))
      response.on('end', () => resolve({ status: response.statusCode!, text, ms: performance.now() - began }))
    })
    request.end(body)
  })
}

/** One of the others, for as long as it takes. */
async function person(port: number, who: number, until: number, seen: Seen): Promise<void> {
  const agent = new http.Agent({ keepAlive: true, localAddress: addressOf(who) } as http.AgentOptions)
  const note = (what: string) => (seen.wrong[what] = (seen.wrong[what] ?? 0) + 1)
  const listening = http.request({
    port,
    host: '127.0.0.1',
    localAddress: addressOf(who),
    path: '/api/v1/stream',
    agent: false,
  } as http.RequestOptions)
  let listens = false
  listening.on('response', response => {
    listens = response.statusCode === 200
    if (listens) seen.streamsOpen++
    response.resume()
    response.on('close', () => {
      if (listens && performance.now() < until) seen.streamsLost++
    })
  })
  listening.on('error', () => {})
  listening.end()
  const wish = {
    service: 'shop-1',
    subscription: { endpoint: `https://push.example.com/person-${who}-${Math.round(until)}`, keys: keysOf() },
  }
  void ask(port, who, '/api/v1/push', { body: JSON.stringify(wish) }).then(
    ({ status }) => (status === 200 ? seen.told++ : note(`tell me ${status}`)),
    () => note('tell me failed'),
  )
  let reportAt = performance.now() + (REPORT_MS * who) / people
  const slots = Array.from({ length: 2 }, async (_, lane) => {
    // Not all at the same moment, or each would wait for the others.
    await new Promise(wait => setTimeout(wait, (PACE_MS * (2 * who + lane)) / people))
    for (let i = 0; performance.now() < until; i++) {
      const path = PAGES[(i + who) % PAGES.length]!
      const began = performance.now()
      // Every other visitor comes anew.
      await ask(port, who, path, lane === 0 ? { agent } : {}).then(
        ({ status, ms }) => {
          if (status !== 200) note(`${path} ${status}`)
          seen.pages.push(ms)
        },
        (error: Error) => note(`${path} ${error.message}`),
      )
      if (lane === 0 && performance.now() >= reportAt) {
        reportAt += REPORT_MS
        seen.reports++
        const body = JSON.stringify({ service: `shop-${(who + i) % 10}`, kind: 'bad', country: 'DE', platform: 'web' })
        const said = await ask(port, who, '/api/v1/report', { body }).catch(() => null)
        if (said?.status === 200 && said.text.includes('"counted":true')) seen.counted++
        else note(`report ${said === null ? 'failed' : `${said.status} ${said.text.slice(0, 80)}`}`)
      }
      await new Promise(wait => setTimeout(wait, Math.max(0, began + 2 * PACE_MS - performance.now())))
    }
  })
  await Promise.all(slots)
  listening.destroy()
  agent.destroy()
}

async function others(port: number): Promise<Seen> {
  const seen: Seen = {
    from: Date.now(),
    to: 0,
    pages: [],
    wrong: {},
    reports: 0,
    counted: 0,
    streamsOpen: 0,
    streamsLost: 0,
    told: 0,
  }
  const until = performance.now() + seconds * 1_000
  await Promise.all(Array.from({ length: people }, (_, who) => person(port, who, until, seen)))
  seen.to = Date.now()
  seen.pages.sort((a, b) => a - b)
  return seen
}

function hostile(port: number, token: string): { child: ChildProcess; said: Promise<Record<string, number>> } {
  const what = JSON.stringify({ port, token, address: '127.0.0.1', seconds: seconds + 3, seed, only })
  // As if it ran elsewhere: it takes no time from the server that others would not have.
  const child = spawn(
    'nice',
    ['-n', '15', process.execPath, '--import', './scripts/ts.mjs', 'bench/hostile-client.ts', '--attack', what],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let text = ''
  child.stdout!.on('data', (piece: Buffer) => (text += piece.toString()))
  return { child, said: new Promise(done => child.once('exit', () => done(JSON.parse(text || '{}')))) }
}

/** The recipe for nginx, without TLS, and what it has against one who opens all they can. */
async function shield(): Promise<() => Promise<void>> {
  const site = filled(recipe('nginx', 'host'), {
    'listen 443 ssl http2;': `listen 127.0.0.1:${port};\n${recipe('nginx', 'shielded')}`,
    'ssl_certificate /etc/ssl/status.example.com.pem;': '',
    'ssl_certificate_key /etc/ssl/status.example.com.key;': '',
    '127.0.0.1:8080': `127.0.0.1:${own}`,
  })
  // Each refusal would be a line.
  const quiet = `error_log ${join(scratch, 'nginx.log')} crit;`
  return nginx({ folder: scratch, cert: '', key: '', port }, `${quiet}\n${recipe('nginx', 'shield')}\n${site}`)
}

// Linux alone tells how long a thread was at work.
const times = existsSync('/proc/self/schedstat') ? join(scratch, 'times.json') : null
if (times !== null) {
  process.env['MAIN_THREAD_TIMES'] = times
  process.env['NODE_OPTIONS'] = `--import ${new URL('main-thread.mjs', import.meta.url).href}`
}
const served = await serve(root, ['--config', config])
delete process.env['NODE_OPTIONS']
const own = Number(new URL(served.url).port)
const port = shielded ? await freePort() : own
const closeNginx = shielded ? await shield() : async () => {}
const token = readFileSync(join(data, 'token'), 'utf8').trim()
for (const path of PAGES) await ask(port, 0, path)
const alone = await others(port)
const { child, said } = hostile(port, token)
await new Promise(ready => setTimeout(ready, 2_000))
const beside = await others(port)
const tally = await said
child.kill()
const metrics = (
  await ask(port, 0, '/metrics').catch(error => {
    throw new Error(served.stderr(), { cause: error })
  })
).text
const memory = Number(/^process_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1] ?? Number.NaN)
await closeNginx()
await served.stop('SIGTERM')
const ticks = times === null ? [] : (JSON.parse(readFileSync(times, 'utf8')) as Tick[])
rmSync(scratch, { recursive: true })

/** How the server's main thread spent a phase. Stretches are weighted by their length: whom somebody meets who comes at any moment. */
function thread({ from, to }: Seen): string {
  const of = ticks.filter(([at]) => at >= from && at <= to)
  const whole = of.reduce((sum, [, wall]) => sum + wall, 0)
  const share = (i: 2 | 3) => `${((100 * of.reduce((sum, tick) => sum + tick[i], 0)) / whole).toFixed(0)} %`
  const sorted = of.sort((a, b) => a[2] - b[2])
  const stretch = (q: number) => {
    let sum = 0
    return sorted.find(([, wall]) => (sum += wall) >= q * whole)?.[2].toFixed(1)
  }
  return of.length === 0 ? '| | | |' : `| ${share(2)} | ${share(3)} | ${stretch(0.5)} ms | ${stretch(0.99)} ms |`
}

const at = (seen: Seen, q: number) => seen.pages[Math.floor(q * (seen.pages.length - 1))] ?? Number.NaN
const row = (what: string, seen: Seen) =>
  `| ${what} | ${grouped(seen.pages.length)} | ${at(seen, 0.5).toFixed(1)} ms | ${at(seen, 0.99).toFixed(1)} ms | ${at(seen, 1).toFixed(0)} ms | ${seen.counted} of ${seen.reports} | ${seen.streamsOpen - seen.streamsLost} of ${people} | ${seen.told} of ${people} | ${
    Object.entries(seen.wrong)
      .map(([what, many]) => `${what}: ${many}`)
      .join(', ') || 'none'
  } ${thread(seen)}`
const answered = Object.entries(tally)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([what, many]) => `${what} ${grouped(many)}`)
  .join(', ')
writePage(
  shielded ? 'hostile-shielded' : 'hostile',
  `# A hostile client${shielded ? ', turned away by nginx' : ''}

${shielded ? 'With the lines for nginx of docs/behind-a-proxy.md ("One who opens all they can") in front of it. ' : ''}One address with a token opens and sends ${only.length === 0 ? 'all it can' : `\`${only.join(', ')}\` alone`} for ${seconds} s. All is: 1,200 event streams that it never reads, slow heads, bodies
and forms, idle connections, 90 loops of page floods, long reads, reports, wishes to be told, gzip bombs of three million bad lines, JSON
two million levels deep, lists of two million empty objects, label floods, and pipelines of 500 questions. Beside it ${people} people, each from
a network of their own, read ten pages a second, report once a second, and listen. They are measured in a process of their own, and the
hostile client has a lower priority than all others, as if it ran elsewhere.

The last four columns are of the server's main thread: its time at work, its time waiting for a core while others on this machine have
it, and how long it is at work (processor time) between two chances for anybody else, as somebody meets it who comes at any moment.

| | pages | p50 | p99 | slowest | reports counted | streams kept | told later | errors | at work | waits for a core | stretch p50 | stretch p99 |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${row('alone', alone)}
${row('beside it', beside)}

Beside it the p99 is ${(at(beside, 0.99) / at(alone, 0.99)).toFixed(1)} times that alone. Memory of the server afterwards: ${Math.round(memory / 1e6)} MB. What the hostile client was answered: ${answered}.

${setting(`npm run bench -- hostile --seconds ${seconds} --others ${people} --seed ${seed}${shielded ? ' --behind nginx' : ''}${only.length === 0 ? '' : ` --only ${only.join(',')}`}`)}
`,
)
