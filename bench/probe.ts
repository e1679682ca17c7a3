/**
 * What probes cost, and how soon they see it.
 *   npm run bench -- probe (bench/probe.ts) [--checks 1000] [--seconds 20] [--targets 4000] [--rounds 30] [--seed 1]
 *
 * One nginx answers. A server of ours makes so many HTTP checks a second, each durable and counted; blackbox_exporter makes the same
 * checks in the same seconds, asked over connections that stay. Processor time is that of the whole process with all its threads, after
 * a warm-up: in the first minute a JavaScript process compiles itself. Then the memory of many
 * targets, and the time from a target's first failing answer to the failed check in the log, at an interval of one second.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http, { type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Daemons } from '../lab/daemons.js'
import { freePort } from '../lab/recipes.js'
import { sfc32 } from '../src/core/stat/random.js'
import { type Served, serve, tokenIn } from '../src/testing/served.js'
import { grouped, option, setting, writePage } from './machine.js'

const BLACKBOX = '/usr/bin/prometheus-blackbox-exporter'
const SERVICES = 40
const WARM_MS = 60_000
const checks = option('checks', 1_000)
const seconds = option('seconds', 30)
const targets = option('targets', 4_000)
const rounds = option('rounds', 30)
const random = sfc32(option('seed', 1))
const root = fileURLToPath(new URL('..', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'epicenter-probe-'))
const daemons = new Daemons()
const wait = (ms: number) => new Promise<void>(done => setTimeout(done, ms))

/** Processor time of a process so far, in milliseconds. A tick is 10 ms. */
function cpuMs(pid: number): number {
  const after = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return 10 * (Number(after[11]) + Number(after[12]))
}
const residentMb = (pid: number) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1_024

interface Source {
  accepted: number
  lastError: { at: number; why: string } | null
}
let count = 0
async function watching(
  urls: string[],
  everySeconds: number,
): Promise<{ served: Served; sources: () => Promise<Source[]> }> {
  const data = join(scratch, `data-${count}`)
  const file = join(scratch, `${count++}.yaml`)
  const services = Array.from({ length: SERVICES }, (_, i) => `{ id: s${i} }`)
  const list = urls.map((url, i) => `      - { url: "${url}", id: t${i}, service: s${i % SERVICES} }`)
  const head = `services: [${services.join(', ')}]\nprobes:\n  - use: http\n    everySeconds: ${everySeconds}\n`
  writeFileSync(file, `${head}    allowPrivate: [127.0.0.0/8]\n    targets:\n${list.join('\n')}\n`)
  const served = await serve(root, ['--config', file, '--data', data])
  const headers = { authorization: `Bearer ${tokenIn(data)}` }
  const sources = async () => (await (await fetch(`${served.url}/api/v1/sources`, { headers })).json()) as Source[]
  return { served, sources }
}
const made = (of: Source[]) => of.reduce((sum, each) => sum + each.accepted, 0)
const urlsOf = (port: number, n: number) => Array.from({ length: n }, (_, i) => `http://127.0.0.1:${port}/t${i}`)

/** Checks a second, and milliseconds of processor for each. */
interface Cost {
  rate: number
  cpu: number
}
/** How a process fares from here on, by its count of checks. */
async function costFrom(pid: number, made: () => number | Promise<number>): Promise<() => Promise<Cost>> {
  const [from, cpu, began] = [await made(), cpuMs(pid), performance.now()]
  return async () => {
    const [spent, all, took] = [cpuMs(pid) - cpu, (await made()) - from, performance.now() - began]
    return { rate: (1_000 * all) / took, cpu: spent / all }
  }
}

/** Both in the same seconds: what else this machine does meanwhile is done to both. */
async function compared(port: number): Promise<{ own: Cost; other: Cost | null }> {
  const { served, sources } = await watching(urlsOf(port, checks), 1)
  const other = await blackbox(port)
  await wait(WARM_MS)
  const ends = [await costFrom(served.pid, async () => made(await sources()))]
  if (other !== null) ends.push(await costFrom(other.pid, other.made))
  await wait(seconds * 1_000)
  const [own, foreign = null] = await Promise.all(ends.map(end => end()))
  other?.stop()
  await served.stop('SIGTERM')
  return { own: own!, other: foreign }
}

/** Asked for as many checks a second as ours makes. */
async function blackbox(port: number): Promise<{ pid: number; made: () => number; stop: () => void } | null> {
  if (!existsSync(BLACKBOX)) return null
  const own = await freePort()
  const file = join(scratch, 'blackbox.yml')
  writeFileSync(file, 'modules: { http_2xx: { prober: http, timeout: 5s, http: { preferred_ip_protocol: ip4 } } }\n')
  const args = [`--config.file=${file}`, `--web.listen-address=127.0.0.1:${own}`]
  const child: ChildProcess = spawn(BLACKBOX, args, { stdio: 'ignore' })
  const agent = new http.Agent({ keepAlive: true, maxSockets: 16 })
  const urls = urlsOf(port, checks)
  const probe = (i: number) =>
    new Promise<string>((done, fail) => {
      const path = `/probe?module=http_2xx&target=${encodeURIComponent(urls[i % urls.length]!)}`
      const request = http.get({ host: '127.0.0.1', port: own, path, agent }, response => {
        let text = ''
        response
          .setEncoding('utf8')
          .on('data', piece => (text += piece))
          .on('end', () => done(text))
      })
      request.on('error', fail)
    })
  for (let up = false; !up; await wait(100))
    up = await probe(0).then(
      () => true,
      () => false,
    )
  let [asked, answered, over] = [0, 0, false]
  const began = performance.now()
  const run = async () => {
    while (!over) {
      const ahead = asked - ((performance.now() - began) * checks) / 1_000
      if (ahead > 0) await wait((ahead * 1_000) / checks)
      if (!/^probe_success 1$/m.test(await probe(asked++))) throw new Error('it fails')
      answered++
    }
  }
  const ends = Array.from({ length: 16 }, run)
  return {
    pid: child.pid!,
    made: () => answered,
    stop: () => {
      over = true
      void Promise.allSettled(ends).then(() => {
        agent.destroy()
        child.kill()
      })
    },
  }
}

/** Resident memory once every target was looked at, and how long that took. */
async function memory(port: number, n: number): Promise<{ mb: number; seconds: number | null }> {
  const { served, sources } = await watching(urlsOf(port, n), 60)
  const began = performance.now()
  let took: number | null = null
  while (performance.now() - began < 75_000) {
    await wait(1_000)
    if (took === null && (await sources()).every(each => each.accepted > 0)) took = (performance.now() - began) / 1_000
  }
  const mb = residentMb(served.pid)
  await served.stop('SIGTERM')
  return { mb, seconds: took }
}

/** Milliseconds from the moment at which a target breaks to the failed check that is durable. */
async function latency(): Promise<number[]> {
  let broken = false
  const target: Server = http.createServer((_, response) => response.writeHead(broken ? 503 : 200).end('ok'))
  await new Promise<void>(done => target.listen(0, '127.0.0.1', done))
  const { served, sources } = await watching([`http://127.0.0.1:${(target.address() as AddressInfo).port}/`], 1)
  const took: number[] = []
  for (let round = 0; round < rounds; round++) {
    await wait(1_100 + 1_000 * random())
    // Times are told to the millisecond, of two clocks: earlier errors are at least a second old.
    const before = ((await sources())[0]!.lastError?.at ?? 0) + 500
    broken = true
    const began = performance.now()
    // The error of a look is told once its check is durable.
    while (((await sources())[0]!.lastError?.at ?? 0) <= before) await wait(10)
    took.push(performance.now() - began)
    broken = false
  }
  await served.stop('SIGTERM')
  target.close()
  return took.toSorted((a, b) => a - b)
}

const web = await daemons.nginx("location / { return 200 'ok'; } keepalive_timeout 0;")
const { own, other } = await compared(web.port)
const [waiting] = loadavg() as [number, number, number]
const [one, many] = [await memory(web.port, 1), await memory(web.port, targets)]
const took = await latency()
await daemons.stop()
rmSync(scratch, { recursive: true, force: true })
const ms = (value: number) => value.toFixed(3)
const row = (name: string, of: { rate: number; cpu: number } | null) =>
  of === null ? `| ${name} | not installed | |` : `| ${name} | ${grouped(of.rate)} | ${ms(of.cpu)} ms |`
const at = (share: number) => Math.round(took[Math.floor(share * took.length)]!)
writePage(
  'probe',
  `# Probes

HTTP checks of ${grouped(checks)} addresses of a local nginx, each over a connection of its own; ${seconds} s after a warm-up of ${WARM_MS / 1_000} s. Ours makes each
once a second, writes it into its log and counts it; blackbox_exporter is asked for as many in the same seconds, by 16 connections that stay.

| | checks a second | processor a check |
| --- | --- | --- |
${row('epicenter, with its log and its detector', own)}
${row('blackbox_exporter', other)}
| ratio | | **${other === null ? 'unknown' : (own.cpu / other.cpu).toFixed(2)}** |

Wanted: at most 0.5.${own.rate < 0.9 * checks ? ` The machine had ${Math.round(waiting)} processes waiting for it: neither came to ${grouped(checks)} a second.` : ''}

${grouped(targets)} targets once a minute take ${Math.round(many.mb)} MB, one takes ${Math.round(one.mb)} MB: **${Math.round(many.mb - one.mb)} MB** more, wanted less than 200. After the start all of
them had been looked at within ${many.seconds === null ? 'more than 75' : `**${many.seconds.toFixed(0)}**`} s of the minute.

From a target's break to the failed check in the log, at an interval of one second, ${rounds} times: median **${at(0.5)} ms**, 90 % ${at(0.9)} ms, longest ${Math.round(took.at(-1)!)} ms.
Wanted: a median under 900 ms. Half of an interval is waiting for the next look.

${setting(`npm run bench -- probe`)}`,
)
