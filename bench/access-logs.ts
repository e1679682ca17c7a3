/**
 * Lines of access logs counted a second on one core, against a bare split of the same bytes in the same run.
 *   npm run bench -- access-logs (bench/access-logs.ts) [--lines 2000000] [--rounds 3]
 *
 * A burst: the whole file lies there when the source is opened. It is followed, decoded, read, counted and handed over as it is in a
 * server; only what the server does with the signals is left out, a few hundred of them. The bare split reads the same file in the same
 * pieces, decodes them, splits them at line ends, and does nothing with the lines. Processor time of this process, all threads.
 */
import { open } from 'node:fs/promises'
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FOLLOW_PIECE_BYTES } from '../src/contract/limits.js'
import type { Source } from '../src/contract/plugin.js'
import accessLog, { type AccessLogConfig } from '../src/plugin/source/access-log.js'
import { pluginEnv } from '../src/shell/outside/env.js'
import { grouped, option, setting, writePage } from './machine.js'

const lines = option('lines', 2_000_000)
const rounds = option('rounds', 3)
const folder = mkdtempSync(join(tmpdir(), 'epicenter-bench-'))

const AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
]
const SEGMENTS = ['checkout', 'search', 'api', 'login', 'items', 'static', 'account', 'cart']
const statusOf = (i: number) => (i % 50 === 0 ? 502 : i % 11 === 0 ? 404 : 200)
const timeOf = (i: number) => new Date(Date.now() - 60_000 + (i / lines) * 60_000)
const clfOf = (i: number) => {
  const [, day = '', month = '', year = ''] = /^\w+, (\d+) (\w+) (\d+)/.exec(timeOf(i).toUTCString()) ?? []
  return `${day}/${month}/${year}:${timeOf(i).toISOString().slice(11, 19)} +0000`
}
const pathOf = (i: number) => `/${SEGMENTS[i % 8]}/${i % 9_973}?page=${i % 7}`

const FORMATS: Record<string, (i: number) => string> = {
  'nginx, combined': i =>
    `10.${i % 200}.3.${i % 99} - - [${clfOf(i)}] "GET ${pathOf(i)} HTTP/1.1" ${statusOf(i)} ${i % 50_000} "https://shop.example/" "${AGENTS[i % 2]}"`,
  'nginx, with time and upstream': i =>
    `10.${i % 200}.3.${i % 99} - - [${clfOf(i)}] "GET ${pathOf(i)} HTTP/1.1" ${statusOf(i)} ${i % 50_000} "https://shop.example/" "${AGENTS[i % 2]}" 0.${100 + (i % 900)} 10.0.0.${i % 6}:8080`,
  'Envoy, its default': i =>
    `[${timeOf(i).toISOString()}] "GET ${pathOf(i)} HTTP/1.1" ${statusOf(i)} - 0 ${i % 5_000} ${i % 900} ${i % 800} "10.1.${i % 200}.7" "${AGENTS[i % 2]}" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "shop.example" "10.0.0.${i % 6}:8080"`,
  'HAProxy, HTTP': i =>
    `10.0.1.2:33317 [${clfOf(i).slice(0, 20)}.655] web~ shop/shop-${i % 6} 10/0/30/69/109 ${statusOf(i)} 2750 - - ---- 1/1/1/1/0 0/0 "GET ${pathOf(i)} HTTP/1.1"`,
  'JSON of nginx': i =>
    `{"time":"${timeOf(i).toISOString()}","remote_addr":"10.0.3.${i % 99}","request":"GET ${pathOf(i)} HTTP/1.1","status":${statusOf(i)},"request_time":0.${100 + (i % 900)},"host":"shop.example","upstream_addr":"10.0.0.${i % 6}:8080","agent":"${AGENTS[i % 2]}"}`,
}

function write(name: string, of: (i: number) => string): string {
  const file = join(folder, name.replaceAll(/\W+/g, '-'))
  const out = openSync(file, 'w')
  for (let i = 0; i < lines; i += 10_000)
    writeSync(out, Array.from({ length: Math.min(10_000, lines - i) }, (_, j) => `${of(i + j)}\n`).join(''))
  closeSync(out)
  return file
}

const cpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
async function timed(work: () => Promise<number>): Promise<{ lines: number; cpu: number; wall: number }> {
  const [cpu, wall] = [cpuMs(), performance.now()]
  const count = await work()
  return { lines: count, cpu: cpuMs() - cpu, wall: performance.now() - wall }
}

async function split(path: string): Promise<number> {
  await using file = await open(path)
  const bytes = Buffer.alloc(FOLLOW_PIECE_BYTES)
  let [at, count] = [0, 0]
  for (;;) {
    const { bytesRead } = await file.read(bytes, 0, bytes.length, at)
    const end = bytes.subarray(0, bytesRead).lastIndexOf(10) + 1
    if (end === 0) return count
    at += end
    for (const line of bytes.toString('latin1', 0, end).split('\n')) if (line !== '') count++
  }
}

/** The end of a window: the last round ends a second after its last line, not eleven. */
const present = Math.ceil(Date.now() / 10_000) * 10_000 - 1
/** Waiting keeps no process alive by itself. */
const alive = setInterval(() => {}, 1_000)
let memory = 0
async function count(path: string): Promise<number> {
  const settings: AccessLogConfig = {
    service: 'shop',
    file: path,
    begin: 'start',
    format: 'auto',
    durations: 's',
    windowSeconds: 10,
    slowSeconds: 2,
    bad: ['5xx'],
    firstSegment: true,
    timeZone: 'UTC',
  }
  await using source: Source = await accessLog.open(settings, pluginEnv({ now: () => present, log: () => {} }))
  let total = 0
  for await (const { signals } of source.read!(new AbortController().signal, undefined)) {
    for (const each of signals as { total: number }[]) total += each.total
    memory = Math.max(memory, process.memoryUsage().rss)
    if (total >= lines) break
  }
  return total
}

const median = (list: number[]) => list.toSorted((a, b) => a - b)[list.length >> 1] ?? 0
const rows: string[] = []
for (const [name, of] of Object.entries(FORMATS)) {
  const path = write(name, of)
  const bytes = statSync(path).size
  const [bare, ours]: [number[], number[]] = [[], []]
  let wall = 0
  for (let i = 0; i < rounds; i++) {
    const one = await timed(() => split(path))
    const two = await timed(() => count(path))
    if (one.lines !== lines || two.lines !== lines)
      throw new Error(`${name}: ${one.lines} and ${two.lines} of ${lines}`)
    bare.push(one.cpu)
    ours.push(two.cpu)
    wall = Math.max(wall, two.wall)
  }
  rmSync(path)
  const perSecond = (ms: number) => grouped((lines / ms) * 1_000)
  const ratio = (median(bare) / median(ours)).toFixed(2)
  rows.push(
    `| ${name} | ${grouped(bytes / lines)} | ${perSecond(median(bare))} | ${perSecond(median(ours))} | ${ratio} | ${(wall / 1_000).toFixed(1)} s | ${Math.round(memory / 2 ** 20)} MB |`,
  )
  process.stderr.write(`${rows.at(-1)}\n`)
}
clearInterval(alive)
rmSync(folder, { recursive: true })
writePage(
  'access-logs',
  [
    '# Access logs',
    '',
    `A burst of ${grouped(lines)} lines that lie there when the source is opened, each counted once; ${rounds} rounds, medians. Lines a second of one core's time. Of the time of a burst a second is waiting for the end of its window. Memory is the most that the process held so far.`,
    '',
    '| log | bytes a line | bare split | counted | part of it | the slowest burst | memory |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    '',
    setting(`npm run bench -- access-logs --lines ${lines} --rounds ${rounds}`),
  ].join('\n'),
)
