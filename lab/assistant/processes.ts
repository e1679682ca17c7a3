import { type ChildProcess, fork, type ForkOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, stop } from 'esbuild'
import { Network } from './doors/network.js'
import { isAlive, nginx, type Program, prometheus } from './doors/programs.js'
import { CELLS, REGIONS, STORES } from './plan.js'
import type { Order, Place, Word } from './role.js'

/** The cell behind the road on which packets can be lost. */
const FAR = 'eu-north'
type Common = Omit<Place, 'role' | 'name' | 'folder' | 'ports' | 'hosts'>

/** A process that has not ended by itself is ended. */
const END_MS = 6_000

/** All processes of the assistant, in a folder of their own that goes with them. */
export class Processes {
  readonly folder = mkdtempSync(join(tmpdir(), 'epicenter-assistant-'))
  readonly log = join(this.folder, 'access.log')
  readonly ports: Record<string, number> = {}
  private readonly children: ChildProcess[] = []
  private people: ChildProcess | null = null
  private readonly programs: Program[] = []
  private network: Network | null = null
  private readonly hosts: Record<string, string> = {}
  hasLog = false
  hasPrometheus = false
  private program = ''

  constructor(private readonly hear: (word: Word) => void) {}

  /** Everything but the people. @returns what was started, in words */
  async start(place: Common, prometheusTo: { url: string; secret: string } | null): Promise<string[]> {
    this.program = await bundled(this.folder)
    const go = async (role: Place['role'], name: string) => {
      const port = await this.fork({ ...place, role, name, ...this.found })
      this.ports[role === 'config' ? role : `${role}.${name}`] = port
    }
    await go('reaper', 'reaper')
    await go('config', 'config')
    await Promise.all(STORES.map(name => go('store', name)))
    await Promise.all(CELLS.map(({ id }) => go('cell', id)))
    const said = [`1 configuration service, ${STORES.length} stores, ${CELLS.length} cells, ${REGIONS.length} edges`]
    said.push(await this.road(place))
    await Promise.all(REGIONS.map(({ id }) => go('edge', id)))
    const front = await nginx(this.folder, this.log, this.ports)
    this.hasLog = front !== null
    said.push(
      front === null
        ? 'no nginx: it is not installed; people ask the edges, and there is no access log'
        : 'nginx before the edges, with an access log',
    )
    const scraper = prometheusTo === null ? null : await prometheus(this.folder, this.ports, prometheusTo)
    this.hasPrometheus = scraper !== null
    if (prometheusTo !== null)
      said.push(
        scraper === null
          ? 'no Prometheus: it is not installed; nobody scrapes the stores'
          : 'Prometheus, which scrapes the stores and the configuration service',
      )
    this.programs.push(...[front, scraper].filter(each => each !== null))
    return said
  }

  private get found() {
    const { folder, ports, hosts } = this
    return { folder, ports, hosts }
  }

  /** A road to {@link FAR} through a network namespace and back, on which packets can be lost. */
  private async road(place: Common): Promise<string> {
    const network = Network.open()
    if (typeof network === 'string') return `no namespace: ${network}; packets cannot be lost`
    this.network = network
    const { ours, theirs } = network
    const cell = `cell.${FAR}`
    const out = { listen: ours, to: `127.0.0.1:${this.ports[cell]}` }
    const port = await this.fork({ ...place, role: 'relay', name: 'out', ...this.found, road: out })
    const within = { listen: theirs, to: `${ours}:${port}` }
    this.ports[cell] = await this.fork(
      { ...place, role: 'relay', name: 'in', ...this.found, road: within },
      network.within,
    )
    this.hosts[cell] = theirs
    return `a network namespace, through which ${FAR} is reached`
  }

  /** Loses a share of the packets to {@link FAR}. @throws where there is no namespace */
  lose(share: number): void {
    if (this.network !== null) this.network.lose(share)
    else if (share > 0) throw new Error('packets cannot be lost here: there is no network namespace')
  }
  get canLose(): boolean {
    return this.network !== null
  }
  lost = (): Promise<number> => this.network?.count() ?? Promise.resolve(0)

  /** What is to be ended by others if we are: programs that do not notice. */
  mind(more: number): void {
    const pids = [...this.programs.map(({ child }) => child.pid!), more]
    this.order({ do: 'mind', pids, namespace: this.network?.name ?? null })
  }

  async startPeople(place: Common): Promise<void> {
    await this.fork({ ...place, role: 'clients', name: 'people', ...this.found })
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
    for (const program of this.programs) await program.stop()
    this.network?.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** @param within A command that runs it elsewhere. */
  private async fork(place: Place, within?: readonly [string, ...string[]]): Promise<number> {
    // The program is one file of plain JavaScript: what reads ours is not needed.
    const options: ForkOptions = { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }
    const own = [this.program, JSON.stringify(place)]
    const child =
      within === undefined
        ? fork(own[0]!, own.slice(1), options)
        : spawn(within[0], [...within.slice(1), process.execPath, ...own], options)
    this.children.push(child)
    return new Promise((resolve, reject) => {
      child.on('message', (word: Word) => {
        if (word.says === 'listens') resolve(word.port)
        else this.hear(word)
      })
      child.once('exit', code => reject(new Error(`${place.role} ${place.name} has ended with ${code}`)))
    })
  }
}

/** The processes' program in one file, so that each starts in a moment and the folder is all there is. */
async function bundled(folder: string): Promise<string> {
  const outfile = join(folder, 'process.cjs')
  const require = createRequire(import.meta.url)
  await build({
    entryPoints: [fileURLToPath(new URL('parts/process.ts', import.meta.url))],
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
  await stop()
  return outfile
}
