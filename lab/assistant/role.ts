import type { Switches } from './faults.js'
import type { Settings } from './plan.js'

/** What a process of the assistant is, and where it finds the others. */
export interface Place {
  role: 'config' | 'store' | 'cell' | 'edge' | 'clients' | 'relay' | 'reaper'
  /** Its own name: of the cell, region or store. */
  name: string
  seed: number
  /** Folder for its database. */
  folder: string
  /** Name of a process → its port. Edges are `edge.us`, behind nginx `front.us`. */
  ports: Record<string, number>
  /** Names of processes that are not on loopback, with their addresses. */
  hosts: Record<string, string>
  /** Requests a second of all people together. */
  rate: number
  users: number
  /** Of a relay: the address it listens at, and whom it passes on to. */
  road?: { listen: string; to: string }
  otlp: { url: string; secret: string } | null
  /** Where people report, and post. */
  report: string | null
  posts: string | null
}

/** From the one who started it. */
export type Order =
  | { do: 'set'; switches: Switches }
  | { do: 'settings'; settings: Settings }
  | { do: 'mind'; pids: number[]; namespace: string | null }
  | { do: 'stop' }

/** To the one who started it. */
export type Word =
  | { says: 'listens'; port: number }
  /** How often each fault did what it is there for, in all. */
  | { says: 'fired'; by: string; counts: Record<string, number> }
  | { says: 'failed'; at: number }
  | { says: 'seen'; rows: SeenRow[] }

/**
 * What people saw in one minute: minute, region, cell, plan, product, kind, count, failed, slow. `kind` is `try` for each request that
 * was sent, `wish` for what somebody wanted, with all its tries.
 */
export type SeenRow = readonly [number, string, string, string, string, 'try' | 'wish', number, number, number]

export const say = (word: Word): void => void process.send?.(word)

/** Counts that are told every two seconds. */
export class Fired {
  private readonly counts: Record<string, number> = {}
  private told = ''
  constructor() {
    setInterval(() => {
      const now = JSON.stringify(this.counts)
      if (now !== this.told) say({ says: 'fired', by: String(process.pid), counts: this.counts })
      this.told = now
    }, 2_000).unref()
  }
  add(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1
  }
}
