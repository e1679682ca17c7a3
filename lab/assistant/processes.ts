import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { freePort } from '../recipes.js'
import { CELLS, REGIONS, STORES } from './plan.js'
import type { Order, Place, Word } from './role.js'

const NGINX = '/usr/sbin/nginx'
/** A process that has not ended by itself is ended. */
const END_MS = 6_000

/** All processes of the assistant, in a folder of their own that goes with them. */
export class Processes {
  readonly folder = mkdtempSync(join(tmpdir(), 'epicenter-assistant-'))
  readonly log = join(this.folder, 'access.log')
  readonly ports: Record<string, number> = {}
  private readonly children: ChildProcess[] = []
  private people: ChildProcess | null = null
  private nginx: ChildProcess | null = null
  private program = ''

  constructor(private readonly hear: (word: Word) => void) {}

  /** Everything but the people. @returns what was started, in words */
  async start(place: Omit<Place, 'role' | 'name' | 'folder' | 'ports'>): Promise<string[]> {
    this.program = await bundled(this.folder)
    const go = async (role: Place['role'], name: string) => {
      const port = await this.fork({ ...place, role, name, folder: this.folder, ports: this.ports })
      this.ports[role === 'config' ? role : `${role}.${name}`] = port
    }
    await go('config', 'config')
    await Promise.all(STORES.map(name => go('store', name)))
    await Promise.all(CELLS.map(({ id }) => go('cell', id)))
    await Promise.all(REGIONS.map(({ id }) => go('edge', id)))
    const said = [`1 configuration service, ${STORES.length} stores, ${CELLS.length} cells, ${REGIONS.length} edges`]
    if (existsSync(NGINX)) {
      await this.startNginx()
      said.push('nginx before the edges, with an access log')
    } else said.push('no nginx: it is not installed; people ask the edges, and there is no access log')
    return said
  }

  get hasLog(): boolean {
    return this.nginx !== null
  }

  async startPeople(place: Omit<Place, 'role' | 'name' | 'folder' | 'ports'>): Promise<void> {
    await this.fork({ ...place, role: 'clients', name: 'people', folder: this.folder, ports: this.ports })
    this.people = this.children.at(-1) ?? null
  }

  /** First of all, so that nobody sees the others go. */
  async stopPeople(): Promise<void> {
    const { people } = this
    if (people === null || !isAlive(people)) return
    const gone = once(people, 'exit')
    people.kill('SIGKILL')
    await gone
  }

  order(order: Order): void {
    for (const child of this.children) if (child.connected) child.send(order)
  }

  async stop(): Promise<void> {
    const ended = this.children.filter(isAlive).map(child => once(child, 'exit'))
    this.order({ do: 'stop' })
    const timer = setTimeout(() => this.children.forEach(child => child.kill('SIGKILL')), END_MS)
    await Promise.all(ended)
    clearTimeout(timer)
    if (this.nginx !== null && isAlive(this.nginx)) {
      const gone = once(this.nginx, 'exit')
      this.nginx.kill('SIGTERM')
      await gone
    }
    rmSync(this.folder, { recursive: true, force: true })
  }

  private async fork(place: Place): Promise<number> {
    const child = fork(this.program, [JSON.stringify(place)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.children.push(child)
    return new Promise((resolve, reject) => {
      child.on('message', (word: Word) => {
        if (word.says === 'listens') resolve(word.port)
        else this.hear(word)
      })
      child.once('exit', code => reject(new Error(`${place.role} ${place.name} has ended with ${code}`)))
    })
  }

  private async startNginx(): Promise<void> {
    const servers: string[] = []
    for (const { id } of REGIONS) {
      const port = await freePort()
      this.ports[`front.${id}`] = port
      const edge = `127.0.0.1:${this.ports[`edge.${id}`]}`
      servers.push(`upstream ${id} { server ${edge}; keepalive 32; }
server { listen 127.0.0.1:${port}; location / { proxy_pass http://${id}; proxy_http_version 1.1; proxy_set_header Connection ""; } }`)
    }
    const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      each => `${each}_temp_path ${this.folder}/t-${each};`,
    )
    const user = process.getuid?.() === 0 ? 'user root;' : ''
    const file = join(this.folder, 'nginx.conf')
    mkdirSync(join(this.folder, 'logs'), { recursive: true })
    writeFileSync(
      file,
      `${user} daemon off; worker_processes 1; pid ${this.folder}/nginx.pid; error_log ${this.folder}/nginx-errors.log;
events { worker_connections 4096; }
http { ${temps.join(' ')}
log_format epicenter '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
                     '"$http_referer" "$http_user_agent" $request_time $upstream_addr';
access_log ${this.log} epicenter;
${servers.join('\n')} }\n`,
    )
    this.nginx = spawn(NGINX, ['-c', file, '-p', this.folder], { stdio: 'ignore' })
  }
}

const isAlive = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null

/** The processes' program in one file, so that each starts in a moment and the folder is all there is. */
async function bundled(folder: string): Promise<string> {
  const outfile = join(folder, 'process.cjs')
  const require = createRequire(import.meta.url)
  await build({
    entryPoints: [fileURLToPath(new URL('process.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20.19',
    logLevel: 'error',
    plugins: [
      {
        name: 'prebuilt',
        // Has a binary beside it, which no bundle holds.
        setup: ({ onResolve }) =>
          onResolve({ filter: /^libsql$/ }, () => ({ path: require.resolve('libsql'), external: true })),
      },
    ],
  })
  return outfile
}
