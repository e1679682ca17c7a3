import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { WATCHERS, WATCHERS_MS, WATCHERS_SHARE } from '../../contract/limits.js'
import type { IncidentEvent, Where } from '../../contract/incident.js'
import type { EpochMs } from '../../contract/time.js'
import type { IncidentView } from '../../contract/view.js'
import { PermanentError } from '../../contract/error.js'
import type { Env } from '../env.js'
import { writeAside } from '../folder/key-file.js'
import { type Circles, Shares } from '../visitors/shares.js'

/** Somebody who asked for a message when it is back where they are. No address: what they chose, and their browser's letter box. */
export interface Watcher {
  id: string
  service: string
  at: EpochMs
  /** Where they asked from, hashed as `Reporters` does: so that no network takes all slots. Absent in lines of before. */
  from?: Circles
  /** Of a service that was not for everybody when they asked: the seal of the rules by which it opened. */
  rule?: string
  /** Labels that they gave: country, platform, component, asn. */
  traits: Record<string, string>
  /** As pages name languages. */
  lang: string
  endpoint: string
  p256dh: string
  auth: string
  /** When they were notified, and of which incident; then only their answer is awaited. */
  told?: { at: EpochMs; incident: string }
}

type Line = { put: Watcher } | { drop: string }

/** The changes in a file, if there is one. @throws PermanentError on a line that is none */
export function watchersIn(path: string, each: (line: Line) => void): void {
  if (!existsSync(path)) return
  const lines = readFileSync(path, 'utf8').split('\n')
  // The end of a line that was being written when the power went is no line; whoever wrote it was not thanked.
  lines.pop()
  for (const [i, text] of lines.entries()) {
    const line = text === '' ? null : readLine(text)
    if (line === undefined)
      throw new PermanentError(
        `${path} is broken: line ${i + 1} is no entry. Delete that line, or the file: then nobody who waits is told`,
      )
    if (line !== null) each(line)
  }
}

/** Null for a change of a kind that only a newer version knows; undefined for what is none. */
function readLine(text: string): Line | null | undefined {
  let change: { put?: Partial<Watcher>; drop?: unknown } | null
  try {
    change = JSON.parse(text) as typeof change
  } catch {
    return undefined
  }
  if (change === null || typeof change !== 'object') return undefined
  const { put, drop } = change
  if (typeof drop === 'string') return { drop }
  if (put === undefined && drop === undefined) return null
  const texts = [put?.id, put?.service, put?.endpoint, put?.p256dh, put?.auth]
  return texts.some(each => typeof each !== 'string') || typeof put?.at !== 'number'
    ? undefined
    : { put: put as Watcher }
}
/** Nobody knows where they came from: each is one for itself. */
const unknown = (id: string): Circles => [id, id, id]

/**
 * Those who asked, in a file of one line a change, readable by the owner alone: on the disk before they are thanked.
 * Everybody is forgotten after WATCHERS_MS, notified or not, and once an answer was given.
 */
export class Watchers implements AsyncDisposable {
  /** Oldest first. */
  readonly #held = new Map<string, Watcher>()
  /** Service and letter box → id. */
  readonly #boxes = new Map<string, string>()
  /** By id, as slots that are shared. */
  readonly #slots = new Map<string, { id: string }>()
  readonly #shares = new Shares<{ id: string }>(WATCHERS, [
    WATCHERS_SHARE.network,
    WATCHERS_SHARE.prefix,
    WATCHERS_SHARE.address,
  ])
  #file: FileHandle | null = null
  #last: Promise<void> = Promise.resolve()

  private constructor(private readonly env: Pick<Env, 'now' | 'random'>) {}

  /** `data` null: they end with the process. */
  static async open(data: string | null, env: Pick<Env, 'now' | 'random'>): Promise<Watchers> {
    const watchers = new Watchers(env)
    if (data === null) return watchers
    mkdirSync(data, { recursive: true })
    const path = join(data, 'watchers.ndjson')
    watchersIn(path, line => watchers.#apply(line))
    watchers.#expire()
    // Written anew at each start: what was dropped is gone from the disk too.
    const kept = [...watchers.#held.values()].map(put => `${JSON.stringify({ put })}\n`)
    writeAside(path, kept.join(''))
    watchers.#file = await open(path, 'a', 0o600)
    return watchers
  }

  #apply(line: Line): void {
    if (!('put' in line)) {
      this.#remove(line.drop)
      return
    }
    // A clock that was ahead when they asked must not keep them for as long as it was.
    const put = { ...line.put, at: Math.min(line.put.at, this.env.now()) }
    if (this.#takeSlot(put.id, put.from) !== null) this.#keep(put)
  }

  #expire(): void {
    const before = this.env.now() - WATCHERS_MS
    for (const [id, { at }] of this.#held) {
      if (at >= before) break
      this.#remove(id)
    }
  }

  /** Whose slot it took, null when there is none for it; `id` itself when nobody had to go. */
  #takeSlot(id: string, from: Circles = unknown(id)): string | null {
    if (this.#slots.has(id)) return id
    const slot = { id }
    const taken = this.#shares.take(from, slot)
    if (!taken.in) return null
    this.#slots.set(id, slot)
    return taken.out?.id ?? id
  }

  #freeSlot(id: string): void {
    const slot = this.#slots.get(id)
    if (slot === undefined) return
    this.#slots.delete(id)
    this.#shares.free(slot)
  }

  #keep(watcher: Watcher): void {
    this.#held.set(watcher.id, watcher)
    this.#boxes.set(boxOf(watcher), watcher.id)
  }

  #remove(id: string): boolean {
    const watcher = this.#held.get(id)
    if (!watcher) return false
    this.#held.delete(id)
    this.#freeSlot(id)
    if (this.#boxes.get(boxOf(watcher)) === id) this.#boxes.delete(boxOf(watcher))
    return true
  }

  get size(): number {
    return this.#held.size
  }

  /**
   * Resolves when it is on the disk; false when there is no slot. When all are taken, the newest of whoever holds most goes
   * for a newcomer who holds less. One letter box waits for a service once.
   */
  async add(asked: Omit<Watcher, 'id' | 'at' | 'told'>): Promise<boolean> {
    this.#expire()
    const id = Buffer.from(this.env.random(16)).toString('base64url')
    const before = this.#held.get(this.#boxes.get(boxOf(asked)) ?? '')
    if (before !== undefined) this.#freeSlot(before.id)
    const taken = this.#takeSlot(id, asked.from)
    if (taken === null) {
      // What was asked before stays.
      if (before !== undefined) this.#takeSlot(before.id, before.from)
      return false
    }
    const watcher = { ...asked, id, at: this.env.now() }
    const kept = this.#put(watcher)
    if (before !== undefined) await this.drop(before.id)
    if (taken !== id) await this.drop(taken)
    await kept
    return true
  }

  /** Those who wait for one of these services; null: for any. */
  waiting(services: readonly string[] | null): Watcher[] {
    this.#expire()
    return [...this.#held.values()].filter(
      each => each.told === undefined && (services === null || services.includes(each.service)),
    )
  }

  async markNotified({ id }: Watcher, incident: string): Promise<void> {
    const watcher = this.#held.get(id)
    if (watcher) await this.#put({ ...watcher, told: { at: this.env.now(), incident } })
  }

  /** The one who was asked, once: whoever answers is forgotten. */
  async answered(id: string, service: string): Promise<Watcher | null> {
    this.#expire()
    const watcher = this.#held.get(id)
    if (watcher?.told === undefined || watcher.service !== service) return null
    await this.drop(id)
    return watcher
  }

  async drop(id: string): Promise<void> {
    if (this.#remove(id)) await this.#write({ drop: id })
  }

  /** The world starts over. */
  async clear(): Promise<void> {
    for (const id of [...this.#held.keys()]) await this.drop(id)
  }

  #put(put: Watcher): Promise<void> {
    this.#keep(put)
    return this.#write({ put })
  }

  #write(line: Line): Promise<void> {
    const file = this.#file
    if (file === null) return Promise.resolve()
    const work = this.#last.then(async () => {
      const { size } = await file.stat()
      try {
        await file.appendFile(`${JSON.stringify(line)}\n`)
      } catch (error) {
        // On a full disk a part of it may stand there; the next line must not go on from that.
        await file.truncate(size)
        throw error
      }
      await file.datasync()
    })
    this.#last = work.catch(() => {})
    return work
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last
    await this.#file?.close()
    this.#file = null
  }
}

const boxOf = ({ service, endpoint }: Pick<Watcher, 'service' | 'endpoint'>) => `${service} ${endpoint}`

/** From here on a segment counts as back: what is left of an excess is within its noise. */
const BACK_SHARE = 0.95

/**
 * Whether it is back for somebody, by the incidents of his service that were open when he asked or opened since. All of
 * them must be over, or his own segment in them; `here`: it is his segment that is back, while others wait.
 */
export function backFor(
  { at, traits }: Pick<Watcher, 'at' | 'traits'>,
  incidents: readonly IncidentView[],
): { incident: string; here: boolean } | null {
  const his = incidents.filter(each => isTrouble(each.events) && (each.resolvedAt === null || each.resolvedAt >= at))
  if (his.length === 0) return null
  let here = false
  for (const { open, latest } of his) {
    if (!open) continue
    const mine = (latest.recovery?.segments ?? []).filter(({ where }) => names(where, traits))
    if (mine.length === 0 || mine.some(each => each.recovered < BACK_SHARE)) return null
    here = true
  }
  return { incident: his[0]!.id, here }
}

/** A note by itself is no outage. */
const isTrouble = (events: readonly IncidentEvent[]): boolean =>
  events.some(({ event }) => event === 'opened' || event === 'reopened')

/** A segment is theirs when they told something of themselves that it names, and nothing of it says otherwise. */
const names = (where: Where, traits: Record<string, string>): boolean => {
  const known = Object.entries(where).filter(([label]) => Object.hasOwn(traits, label))
  return known.length > 0 && known.every(([label, values]) => values.includes(traits[label] as string))
}
