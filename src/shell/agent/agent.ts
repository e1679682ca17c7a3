import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AgentAnswer, AgentResult, AgentTurn } from '../../contract/outside/agent.js'
import type { ProbeUse, Use } from '../../contract/config.js'
import { PermanentError, TransientError } from '../../contract/error.js'
import { AGENT_PAUSE_MAX_MS, AGENT_RESULTS, AGENT_TURN_MS, LATENCY_MAX_MS, TEXT_CHARS } from '../../contract/limits.js'
import { type EpochMs, SECOND } from '../../contract/time.js'
import type { Env } from '../env.js'
import { writeAside } from '../folder/key-file.js'
import { Inputs } from '../running/inputs.js'
import type { Looked } from '../running/probing.js'
import type { Taker } from '../running/tasks.js'
import { Spool } from './spool.js'

// An agent: probes of another server, run here. It asks for its work, hands in what it found, and keeps that while nobody answers.

/** How its server answers a turn. @throws PermanentError where the token is of no use, TransientError without an answer */
export type AskServer = (turn: AgentTurn) => Promise<AgentAnswer>

export interface AgentParts {
  ask: AskServer
  env: Env
  /** Where it keeps what was not taken yet, and what its probes go on from. */
  folder: string
  /** Addresses that are not public, which probes of the server may ask for here. */
  allowPrivate: Use['allowPrivate']
  instance: string
}

/** An answer that took longer says too little of the time on the way. */
const ROUND_MS = 2 * SECOND

export class Agent implements AsyncDisposable {
  private readonly spool: Spool
  private readonly inputs: Inputs
  private readonly even: () => number
  /** Time of the server less the even clock's; null before it answered. */
  private offset: number | null = null
  private has: string | null = null
  private standby = false
  /** Turns that failed in a row. */
  private failed = 0
  private said: string | null = null
  private readonly notes: Map<string, string>

  constructor(private readonly parts: AgentParts) {
    const { env, folder, allowPrivate } = parts
    this.even = env.steady ?? env.now
    this.spool = new Spool(folder)
    this.notes = new Map(notesIn(folder))
    this.inputs = new Inputs(
      this.taker(),
      { ...env, now: () => this.now },
      {
        allowPrivate,
        looked: looked => this.spool.add(resultOf(looked, this.now)),
      },
    )
  }

  /** The time by the clock of the server: what this machine says of the time is not asked. */
  get now(): EpochMs {
    return this.offset === null ? this.parts.env.now() : Math.round(this.even() + this.offset)
  }

  /** Results that wait. */
  get waiting(): number {
    return this.spool.size
  }

  get looks() {
    return this.inputs.status
  }

  /** One turn: resolves with the milliseconds until the next. @throws PermanentError where the server will not have it */
  async turn(leaving = false): Promise<number> {
    // Whether anybody answers is found out with empty hands: a failure of then is judged by what is reached now.
    const count = this.failed > 0 ? 0 : Math.min(AGENT_RESULTS, this.spool.size)
    const { instance, ask, env } = this.parts
    const { lost } = this.spool
    const { results, end } = this.spool.next(count, this.now)
    const began = this.even()
    let answer: AgentAnswer
    try {
      answer = await ask({ instance, has: this.has, results, lost, leaving })
    } catch (error) {
      this.spool.keep()
      if (!(error instanceof TransientError)) {
        await this.inputs.configure(NOTHING)
        throw error
      }
      this.failed++
      this.say(`cannot reach the server: ${error.message}`, { waiting: this.waiting })
      const pause = Math.min(AGENT_TURN_MS * 2 ** (this.failed - 1), AGENT_PAUSE_MAX_MS)
      const [chance = 0] = env.random(1)
      return Math.max(error.retryAfterMs, pause * (0.5 + chance / 512))
    }
    const wasAway = this.failed > 0
    this.failed = 0
    this.set(answer.now, began)
    this.spool.contact(this.now)
    this.spool.taken(end)
    this.spool.lost -= lost
    await this.follow(answer)
    return (wasAway || count === AGENT_RESULTS) && this.spool.size > 0 ? 0 : AGENT_TURN_MS
  }

  /** The last turn: what was found is handed in, and the place is free. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.inputs[Symbol.asyncDispose]()
    try {
      while (this.failed === 0 && this.spool.size > AGENT_RESULTS) await this.turn()
      await this.turn(true)
    } catch {
      // It stays on the disk for the next life.
    }
    this.spool.keep()
  }

  /** The answer was made somewhere between the question and now. */
  private set(serverNow: EpochMs, began: number): void {
    const now = this.even()
    if (this.offset === null || now - began <= ROUND_MS) this.offset = serverNow - (began + now) / 2
  }

  private async follow({ place, standby, work, ignored }: AgentAnswer): Promise<void> {
    if (standby && !this.standby) this.has = null
    this.standby = standby
    if (standby) await this.inputs.configure(NOTHING)
    if (work !== null) {
      await this.inputs.configure({ ...NOTHING, probes: work.probes })
      this.has = work.version
      this.parts.env.log('info', `${work.probes.length} probes look from ${place}`)
    }
    if (standby) this.say(`another agent works in ${place}; this one stands by`, {})
    else if (this.said !== null) {
      this.parts.env.log('info', 'the server answers', { place, waiting: this.waiting })
      this.said = null
    }
    const counted = Object.entries(ignored).filter(([why]) => why !== 'nobody could tell')
    if (counted.length > 0) this.parts.env.log('warn', 'results count nowhere', Object.fromEntries(counted))
  }

  /** Once for each reason. */
  private say(what: string, detail: Record<string, unknown>): void {
    if (this.said !== what) this.parts.env.log('warn', what, detail)
    this.said = what
  }

  private taker(): Taker {
    const never = async (): Promise<never> => {
      throw new PermanentError('an agent takes no signals')
    }
    return {
      take: never,
      teach: never,
      note: async (key, value) => {
        this.notes.set(key, Buffer.from(value).toString())
        writeAside(join(this.parts.folder, 'notes.json'), JSON.stringify([...this.notes]))
      },
      noted: async key => {
        const note = this.notes.get(key)
        return note === undefined ? null : Buffer.from(note)
      },
      even: this.even,
    }
  }
}

const NOTHING = { plugins: [], sources: [], receivers: [], probes: [] as ProbeUse[] }

function notesIn(folder: string): [string, string][] {
  try {
    return JSON.parse(readFileSync(join(folder, 'notes.json'), 'utf8')) as [string, string][]
  } catch {
    // None, or none of ours: a probe begins anew.
    return []
  }
}

const short = (why: string | null | undefined) => why?.slice(0, TEXT_CHARS) ?? null

function resultOf({ use, agoMs, found, tries }: Looked, now: EpochMs): AgentResult {
  const latencyMs = found.phases?.total
  return {
    probe: use.id,
    at: Math.round(now - agoMs),
    outcome: found.outcome,
    why: short(found.why),
    latencyMs: latencyMs === undefined ? null : Math.min(latencyMs, LATENCY_MAX_MS),
    labels: found.labels ?? {},
    tries: tries.map(({ outcome, why, phases }) => ({ outcome, why: short(why), phases: phases && { ...phases } })),
    figures: found.figures === undefined ? null : { ...found.figures },
  }
}
