// nginx with two backends, its log rotated under load, and Epicenter that knows nothing but the log.
import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { serve, type Served } from '../src/testing/served.js'
import { freePort, makePlace, nginx, type Place, recipe, remove, root } from './recipes.js'

/** The page whose lines are tried here. */
const PAGE = 'docs/access-logs.md'
const REQUESTS_A_SECOND = 60
const BREAKS = 0.3
/** From the break to an incident that names the backend: until then it is waited for; how long it took is printed. */
const WAIT_MS = 360_000
/** Lines that a log emptied after a copy may lose: those of a moment between the two. */
const IN_THE_GAP = 3

let place: Place
let stops: (() => unknown)[] = []
beforeEach(async () => {
  place = await makePlace()
})
afterEach(async () => {
  for (const stop of stops.reverse()) await stop()
  stops = []
  remove(place)
})

const sleep = (ms: number) => new Promise(done => setTimeout(done, ms))

/** A backend that fails for some of its requests, every so manieth of them. */
async function backend() {
  const it = { port: 0, asked: 0, failed: 0, share: 0, owed: 0, askedSince: 0, failedSince: 0 }
  const server = createServer((_, response) => {
    it.asked++
    it.askedSince++
    it.owed += it.share
    const fails = it.owed >= 1
    if (fails) {
      it.owed--
      it.failed++
      it.failedSince++
    }
    response.writeHead(fails ? 500 : 200).end('ok')
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  stops.push(() => (server.closeAllConnections(), server.close()))
  it.port = (server.address() as AddressInfo).port
  return it
}

/** Asks for pages in a process of its own; ends once all that was asked is answered. */
function load(port: number): { stop: () => Promise<void> } {
  const script = `
    import http from 'node:http'
    const agent = new http.Agent({ keepAlive: true, maxSockets: 20 })
    let asked = 0, answered = 0, over = false
    const pages = ['/checkout/cart', '/search?q=a', '/', '/login']
    const began = Date.now()
    setInterval(() => {
      while (!over && asked < (Date.now() - began) / 1000 * ${REQUESTS_A_SECOND}) {
        // In no step with the backends, which take turns.
        const path = pages[Math.imul(++asked, 0x9e3779b1) >>> 30]
        http.get({ port: ${port}, host: '127.0.0.1', path, agent }, r => { r.resume(); r.on('end', () => answered++) })
      }
      if (over && answered === asked) process.exit(0)
    }, 20)
    process.on('SIGTERM', () => { over = true })`
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' })
  const over = new Promise<void>(done => child.once('exit', () => done()))
  return {
    stop: async () => {
      child.kill('SIGTERM')
      await over
    },
  }
}

/** A log that has been written for 25 minutes, as nginx does, before anybody reads it. */
function past(ports: readonly number[]): string {
  const lines: string[] = []
  for (let ms = Date.now() - 25 * 60_000, i = 0; ms < Date.now(); ms += 100, i++) {
    const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) (\S+)/.exec(new Date(ms).toUTCString()) ?? []
    const status = i % 200 === 0 ? 502 : 200
    lines.push(
      `127.0.0.1 - - [${day}/${month}/${year}:${time} +0000] "GET /search HTTP/1.1" ${status} 2 "-" "-" 0.001 127.0.0.1:${ports[i % 2]}`,
    )
  }
  return `${lines.join('\n')}\n`
}

interface Segment {
  where: Record<string, string[]>
  share: number | null
  interval: [number, number] | null
}
const json = async <T>(url: string): Promise<T> => (await (await fetch(url)).json()) as T

it('names the backend that breaks, with its true share, and counts each request once through rotations and a kill', async () => {
  const [good, bad] = [await backend(), await backend()]
  const port = await freePort()
  const log = join(place.folder, 'access.log')
  const before = past([good.port, bad.port])
  writeFileSync(log, before)
  // What is in the log before is counted as well.
  const [earlier, earlierFailed] = [before.split('\n').length - 1, before.split(' 502 ').length - 1]
  const http = recipe('nginx', 'log', PAGE).replaceAll('/var/log/nginx/shop.log', log)
  const lines = `${http}
    upstream shop { server 127.0.0.1:${good.port}; server 127.0.0.1:${bad.port}; }
    server { listen ${port}; access_log ${log} epicenter; location / { proxy_pass http://shop; } }`
  stops.push(await nginx({ ...place, port }, lines))
  const config = join(place.folder, 'epicenter.yaml')
  writeFileSync(config, recipe('yaml', 'log', PAGE).replaceAll('/var/log/nginx/shop.log', log))
  const args = ['--config', config, '--data', join(place.folder, 'data')]
  let served: Served = await serve(root, args)
  stops.push(() => served.stop('SIGTERM'))
  await sleep(2_000)
  const asking = load(port)
  const pid = Number(readFileSync(join(place.folder, `nginx-${port}.pid`), 'utf8'))

  // As logrotate does it, with a name of its own and with a copy.
  await sleep(20_000)
  renameSync(log, `${log}.1`)
  process.kill(pid, 'SIGUSR1')
  await sleep(20_000)
  renameSync(`${log}.1`, `${log}.2`)
  copyFileSync(log, `${log}.1`)
  truncateSync(log)
  // Dead in the middle of everything, while the log goes on.
  await sleep(7_000)
  await served.stop('SIGKILL')
  await sleep(3_000)
  served = await serve(root, args)
  await sleep(20_000)

  Object.assign(bad, { share: BREAKS, askedSince: 0, failedSince: 0 })
  const broke = Date.now()
  let segments: Segment[] = []
  const cell = `127.0.0.1:${bad.port}`
  const named = () => segments.find(({ where }) => where['cell']?.join() === cell)
  while (named() === undefined && Date.now() - broke < WAIT_MS) {
    await sleep(1_000)
    const incidents = await json<{ latest: { segments?: Segment[] } }[]>(`${served.url}/api/v1/incidents`)
    segments = incidents.flatMap(each => each.latest.segments ?? [])
  }
  const seconds = Math.round((Date.now() - broke) / 1_000)
  const found = named()
  expect(found, JSON.stringify(segments)).toBeDefined()
  const truth = bad.failedSince / bad.askedSince
  console.log(`${seconds} s after the break: ${JSON.stringify(found)}; it fails at ${truth.toFixed(3)}`)
  expect(truth).toBeGreaterThanOrEqual(found!.interval![0])
  expect(truth).toBeLessThanOrEqual(found!.interval![1])

  await asking.stop()
  const sent = good.asked + bad.asked + earlier
  // Never more than there were. Fewer only where lines were neither in the copy of the log nor read before it was emptied.
  const counted = async () => {
    const rows = await json<{ metrics: { total: number; bad: number } }[]>(`${served.url}/api/v1/services/shop/rollups`)
    const sum = (key: 'total' | 'bad') => rows.reduce((all, { metrics }) => all + metrics[key], 0)
    return [sum('total'), sum('bad')] as const
  }
  for (let i = 0; i < 90 && (await counted())[0] < sent; i++) await sleep(1_000)
  const [total, failed] = await counted()
  console.log(`${sent} asked, ${total} counted; ${bad.failed + earlierFailed} failed, ${failed} counted`)
  expect(sent - total).toBeGreaterThanOrEqual(0)
  expect(sent - total).toBeLessThanOrEqual(IN_THE_GAP)
  expect(failed).toBe(bad.failed + earlierFailed)
}, 480_000)
