/**
 * The source bluesky reads a Jetstream of a process of its own: how much of a core it takes, and how far it falls behind.
 *   npm run bench -- posts-jetstream [--rate 5000] [--seconds 30]   (bench/posts/jetstream.ts)
 *
 * Posts are drawn from texts in eight languages, one in ten names a service of the catalogue's group ai; the source looks for all names and
 * tags of that group (51 services). After the steady part the server sends a backlog as fast as it is read, as after an interruption.
 * Lag is the time between the server's stamp and the batch that holds it, `holdSeconds` left out.
 */
import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Jetstream, postEvent } from '../../src/plugin/source/bluesky/fixtures/jetstream.js'
import bluesky from '../../src/plugin/source/bluesky.js'
import { choose } from '../../src/shell/catalogue/choose.js'
import { postNames } from '../../src/shell/catalogue/configured.js'
import { filesOf } from '../../src/shell/catalogue/files.js'
import { readCatalogue } from '../../src/shell/catalogue/read.js'
import { pluginEnv } from '../../src/shell/outside/env.js'
import { grouped, option, setting, writePage } from '../machine.js'

const RATE = option('rate', 5_000)
const SECONDS = option('seconds', 30)
const BACKLOG = 200_000
const TICK_MS = 20

/** Texts without names, and with those of the lines, which are services of the catalogue now and then. */
const texts = (): string[] =>
  ['own', 'seen'].flatMap(set =>
    readFileSync(new URL(`${set}-lines.tsv`, import.meta.url), 'utf8')
      .trim()
      .split('\n')
      .map(line => line.split('\t')[2]!),
  )
const NAMES = ['ChatGPT', 'Claude', 'Perplexity', 'GitHub Copilot', 'Midjourney', 'Character.AI', 'Hugging Face']

async function server(): Promise<void> {
  const jetstream = new Jetstream()
  const all = texts()
  let n = 0
  const draw = (us: number) => {
    const i = n++
    const text =
      i % 10 === 0
        ? `${NAMES[i % NAMES.length]}: ${all[i % all.length]} ${i}`
        : `${all[i % all.length]} ${'so it goes. '.repeat(i % 9)}`
    return postEvent(us, text, { did: `did:plc:${i % 20_011}`, rkey: `${i}` })
  }
  process.send!(await jetstream.listen())
  process.on('message', async (what: string) => {
    if (what === 'steady') {
      const began = performance.now()
      const timer = setInterval(() => {
        const due = Math.min(RATE * SECONDS, Math.floor(((performance.now() - began) / 1_000) * RATE))
        const now = Date.now() * 1_000
        if (due > n) jetstream.tell(...Array.from({ length: due - n }, (_, i) => draw(now + (i % 900))))
        jetstream.events.length = 0
        if (due < RATE * SECONDS) return
        clearInterval(timer)
        process.send!('done')
      }, TICK_MS)
    } else if (what === 'backlog') {
      for (let i = 0; i < BACKLOG; i += 1_000) {
        jetstream.tell(...Array.from({ length: 1_000 }, () => draw(Date.now() * 1_000)))
        jetstream.events.length = 0
        await new Promise(done => setImmediate(done))
      }
      jetstream.tell(postEvent(Date.now() * 1_000, 'ChatGPT and that was all'))
    } else process.exit(0)
  })
}

interface Part {
  events: number
  cpuShare: number
  seconds: number
  lagMs: number[]
  signals: number
}

async function main(): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), ['--serve', ...process.argv.slice(2)], {
    execArgv: process.execArgv,
  })
  const said = () => new Promise<string>(done => child.once('message', text => done(String(text))))
  const url = await said()
  const services = postNames(choose(readCatalogue(filesOf(), null).catalogue, 'ai').entries)
  const source = await bluesky.open(
    { url, services, holdSeconds: 0 },
    pluginEnv({ now: Date.now, log: () => {} }, true),
  )
  const stop = new AbortController()
  const parts: Part[] = []
  let part = null as Part | null
  let last = false
  let began = { at: 0, cpu: process.cpuUsage() }
  const begin = () => {
    part = { events: 0, cpuShare: 0, seconds: 0, lagMs: [], signals: 0 }
    began = { at: performance.now(), cpu: process.cpuUsage() }
  }
  const end = (events: number) => {
    const seconds = (performance.now() - began.at) / 1_000
    const { user, system } = process.cpuUsage(began.cpu)
    parts.push({ ...part!, events, seconds, cpuShare: (user + system) / 1e6 / seconds })
  }
  const reading = (async () => {
    for await (const { signals, lagMs } of source.read!(stop.signal, undefined)) {
      if (part === null) continue
      if (lagMs !== undefined) part.lagMs.push(lagMs)
      part.signals += signals.length
      last ||= signals.some(each => (each as { text: string }).text.endsWith('that was all'))
      if (last) stop.abort()
    }
  })()
  await new Promise(done => setTimeout(done, 1_000))
  begin()
  child.send('steady')
  await said()
  end(RATE * SECONDS)
  begin()
  child.send('backlog')
  await reading
  end(BACKLOG)
  child.send('end')
  const rows = parts.map(({ events, seconds, cpuShare, lagMs, signals }, i) => {
    const sorted = [...lagMs].sort((a, b) => a - b)
    const at = (share: number) =>
      Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0)
    const rate = events / seconds
    const perCore = rate / cpuShare
    return `| ${i === 0 ? 'steady' : 'backlog'} | ${grouped(events)} | ${grouped(rate)} | ${(100 * cpuShare).toFixed(1)} % | ${grouped(perCore)} | ${at(0.5)} | ${at(1)} | ${grouped(signals)} |`
  })
  writePage(
    'posts-jetstream',
    `# A stream of posts

The source \`bluesky\` against a Jetstream of a process of its own on the same machine, with the names and tags of ${services.length} services.
Lag is of the newest event read when a batch is handed over, one batch a second.

| | events | a second | of a core | a second and core | lag p50, ms | most, ms | signals |
| --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

The machine was shared while this ran, so processor time says more than the clock.

${setting(`npm run bench -- posts-jetstream --rate ${RATE} --seconds ${SECONDS}`)}`,
  )
}

if (process.argv.includes('--serve')) await server()
else await main()
