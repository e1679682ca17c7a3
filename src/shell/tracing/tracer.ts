import type { Config } from '../../contract/config.js'
import type { TracingFile } from '../../contract/outside/tracing.js'
import type { EpochMs } from '../../contract/time.js'
import type { Committed } from '../engine.js'
import type { Env } from '../env.js'
import { pluginEnv } from '../outside/env.js'
import type { Parts } from '../standing.js'
import { VERSION } from '../version.js'
import { type Context, Exporter, type Post, type Span } from './exporter.js'

// Traces of ourselves: request at the door, append to the log, fold, what is told of it, each delivery. All of it is seen from the thread
// that takes requests, so threads and other processes need to know nothing of it. What is not traced costs a comparison with null.

/** Of requests and ticks that nobody else's trace holds. */
const SHARE = 0.05
/** Things at hand at once that are traced: more are not. A server does fewer at once, but where something hangs. */
const OPEN_MOST = 1_000
/** Incidents whose trace is remembered, so that a message is told in the trace of what it is about. */
const INCIDENTS_TRACED = 1_000

type Begun = Omit<Span, 'until' | 'failed'>
/** Version, trace, parent, flags; the last bit of these says that the sender traces it. */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:-|$)/

/** What a `traceparent` says; null: nothing that can be read. */
export function readTraceparent(header: string | undefined): (Context & { sampled: boolean }) | null {
  const found = header === undefined ? null : TRACEPARENT.exec(header.trim())
  if (found === null) return null
  const [, trace, span, flags] = found as unknown as [string, string, string, string]
  return { trace, span, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

export class Tracer implements AsyncDisposable {
  private readonly open = new Set<Begun>()
  private folding: { span: Begun; position: number }[] = []
  private readonly incidents = new Map<string, Context>()
  readonly exporter: Exporter
  private readonly share: number
  private readonly began: { wall: EpochMs; steady: number }

  constructor(
    { share = SHARE, ...to }: TracingFile,
    private readonly env: Pick<Env, 'now' | 'steady' | 'random' | 'log'>,
    post?: Post,
  ) {
    this.share = share
    this.began = { wall: env.now(), steady: this.steady() }
    const resource = { 'service.name': 'epicenter', 'service.version': VERSION }
    this.exporter = new Exporter({ ...to, resource }, env, post ?? pluginEnv(env, true).fetch)
  }

  /** A request at the door begins; null: it is not traced. */
  request(name: string, traceparent: string | undefined): Begun | null {
    const theirs = readTraceparent(traceparent)
    if (this.open.size >= OPEN_MOST || !(theirs === null ? this.chosen() : theirs.sampled)) return null
    const span = this.begin(name, 'server', theirs)
    this.open.add(span)
    return span
  }

  answered(span: Begun, status: number): void {
    this.open.delete(span)
    span.attributes['http.response.status_code'] = status
    this.end(span, status >= 500 ? `answered ${status}` : null)
  }

  /** The same parts, whose appends are traced for those who wait for them. */
  over(parts: Parts): Parts {
    const append: Parts['append'] = async entries => {
      const tick =
        entries.every(each => each.kind === 'tick') && this.chosen() ? [this.begin('tick', 'internal', null)] : []
      const within = [...this.open, ...tick]
      if (within.length === 0) return parts.append(entries)
      const spans = within.map(each => this.begin('append to the log', 'internal', each))
      for (const { attributes } of spans) attributes['epicenter.entries'] = entries.length
      const ends = (failed: string | null) => {
        for (const each of [...spans, ...tick]) this.end(each, failed)
      }
      try {
        const positions = await parts.append(entries)
        ends(null)
        const position = positions.at(-1)!
        for (const each of within.slice(0, OPEN_MOST - this.folding.length))
          this.folding.push({ span: this.begin('fold', 'internal', each), position })
        return positions
      } catch (error) {
        ends((error as Error).message)
        throw error
      }
    }
    return { ...parts, append }
  }

  /** What was folded and committed ends here, and what happened to incidents belongs to the newest of it. */
  committed({ position, incidents }: Pick<Committed, 'position' | 'incidents'>): void {
    const done = this.folding.filter(each => each.position <= position)
    this.folding = this.folding.filter(each => each.position > position)
    for (const { span } of done) {
      span.attributes['epicenter.position'] = position
      this.end(span, null)
    }
    if (incidents.length === 0) return
    // Rare, and what somebody looks for: traced whether or not what it came of was.
    const news = this.begin('incident events', 'internal', done.at(-1)?.span ?? null)
    news.attributes['epicenter.incidents'] = incidents.join(', ')
    this.end(news, null)
    for (const incident of incidents) {
      this.incidents.delete(incident)
      this.incidents.set(incident, news)
    }
    while (this.incidents.size > INCIDENTS_TRACED) this.incidents.delete(this.incidents.keys().next().value as string)
  }

  /** Telling somebody of an incident. */
  async telling<T>(to: string, incident: string, message: string, work: () => Promise<T>): Promise<T> {
    const parent = this.incidents.get(incident)
    if (parent === undefined) return work()
    const span = this.begin(`tell ${to}`, 'client', parent)
    Object.assign(span.attributes, { 'epicenter.incident': incident, 'epicenter.message': message })
    try {
      const done = await work()
      this.end(span, null)
      return done
    } catch (error) {
      this.end(span, (error as Error).message)
      throw error
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.exporter[Symbol.asyncDispose]()
  }

  private begin(name: string, kind: Span['kind'], parent: Context | null): Begun {
    const trace = parent?.trace ?? this.id(16)
    return { trace, span: this.id(8), parent: parent?.span ?? null, name, kind, from: this.now(), attributes: {} }
  }

  private end(span: Begun, failed: string | null): void {
    this.exporter.take({ ...span, until: this.now(), failed })
  }

  /** The wall of the start, and from there evenly: no span ends before it began. */
  private now(): EpochMs {
    return this.began.wall + this.steady() - this.began.steady
  }

  private steady(): number {
    return (this.env.steady ?? this.env.now)()
  }

  private id(bytes: number): string {
    return Buffer.from(this.env.random(bytes)).toString('hex')
  }

  private chosen(): boolean {
    if (this.share === 0 || this.share === 1) return this.share === 1
    return Buffer.from(this.env.random(4)).readUInt32LE() < this.share * 2 ** 32
  }
}

export const tracerOf = ({ tracing }: Pick<Config, 'tracing'>, env: Env): Tracer | undefined =>
  tracing === undefined ? undefined : new Tracer(tracing, env)
