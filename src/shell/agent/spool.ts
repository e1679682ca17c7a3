import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { AgentResult } from '../../contract/outside/agent.js'
import { AGENT_KEPT, AGENT_WITNESS_MS } from '../../contract/limits.js'
import type { EpochMs } from '../../contract/time.js'
import { writeAside } from '../folder/key-file.js'

// What an agent has found and its server has not taken yet. It is in memory, and on the disk once a turn has failed.

/** Contacts with the server that are remembered: more than fit into two times AGENT_WITNESS_MS. */
const CONTACTS = 100

export class Spool {
  private results: AgentResult[]
  /** Which of all there were is the first that is left. */
  private first = 0
  /** So many of the first lie on the disk. */
  private onDisk: number
  private lines: number
  private contacts: EpochMs[] = []
  /** Results that there was no room for, since they were last told. */
  lost = 0
  private readonly file: string

  /** Takes up what an earlier life left. @throws PermanentError where the folder cannot be written */
  constructor(
    folder: string,
    private readonly most = AGENT_KEPT,
  ) {
    this.file = join(folder, 'results.ndjson')
    this.results = readResults(this.file).slice(-most)
    this.onDisk = this.results.length
    this.lines = this.onDisk
  }

  get size(): number {
    return this.results.length
  }

  add(result: AgentResult): void {
    this.results.push(result)
    if (this.results.length <= this.most) return
    this.results.shift()
    this.first++
    this.onDisk = Math.max(0, this.onDisk - 1)
    this.lost++
  }

  /** The server answered: the network of this place works. */
  contact(now: EpochMs): void {
    this.contacts = [...this.contacts.slice(1 - CONTACTS), now]
  }

  /** The oldest results, as they may be told now, and where they end. */
  next(count: number, now: EpochMs): { results: AgentResult[]; end: number } {
    const results = witnessed(this.results.slice(0, count), this.results, [...this.contacts, now])
    return { results, end: this.first + results.length }
  }

  /** Those up to an end are durable elsewhere; some may have gone meanwhile. */
  taken(end: number): void {
    const count = Math.max(0, end - this.first)
    this.results.splice(0, count)
    this.first += count
    this.onDisk = Math.max(0, this.onDisk - count)
    if (this.onDisk > 0 || this.lines === 0) return
    rmSync(this.file, { force: true })
    this.lines = 0
  }

  /** Brings to the disk what is not there yet. What is handed in twice counts once, so the file may hold more than is left. */
  keep(): void {
    const fresh = this.results.slice(this.onDisk)
    if (this.lines + fresh.length > 2 * this.most) {
      writeAside(this.file, textOf(this.results))
      this.lines = this.results.length
    } else if (fresh.length > 0) {
      appendFileSync(this.file, textOf(fresh), { mode: 0o600 })
      this.lines += fresh.length
    }
    this.onDisk = this.results.length
  }
}

const textOf = (results: readonly AgentResult[]) => results.map(each => `${JSON.stringify(each)}\n`).join('')

/** A last line that a crash cut is left out. */
function readResults(file: string): AgentResult[] {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .flatMap(line => {
      try {
        return [JSON.parse(line) as AgentResult]
      } catch {
        return []
      }
    })
}

/**
 * Whose network fails sees everything fail. So a failure is one only where something else was reached from the same place shortly before
 * it and shortly after: the server, or what another probe looks at. Where not, nobody could tell.
 *
 * @param contacts When the server was reached, and now, since whoever is told hears it.
 */
export function witnessed(
  some: readonly AgentResult[],
  all: readonly AgentResult[],
  contacts: readonly EpochMs[],
): AgentResult[] {
  const reached = all.filter(each => each.outcome === 'ok' || each.outcome === 'degraded')
  return some.map(result => {
    if (result.outcome !== 'bad') return result
    const { at, probe } = result
    const times = [...contacts, ...reached.filter(each => each.probe !== probe).map(each => each.at)]
    const before = times.some(each => each <= at && at - each <= AGENT_WITNESS_MS)
    const after = times.some(each => each > at && each - at <= AGENT_WITNESS_MS)
    return before && after ? result : { ...result, outcome: 'unknown', why: 'nothing else was reached from this place' }
  })
}
