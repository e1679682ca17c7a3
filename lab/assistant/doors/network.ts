import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'

// A network namespace with a link to it, so that packets between two hosts can be lost for real.

const IP = '/usr/sbin/ip'
const IPTABLES = '/usr/sbin/iptables-legacy'
const run = promisify(execFile)

/** Addresses of the two ends; of the block that is kept for measuring networks (RFC 2544), so it is nobody's. */
const NET = '198.18'

/** Two ends of a link: ours, and that within the namespace. */
export class Network {
  readonly name = `assistant-${process.pid}`
  readonly ours: string
  readonly theirs: string
  private readonly link = `as${process.pid}`

  private constructor() {
    const part = process.pid % 256
    const block = 4 * (Math.floor(process.pid / 256) % 64)
    this.ours = `${NET}.${part}.${block + 1}`
    this.theirs = `${NET}.${part}.${block + 2}`
  }

  /** @returns why there is none, where this may or can not be */
  static open(): Network | string {
    if (process.getuid?.() !== 0) return 'only root may make a network namespace'
    for (const program of [IP, IPTABLES]) if (!existsSync(program)) return `${program} is not installed`
    const network = new Network()
    try {
      network.make()
      return network
    } catch (error) {
      network.close()
      return `a network namespace cannot be made: ${error instanceof Error ? error.message.split('\n')[0] : error}`
    }
  }

  private make(): void {
    const { name, link, ours, theirs } = this
    const ip = (...args: string[]) => execFileSync(IP, args, { stdio: 'ignore' })
    ip('netns', 'add', name)
    ip('link', 'add', `${link}a`, 'type', 'veth', 'peer', 'name', `${link}b`, 'netns', name)
    ip('addr', 'add', `${ours}/30`, 'dev', `${link}a`)
    ip('link', 'set', `${link}a`, 'up')
    ip('-n', name, 'addr', 'add', `${theirs}/30`, 'dev', `${link}b`)
    ip('-n', name, 'link', 'set', `${link}b`, 'up')
    ip('-n', name, 'link', 'set', 'lo', 'up')
    // The rule is proved before anybody relies on it.
    this.rule('-A', 0.5)
    this.rule('-D', 0.5)
  }

  /** What is put before a command so that it runs within. */
  get within(): [program: string, ...args: string[]] {
    return [IP, 'netns', 'exec', this.name]
  }

  private readonly lost: number[] = []
  private now = 0

  private rule(what: '-A' | '-D', share: number): void {
    const match = ['-p', 'tcp', '-m', 'statistic', '--mode', 'random', '--probability', String(share), '-j', 'DROP']
    const [program, ...args] = this.within
    execFileSync(program, [...args, IPTABLES, what, 'INPUT', ...match], { stdio: 'ignore' })
  }

  /** Loses this share of the packets that arrive within, from now on; 0 loses none. */
  lose(share: number): void {
    if (share === this.now) return
    if (this.now > 0) {
      this.lost.push(this.dropped())
      this.rule('-D', this.now)
    }
    if (share > 0) this.rule('-A', share)
    this.now = share
  }

  /** Packets that were lost, by the kernel's own count. */
  async count(): Promise<number> {
    const before = this.lost.reduce((a, b) => a + b, 0)
    if (this.now === 0) return before
    const [program, ...args] = this.within
    const { stdout } = await run(program, [...args, IPTABLES, '-nvxL', 'INPUT'])
    return before + droppedIn(stdout)
  }

  private dropped(): number {
    const [program, ...args] = this.within
    return droppedIn(execFileSync(program, [...args, IPTABLES, '-nvxL', 'INPUT'], { encoding: 'utf8' }))
  }

  close(): void {
    // What is within goes along: the rule, and its end of the link, with which ours goes.
    for (const args of [
      ['netns', 'del', this.name],
      ['link', 'del', `${this.link}a`],
    ])
      try {
        execFileSync(IP, args, { stdio: 'ignore' })
      } catch {
        // It has gone already.
      }
  }
}

/** Packets of the rule, as `iptables -nvxL` lists it. */
export const droppedIn = (listing: string): number => Number(/^\s*(\d+)\s+\d+\s+DROP/m.exec(listing)?.[1] ?? 0)
