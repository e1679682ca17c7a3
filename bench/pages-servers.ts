import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

// What bench/pages.ts compares: our server, nginx with the same bytes, and wrk, each on a core of its own.

/** Core of both servers, which take turns; core of the generator. */
export const SERVER_CORE = '0'
const LOAD_CORE = '1'

/** How often the generator's time is read, because nobody knows it when it has ended. */
const WATCH_MS = 50

export interface Running {
  pid: number
  port: number
  said: string
  stop(): Promise<void>
}

/** Where a program is, or null. */
export function find(program: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin']
  return folders.map(folder => join(folder, program)).find(file => existsSync(file)) ?? null
}

export function pinSelf(): void {
  execFileSync('taskset', ['-acp', LOAD_CORE, String(process.pid)], { stdio: 'ignore' })
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  await new Promise<void>(resolve => {
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}

/** Resolves as soon as it listens: what comes next meets a cold server. */
export async function startOurs(config: string, port: number): Promise<Running> {
  const args = ['-c', SERVER_CORE, process.execPath, 'dist/cli/main.js', 'serve', '--config', config]
  const child = spawn('taskset', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const running = { pid: child.pid!, port, said: '', stop: () => ended(child) }
  await new Promise<void>((resolve, reject) => {
    child.once('exit', code => reject(new Error(`the server ended with ${code}`)))
    child.stdout.on('data', (piece: Buffer) => {
      running.said += piece.toString()
      if (running.said.includes('listens')) resolve()
    })
  })
  child.removeAllListeners('exit')
  return running
}

/** The headers that both send; the others belong to the connection or the coding. */
const SENT = /^(cache-control|content-security-policy|x-content-type-options|referrer-policy|access-control-.*|vary)$/

/** One worker with gzip_static, files held open, no log: nginx as it is set up to be quick. */
export async function startNginx(
  nginx: string,
  folder: string,
  port: number,
  answers: readonly Answer[],
): Promise<Running> {
  mkdirSync(join(folder, 'www'), { recursive: true })
  const places = answers.map(({ name, headers }) => {
    const lines = Object.entries(headers).filter(([key]) => SENT.test(key))
    const sent = lines.map(([key, value]) => `add_header ${key} "${String(value).replace(/"/g, '\\"')}";`).join(' ')
    return `location = /${name} { default_type "${headers['content-type']}"; types {} ${sent} }`
  })
  const config = `worker_processes 1; daemon off; pid ${folder}/nginx.pid; error_log stderr crit;
events { worker_connections 512; }
http {
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; gzip_static on; etag on; server_tokens off;
  keepalive_requests 1000000000; keepalive_timeout 75; open_file_cache max=100 inactive=60s; open_file_cache_valid 1s;
  client_body_temp_path ${folder}/t1; proxy_temp_path ${folder}/t2; fastcgi_temp_path ${folder}/t3;
  uwsgi_temp_path ${folder}/t4; scgi_temp_path ${folder}/t5;
  server { listen 127.0.0.1:${port}; root ${folder}/www; ${places.join('\n    ')} }
}`
  writeFileSync(join(folder, 'nginx.conf'), config)
  putFiles(folder, answers)
  const args = ['-c', SERVER_CORE, nginx, '-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')]
  const child = spawn('taskset', args, { stdio: ['ignore', 'inherit', 'inherit'] })
  for (let i = 0; i < 50; i++) {
    if ((await ask(port, `/${answers[0]!.name}`).catch(() => null))?.status === 200) break
    await new Promise(next => setTimeout(next, 100))
  }
  return { pid: child.pid!, port, said: '', stop: () => ended(child) }
}

/** The same bytes as files, plain and compressed as they came. */
export function putFiles(folder: string, answers: readonly Answer[]): void {
  for (const { name, body } of answers) {
    writeFileSync(join(folder, 'www', `${name}.gz`), body)
    writeFileSync(join(folder, 'www', name), gunzipSync(body))
  }
}

export interface Answer {
  name: string
  path: string
  status: number
  headers: http.IncomingHttpHeaders
  body: Buffer
}

/** A page as wrk asks for it. */
export function ask(port: number, path: string, name = path): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { 'accept-encoding': 'gzip' }
    http
      .get({ port, host: '127.0.0.1', path, headers, agent: false }, response => {
        const pieces: Buffer[] = []
        response.on('data', (piece: Buffer) => pieces.push(piece))
        response.on('end', () =>
          resolve({ name, path, status: response.statusCode!, headers: response.headers, body: Buffer.concat(pieces) }),
        )
      })
      .on('error', reject)
  })
}

export interface Measured {
  perSecond: number
  p99Ms: number
  /** Processor time of the server for one request, all its threads. */
  cpuUs: number
  /** Of the machine's processor time meanwhile, the share that neither the server nor wrk took. */
  others: number
}

/** `wrk -t1 -c50` on a core of its own. */
export async function load(wrk: string, server: Running, path: string, seconds: number): Promise<Measured> {
  const before = { server: cpuMs(server.pid), busy: busyMs(), at: performance.now() }
  const url = `http://127.0.0.1:${server.port}${path}`
  const args = ['-c', LOAD_CORE, wrk, '-t1', '-c50', `-d${seconds}s`, '--latency', '-H', 'Accept-Encoding: gzip', url]
  const child = spawn('taskset', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (piece: Buffer) => (said += piece.toString()))
  let wrkMs = 0
  const watch = setInterval(() => {
    wrkMs = Math.max(wrkMs, cpuMs(child.pid!))
  }, WATCH_MS)
  await new Promise(resolve => child.once('close', resolve))
  clearInterval(watch)
  const took = { server: cpuMs(server.pid) - before.server, busy: busyMs() - before.busy }
  const all = (performance.now() - before.at) * cpus().length
  const wrong = /Non-2xx.*|Socket errors.*/.exec(said)?.[0]
  if (wrong !== undefined) throw new Error(`${url}: ${wrong}`)
  const [, p99 = 'NaN', unit = ''] = /^\s*99%\s+([\d.]+)(us|ms|s)\s*$/m.exec(said) ?? []
  const requests = Number(/(\d+) requests in/.exec(said)?.[1])
  return {
    perSecond: Number(/Requests\/sec:\s*([\d.]+)/.exec(said)?.[1]),
    p99Ms: Number(p99) * (unit === 'us' ? 0.001 : unit === 's' ? 1_000 : 1),
    cpuUs: (took.server / requests) * 1_000,
    others: Math.max(0, took.busy - took.server - wrkMs) / all,
  }
}

/** All that the machine did: neither idle nor waiting for a disk. */
function busyMs(): number {
  const [user, nice, system, , , irq, softirq, steal] = readFileSync('/proc/stat', 'latin1')
    .slice(0, 200)
    .split(/\s+/)
    .slice(1)
    .map(Number) as [number, number, number, number, number, number, number, number]
  return (user + nice + system + irq + softirq + steal) * 10
}

/** Of the process and its children (nginx works in one), in steps of a hundredth of a second. */
function cpuMs(pid: number): number {
  const stat = (of: string) =>
    readFileSync(`/proc/${of}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')
  let ticks = 0
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const fields = stat(name)
      if (Number(name) === pid || Number(fields[1]) === pid) ticks += Number(fields[11]) + Number(fields[12])
    } catch {
      // It ended meanwhile.
    }
  }
  return ticks * 10
}
