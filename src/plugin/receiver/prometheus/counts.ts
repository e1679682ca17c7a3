import { createHash } from 'node:crypto'
import type { EpochMs } from '../../../contract/time.js'

/** Requests of one window. */
interface Cell {
  group: Group
  /** The window ends here. */
  end: EpochMs
  /** When the first of it came, by our clock. */
  made: EpochMs
  total: number
  bad: number
  /** Of a histogram: how many were timed, and how many of them were slow. */
  timed: number
  slow: number
}

/** Everything that counts under the same labels of a service. */
export interface Group {
  id: string
  service: string
  labels: Record<string, string>
  cells: Map<EpochMs, Cell>
  /** Windows that were told, and in how many parts. */
  told: Map<EpochMs, number>
}

/** What is added to a window. */
export type Added = Partial<Pick<Cell, 'total' | 'bad' | 'timed' | 'slow'>>

/** Windows that are being filled; beyond it the eldest are told early. 150 bytes each. */
const CELLS_MAX = 50_000
/** Windows of a group of which is remembered that they were told. */
const TOLD_MAX = 120
/** Label sets of a receiver; further ones count under their service alone. 500 bytes each. */
const GROUPS_MAX = 20_000

/** A name for what is the same, always the same: ids are made of it. */
export const nameOf = (...parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22)

/**
 * Adds up increments of many series in windows of a few seconds, and says each window once it is over. What comes for a
 * window that was told is a further part of it with an id of its own, so that each increment counts, and counts once.
 */
export class Counts {
  private readonly groups = new Map<string, Group>()
  private queue: Cell[] = []

  constructor(
    private readonly windowMs: number,
    /** After its first sample a window is waited for so long. */
    private readonly holdMs: number,
  ) {}

  group(service: string, rule: string, labels: Record<string, string>): Group {
    const id = nameOf(service, rule, labels)
    let group = this.groups.get(id)
    if (group === undefined) {
      const full = this.groups.size >= GROUPS_MAX && Object.keys(labels).length > 0
      if (full) return this.group(service, rule, {})
      group = { id, service, labels, cells: new Map(), told: new Map() }
      this.groups.set(id, group)
    }
    return group
  }

  add(group: Group, at: EpochMs, { total = 0, bad = 0, timed = 0, slow = 0 }: Added, now: EpochMs): void {
    const end = Math.ceil(at / this.windowMs) * this.windowMs
    let cell = group.cells.get(end)
    if (cell === undefined) {
      cell = { group, end, made: now, total: 0, bad: 0, timed: 0, slow: 0 }
      group.cells.set(end, cell)
      this.queue.push(cell)
    }
    cell.total += total
    cell.bad += bad
    cell.timed += timed
    cell.slow += slow
  }

  /** Signals of all windows that are over. */
  due(now: EpochMs): object[] {
    let n = Math.max(0, this.queue.length - CELLS_MAX)
    // By when they were begun; a clock that was put back makes none wait for longer.
    while (n < this.queue.length && !(now - this.queue[n]!.made < this.holdMs && now >= this.queue[n]!.made)) n++
    if (n === 0) return []
    const over = this.queue.slice(0, n)
    this.queue = this.queue.slice(n)
    return over.flatMap(cell => this.told(cell))
  }

  /** Forgets groups that nobody uses any more. */
  forget(used: ReadonlySet<unknown>): void {
    for (const [id, group] of this.groups) if (group.cells.size === 0 && !used.has(group)) this.groups.delete(id)
  }

  private told(cell: Cell): object[] {
    const { group, end, total, bad, timed, slow } = cell
    const { id, service, labels, cells, told } = group
    cells.delete(end)
    // Counters need not be whole: what is told is.
    const all = Math.round(total)
    if (all <= 0 && timed <= 0) return []
    const part = told.get(end) ?? 0
    told.set(end, part + 1)
    if (told.size > TOLD_MAX) told.delete(told.keys().next().value!)
    const common = {
      type: 'observation',
      id: `${id}:${end / 1000}${part === 0 ? '' : `.${part}`}`,
      service,
      at: end,
      windowMs: this.windowMs,
      labels,
    }
    // The counter beside it has other labels, so that its requests are not these: a share of unknown weight is known all the same.
    if (all <= 0) return [{ ...common, via: 'gauge', name: 'slow requests', measures: 'slow', value: slow / timed }]
    const failed = Math.min(all, Math.round(bad))
    // A histogram may have seen more or less than the counter did: slow ones are never more than it saw itself.
    const late = timed > 0 ? { slow: Math.min(all - failed, Math.round(slow * Math.min(1, all / timed))) } : {}
    return [{ ...common, via: 'metric', total: all, bad: failed, ...late }]
  }
}
