import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { serve, type Served, tokenIn } from '../../src/testing/served.js'
import { type Disk, diskAt } from './disk.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const preload = pathToFileURL(join(root, 'bench/soak/wall.mjs')).href
/** Who watches over a server that does not come up starts it again after so long. */
const AGAIN_MS = 500

export const SERVICES = Array.from({ length: 6 }, (_, i) => `shop-${i}`)
export const COMPONENTS = ['cart', 'search', 'pay']
/** The one that asks for people: their addresses are as it says. */
export const PROXY = '127.0.0.9'
/** Only people speak of it: what they report is counted apart. */
export const DESK = 'desk'

/** A server as somebody would run it, whose process, disk and wall clock are in our hand. */
export class House {
  readonly data: string
  readonly disk: Disk
  url = ''
  /** Of the process that runs, or of the last one. */
  pid = 0
  authorization = ''
  /** When it was killed and when it listened again, by our clock; the last may be open. */
  readonly down: { from: number; until: number }[] = []
  /** Starts that ended without a server, with what they said. */
  readonly failed: string[] = []
  private served: Served | null = null
  private readonly config: string
  private readonly wall: string
  private port = '0'
  /** What the processes before this one said on stderr. */
  private said = ''

  constructor(folder: string, receivers: readonly string[]) {
    this.disk = diskAt(join(folder, 'disk'))
    this.data = join(this.disk.place, 'data')
    this.wall = join(folder, 'wall')
    this.config = join(folder, 'epicenter.yaml')
    this.clock(0)
    writeFileSync(this.config, configOf(this.data, receivers))
  }

  async start(): Promise<void> {
    const more = { NODE_OPTIONS: `--import=${preload}`, SOAK_WALL: this.wall }
    for (;;) {
      try {
        this.served = await serve(root, ['--config', this.config, '--port', this.port], more)
        break
      } catch (error) {
        this.failed.push((error as Error).message)
        await new Promise(wait => setTimeout(wait, AGAIN_MS))
      }
    }
    this.url = this.served.url
    this.pid = this.served.pid
    this.port = new URL(this.url).port
    this.authorization = `Bearer ${tokenIn(this.data)}`
    const down = this.down.at(-1)
    if (down?.until === Number.POSITIVE_INFINITY) down.until = Date.now()
  }

  get up(): boolean {
    return this.served !== null
  }

  async kill(): Promise<void> {
    this.down.push({ from: Date.now(), until: Number.POSITIVE_INFINITY })
    await this.end('SIGKILL')
  }

  /** Resolves with the exit code; null also where nothing runs. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const { served } = this
    this.served = null
    const code = (await served?.stop(signal)) ?? null
    this.said += served?.stderr() ?? ''
    return code
  }

  /** The wall clock of the server is so far ahead from now on (and a twentieth of a second). */
  clock(leadMs: number): void {
    writeFileSync(`${this.wall}.new`, String(Math.round(leadMs)))
    renameSync(`${this.wall}.new`, this.wall)
  }

  /** Log lines of all its lives, each with how often it was said. */
  get lines(): Map<string, number> {
    const many = new Map<string, number>()
    for (const line of `${this.said}${this.served?.stderr() ?? ''}`.split('\n').filter(each => each !== '')) {
      let what = line
      try {
        const { level, what: said } = JSON.parse(line) as { level: string; what: string }
        what = `${level}: ${said}`
      } catch {
        // Not a log line: said as it is.
      }
      many.set(what, (many.get(what) ?? 0) + 1)
    }
    return many
  }

  gone(): void {
    this.disk.gone()
  }
}

/** Services, a status page with groups, and everybody who wants to be told. */
function configOf(data: string, receivers: readonly string[]): string {
  const components = COMPONENTS.map(id => `{ id: ${id}, name: ${id} }`).join(', ')
  const services = SERVICES.map(id => `  - { id: ${id}, title: ${id}, components: [${components}] }`)
  const refs = SERVICES.flatMap(id => COMPONENTS.map(part => `${id}/${part}`))
  const notifiers = receivers.map(
    url => `  - { kind: webhook, url: "${url}", secret: whsec_${Buffer.alloc(24, 7).toString('base64')} }`,
  )
  return `data: ${data}
proxies: [${PROXY}]
services:
${services.join('\n')}
  - { id: ${DESK}, title: Desk }
pages:
  - { id: shops, title: Shops, groups: [{ name: All, components: [${refs.join(', ')}] }] }
notifiers:
${notifiers.join('\n')}
`
}
