import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../recipes.js'
import type { Hindrance, Point } from './points.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** Requests of one play, and the signals of each. */
const BATCH = 60
/** A process that neither answers nor ends is stuck. */
const STUCK_MS = 120_000

const wait = (ms: number) => new Promise(next => setTimeout(next, ms))

/** What a play left behind, all that has no part in when it happened by the wall. */
export interface EndState {
  signals: string
  incidents: string
  facts: string
  rollups: string
  /** Messages that a receiver was told, by their ids. */
  told: Map<string, string>
}

/** What strace is to do: count calls, end the process at one, or hinder some. */
export type Plan =
  | { do: 'count' }
  | { do: 'kill'; point: Point; when: number }
  | { do: 'hinder'; what: Hindrance; when: number }

/** One server with a folder of its own, its receiver, and a sender that sends until it is acknowledged. */
export class Play implements AsyncDisposable {
  private readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'epicenter-crash-')))
  private readonly data = join(this.folder, 'data')
  private readonly trace = join(this.folder, 'trace')
  private readonly told = new Map<string, string>()
  private receiver!: Server
  private child: ChildProcess | null = null
  private port = 0
  private said = ''
  /** Ends that nobody asked for: those of a plan, and others. */
  ends = 0

  private constructor(private readonly lines: readonly string[]) {}

  static async open(lines: readonly string[]): Promise<Play> {
    const play = new Play(lines)
    play.receiver = createServer((request, response) => {
      const id = String(request.headers['webhook-id'])
      request.on('data', () => {})
      request.on('end', () => {
        play.told.set(id, id)
        response.end()
      })
    }).listen(0, '127.0.0.1')
    await once(play.receiver, 'listening')
    play.port = await freePort()
    mkdirSync(play.data, { recursive: true })
    const { port } = play.receiver.address() as AddressInfo
    writeFileSync(
      join(play.folder, 'epicenter.yaml'),
      JSON.stringify({
        data: play.data,
        clock: 'signals',
        challenge: 'off',
        notifiers: [
          { use: 'webhook', url: `http://127.0.0.1:${port}/`, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
        ],
      }),
    )
    return play
  }

  /** Starts it; with a plan, under strace. Resolves when it answers, or has ended. */
  private async start(plan: Plan | null): Promise<void> {
    const serve = ['serve', '--config', join(this.folder, 'epicenter.yaml'), '--port', `${this.port}`]
    const command = ['node', join(root, 'scripts/launch.mjs'), ...serve]
    const [program, ...args] = plan === null ? command : ['strace', ...this.strace(plan), ...command]
    this.said = ''
    const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: this.folder })
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (piece: Buffer) => (this.said += piece.toString()))
    child.once('exit', () => {
      if (this.child === child) this.child = null
    })
    this.child = child
    for (const until = Date.now() + STUCK_MS; this.child !== null; ) {
      if ((await fetch(`http://127.0.0.1:${this.port}/healthz`).catch(() => null))?.ok) return
      if (Date.now() > until) throw new Error(`it does not start: ${this.said}`)
      await wait(50)
    }
    this.ends++
  }

  private strace(plan: Plan): string[] {
    const quiet = ['-f', '-q', '-y', '-o', this.trace]
    if (plan.do === 'count') return [...quiet, '-e', 'trace=pwrite64,fsync,rename,write', '-e', 'signal=none']
    const { call, file } = plan.do === 'kill' ? plan.point : plan.what.point
    const what =
      plan.do === 'kill'
        ? `signal=KILL:when=${plan.when}`
        : `${plan.what.inject}:when=${plan.when}..${plan.when + plan.what.calls - 1}`
    return [
      ...quiet,
      ...(file === undefined ? [] : ['-P', join(this.data, file)]),
      ...['-e', `trace=${call}`, '-e', `inject=${call}:${what}`, '-e', 'signal=none'],
    ]
  }

  /** Sends everything until it is acknowledged; starts it again where it has ended, or would not start. */
  async run(plan: Plan | null): Promise<EndState> {
    await this.start(plan)
    for (let from = 0; from < this.lines.length; from += BATCH) await this.send(this.lines.slice(from, from + BATCH))
    await this.foldedAll()
    await this.stop()
    return this.endState()
  }

  private async up(): Promise<void> {
    for (let tries = 0; this.child === null; tries++) {
      if (tries === 5) throw new Error(`it ends again and again: ${this.said}`)
      await this.start(null)
    }
  }

  private async send(lines: readonly string[]): Promise<void> {
    for (const until = Date.now() + STUCK_MS; ; ) {
      await this.up()
      const answer = await fetch(`http://127.0.0.1:${this.port}/api/v1/signals`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${this.token()}` },
        body: lines.join('\n'),
        signal: AbortSignal.timeout(STUCK_MS / 2),
      })
        .then(async response => ({ status: response.status, body: await response.text() }))
        .catch((error: Error) => ({ status: 0, body: error.message }))
      if (answer.status === 200) {
        const { rejected } = JSON.parse(answer.body) as { rejected: unknown[] }
        if (rejected.length > 0) throw new Error(`rejected: ${JSON.stringify(rejected[0])}`)
        return
      }
      if (answer.status !== 503 && answer.status !== 0) throw new Error(`answered ${answer.status}: ${answer.body}`)
      if (Date.now() > until) throw new Error(`nothing is acknowledged: ${answer.body}; ${this.said.slice(-2000)}`)
      await wait(100)
    }
  }

  /** A key that a crash kept from its place is made anew at the start, so it is read each time. */
  private token(): string {
    const file = join(this.data, 'token')
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
  }

  /** Until all is folded and told. A plan may end it here too. */
  private async foldedAll(): Promise<void> {
    for (const until = Date.now() + STUCK_MS; ; ) {
      await this.up()
      const ready = await fetch(`http://127.0.0.1:${this.port}/readyz`).catch(() => null)
      const body = (await ready?.json().catch(() => null)) as { backlog?: number } | null
      if (ready?.status === 200 && body?.backlog === 0) return
      if (Date.now() > until) throw new Error(`it is not ready: ${JSON.stringify(body)}`)
      await wait(50)
    }
  }

  /** Ends it cleanly; what a plan ended on the way is started and ended again. */
  private async stop(): Promise<void> {
    for (let tries = 0; ; tries++) {
      await this.foldedAll()
      await this.everybodyTold()
      const child = this.child
      if (child === null) continue
      const ended = once(child, 'exit')
      const pid = this.servers(child)
      process.kill(pid, 'SIGTERM')
      const [code, signal] = (await ended) as [number | null, string | null]
      if (code === 0) return
      this.ends++
      if (tries === 3) throw new Error(`a clean end gave ${code ?? signal}: ${this.said.slice(-2000)}`)
    }
  }

  /** Of strace, the process that it started. */
  private servers(child: ChildProcess): number {
    if (!child.spawnargs[0]!.endsWith('strace')) return child.pid!
    const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim()
    return Number(children.split(' ')[0])
  }

  /** Every event of an incident that is committed has reached the receiver. */
  private async everybodyTold(): Promise<void> {
    for (let before = -1, calm = 0; calm < 5; ) {
      calm = before === this.told.size ? calm + 1 : 0
      before = this.told.size
      await wait(60)
    }
  }

  private endState(): EndState {
    const into = join(this.folder, 'dump')
    rmSync(into, { recursive: true, force: true })
    execFileSync('node', [join(root, 'scripts/launch.mjs'), 'dump', into, '--data', this.data], { stdio: 'pipe' })
    const text = (name: string) => readFileSync(join(into, `${name}.ndjson`), 'utf8')
    // Which entry of the log a row was last put with depends on what was committed together.
    const rollups = text('rollups').replaceAll(/"position":\d+,/g, '')
    return { signals: text('signals'), incidents: text('incidents'), facts: text('facts'), rollups, told: this.told }
  }

  /** How often a call came, of the thread that made most of them: strace counts each thread's by itself. */
  counted(point: Pick<Point, 'call' | 'file'>): number {
    const path = point.file === undefined ? '' : `<${join(this.data, point.file)}>`
    const calls = new Map<string, number>()
    for (const line of readFileSync(this.trace, 'utf8').split('\n')) {
      if (!line.includes(` ${point.call}(`) || !line.includes(path)) continue
      const thread = line.split(' ', 1)[0]!
      calls.set(thread, (calls.get(thread) ?? 0) + 1)
    }
    return Math.max(0, ...calls.values())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child?.kill('SIGKILL')
    this.receiver.close()
    this.receiver.closeAllConnections()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** What differs between two end states, in words; none where they are the same. */
export function differences(wanted: EndState, found: EndState): string[] {
  const texts = (['signals', 'incidents', 'facts', 'rollups'] as const).flatMap(name =>
    wanted[name] === found[name] ? [] : [`${name}: ${firstDifference(wanted[name], found[name])}`],
  )
  const missing = [...wanted.told.keys()].filter(id => !found.told.has(id))
  const more = [...found.told.keys()].filter(id => !wanted.told.has(id))
  return [
    ...texts,
    ...(missing.length > 0 ? [`nobody was told ${missing.join(', ')}`] : []),
    ...(more.length > 0 ? [`somebody was told ${more.join(', ')}`] : []),
  ]
}

function firstDifference(wanted: string, found: string): string {
  const [a, b] = [wanted.split('\n'), found.split('\n')]
  const at = a.findIndex((line, i) => line !== b[i])
  const line = at < 0 ? a.length : at
  return `${a.length - 1} rows and ${b.length - 1}; row ${line + 1}: ${a[line]?.slice(0, 300)} | ${b[line]?.slice(0, 300)}`
}
