import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { createServer, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serve, type Served } from '../src/testing/served.js'

// The recipes of docs/behind-a-proxy.md and other pages as they stand there, started for real on ports of their own.

export const root = fileURLToPath(new URL('..', import.meta.url))

/** A code block of a page by its language and the word behind it. */
export function recipe(language: string, name: string, page = 'docs/behind-a-proxy.md'): string {
  const text = readFileSync(join(root, page), 'utf8')
  const found = new RegExp(`^\`\`\`${language} ${name}\n([\\s\\S]*?)^\`\`\``, 'm').exec(text)?.[1]
  if (found === undefined) throw new Error(`${page} has no block ${language} ${name}`)
  return found
}

/** Puts what is there in place of what the page has, which must be in it. */
export function filled(text: string, with_: Record<string, string>): string {
  let out = text
  for (const [from, to] of Object.entries(with_)) {
    if (!out.includes(from)) throw new Error(`the recipe has no ${from}`)
    out = out.replaceAll(from, to)
  }
  return out
}

export const NAME = 'status.example.com'

export interface Place {
  folder: string
  /** Certificate and key for {@link NAME} and www.example.com. */
  cert: string
  key: string
  port: number
}

/** The system hands out ports from here on, for connections and to whoever asks for any: none below it is taken by chance. */
const ephemeral = (() => {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split('\t')[0])
  } catch {
    return 32_768
  }
})()
const LOWEST = 10_000
const claims = join(tmpdir(), `epicenter-ports-${process.getuid?.() ?? 0}`)
const own = new Set<string>()
process.once('exit', () => {
  for (const file of own) rmSync(file, { force: true })
})

/** Whether this process has the port for as long as it lives; others that ask this way look at the same folder. */
function claimed(port: number): boolean {
  const file = join(claims, `${port}`)
  mkdirSync(claims, { recursive: true })
  if (existsSync(file) && !alive(file)) rmSync(file, { force: true })
  try {
    writeFileSync(file, `${process.pid}`, { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  own.add(file)
  return true
}

function alive(file: string): boolean {
  try {
    const pid = Number(readFileSync(file, 'utf8'))
    // Whoever claims it just now has not yet written who they are.
    if (pid === 0) return true
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * A port of loopback at which nobody listens, and that nobody else gets before whoever asked listens there: one below those that the
 * system hands out, claimed until this process ends.
 */
export async function freePort(): Promise<number> {
  const many = Math.max(ephemeral - LOWEST, LOWEST)
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * many)
    if (claimed(port) && (await silent(port))) return port
  }
}

async function silent(port: number): Promise<boolean> {
  const server = createServer()
  const free = await new Promise<boolean>(done =>
    server.once('error', () => done(false)).listen(port, '127.0.0.1', () => done(true)),
  )
  await new Promise(done => server.close(done))
  return free
}

export async function makePlace(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'epicenter-proxy-'))
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const names = `subjectAltName=DNS:${NAME},DNS:www.example.com`
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', `/CN=${NAME}`, '-addext', names, '-keyout', key, '-out', cert],
  ])
  if (made.status !== 0) throw new Error(`openssl: ${made.stderr}`)
  return { folder, cert, key, port: await freePort() }
}

/** A program that was started, until it listens. */
export async function started(command: string, args: string[], port: number, env = {}): Promise<() => Promise<void>> {
  const child: ChildProcess = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  let said = ''
  let code: number | null = null
  child.stdout!.on('data', piece => (said += piece))
  child.stderr!.on('data', piece => (said += piece))
  child.on('exit', ended => (code = ended ?? -1))
  for (let listens = false; !listens; ) {
    if (code !== null) throw new Error(`${command} ended with ${code}: ${said}`)
    listens = await new Promise<boolean>(resolve => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
      socket.on('connect', () => socket.destroy())
    })
    await new Promise(next => setTimeout(next, 50))
  }
  return async () => {
    if (code !== null) return
    const ended = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
  }
}

/** Epicenter with one service, configured by these lines. */
export async function epicenter(folder: string, lines: string): Promise<Served & { token: string }> {
  const config = join(folder, `${Math.random().toString(36).slice(2)}.yaml`)
  const data = `${config}.data`
  writeFileSync(config, `services: [{ id: shop }]\n${lines}\n`)
  const served = await serve(root, ['--config', config, '--data', data])
  return { ...served, token: readFileSync(join(data, 'token'), 'utf8').trim() }
}

/** nginx with these lines in its `http` block. */
export function nginx({ folder, port }: Place, http: string): Promise<() => Promise<void>> {
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    each => `${each}_temp_path ${folder}/t-${each};`,
  )
  const file = join(folder, `nginx-${port}.conf`)
  writeFileSync(
    file,
    `user root; daemon off; pid ${folder}/nginx-${port}.pid; error_log stderr;\nevents { worker_connections 8192; }\nhttp { access_log off; ${temps.join(' ')}\n${http}\n}\n`,
  )
  return started('/usr/sbin/nginx', ['-c', file, '-p', folder], port)
}

export function apache({ folder, port }: Place, site: string): Promise<() => Promise<void>> {
  const modules = ['mpm_event', 'authz_core', 'headers', 'proxy', 'proxy_http', 'socache_shmcb', 'ssl']
  const file = join(folder, 'apache.conf')
  const lines = [
    `ServerRoot ${folder}`,
    `PidFile ${folder}/apache.pid`,
    `ErrorLog ${folder}/apache.log`,
    'ServerName localhost',
    `Listen 127.0.0.1:${port}`,
    ...modules.map(each => `LoadModule ${each}_module /usr/lib/apache2/modules/mod_${each}.so`),
    `Mutex file:${folder}`,
  ]
  writeFileSync(file, `${lines.join('\n')}\n${site}`)
  return started('/usr/sbin/apache2', ['-f', file, '-D', 'FOREGROUND'], port)
}

export function caddy({ folder, port }: Place, site: string): Promise<() => Promise<void>> {
  const file = join(folder, 'Caddyfile')
  mkdirSync(join(folder, 'caddy'), { recursive: true })
  writeFileSync(file, `{\n  admin off\n  auto_https disable_redirects\n}\n${site}`)
  const home = { HOME: folder, XDG_DATA_HOME: join(folder, 'caddy'), XDG_CONFIG_HOME: join(folder, 'caddy') }
  return started('/usr/bin/caddy', ['run', '--config', file, '--adapter', 'caddyfile'], port, home)
}

export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

/** One request through TLS to that port, by that name. `until`: it is enough when the body matches. */
export function ask(
  port: number,
  path: string,
  options: {
    name?: string
    method?: string
    headers?: Record<string, string>
    body?: string | Buffer
    until?: RegExp
    onHead?: () => void
  } = {},
): Promise<Answer> {
  const { name = NAME, method = 'GET', headers = {}, body, until, onHead } = options
  return new Promise((resolve, reject) => {
    const asking = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method,
        servername: name,
        rejectUnauthorized: false,
        agent: false,
        headers: { host: `${name}:${port}`, ...headers },
      },
      reply => {
        onHead?.()
        let text = ''
        const done = () => resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body: text })
        reply.on('data', piece => {
          text += piece
          if (until?.test(text) !== true) return
          done()
          asking.destroy()
        })
        reply.on('end', done)
      },
    )
    asking.on('error', reject)
    asking.end(body)
  })
}

export const remove = ({ folder }: Place) => rmSync(folder, { recursive: true, force: true })
