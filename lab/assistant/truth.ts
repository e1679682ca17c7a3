import type { Where } from '../../src/contract/incident.js'
import { MINUTE, type EpochMs } from '../../src/contract/time.js'
import { operationOf, PRODUCTS } from './plan.js'
import type { SeenRow } from './role.js'

export interface Counted {
  total: number
  bad: number
  slow: number
}
interface Leaf extends Counted {
  minute: number
  region: string
  cell: string
  tier: string
  component: string
  kind: 'try' | 'wish'
}
const KEY = ['minute', 'region', 'cell', 'tier', 'component', 'kind'] as const
export interface TruthKept {
  fired: Record<string, number>
  firstFailure: EpochMs | null
  leaves: Leaf[]
  vendor?: VendorWord[]
}
/** What the makers' own status page said. */
export interface VendorWord {
  at: EpochMs
  status: string
}
const COMPONENTS = new Map(PRODUCTS.map(product => [product.id, operationOf(product)]))
/** Labels that the world itself knows of a request. */
const KNOWN = ['region', 'cell', 'tier', 'component'] as const

/** What people saw. Nothing here has heard of Epicenter. */
export class Truth {
  private readonly leaves = new Map<string, Leaf>()
  /** What each fault did, in all, process by process. */
  readonly fired: Record<string, number> = {}
  /** Time of the first failed try since the last fault was switched on. */
  firstFailure: EpochMs | null = null
  /** What the status page said, oldest first. */
  vendor: readonly VendorWord[] = []

  add(rows: readonly SeenRow[]): void {
    for (const [minute, region, cell, tier, product, kind, total, bad, slow] of rows) {
      const component = COMPONENTS.get(product) ?? product
      const key = [minute, region, cell, tier, component, kind].join(' ')
      const leaf = this.leaves.get(key)
      if (leaf === undefined) {
        this.leaves.set(key, { minute, region, cell, tier, component, kind, total, bad, slow })
      } else {
        leaf.total += total
        leaf.bad += bad
        leaf.slow += slow
      }
    }
  }

  /** Requests that carry these labels in the minutes that touch [from, until]; null where the world does not know a label. */
  count(where: Where, from: EpochMs, until: EpochMs, kind: 'try' | 'wish' = 'try'): Counted | null {
    if (!Object.keys(where).every(label => (KNOWN as readonly string[]).includes(label))) return null
    const sum: Counted = { total: 0, bad: 0, slow: 0 }
    for (const leaf of this.leaves.values()) {
      if (leaf.kind !== kind || leaf.minute < Math.floor(from / MINUTE) || leaf.minute > Math.floor(until / MINUTE))
        continue
      if (!KNOWN.every(label => where[label]?.includes(leaf[label]) ?? true)) continue
      sum.total += leaf.total
      sum.bad += leaf.bad
      sum.slow += leaf.slow
    }
    return sum
  }

  /** Values of a label of whose requests at least this share failed, or was slow. What no cell answered is of none. */
  failing(
    label: 'cell' | 'tier' | 'region',
    from: EpochMs,
    until: EpochMs,
    least: number,
    strand: 'bad' | 'slow',
  ): string[] {
    const values = new Set([...this.leaves.values()].map(leaf => leaf[label]).filter(value => value !== 'none'))
    return [...values].sort().filter(value => {
      const counted = this.count({ [label]: [value] }, from, until)!
      return counted.total > 0 && counted[strand] / counted.total >= least
    })
  }

  /** Minute by minute, with which share of the tries failed. */
  minutes(where: Where = {}): { at: EpochMs; total: number; bad: number; slow: number }[] {
    const all = [...new Set([...this.leaves.values()].map(leaf => leaf.minute))].sort((a, b) => a - b)
    return all.map(minute => ({ at: minute * MINUTE, ...this.count(where, minute * MINUTE, minute * MINUTE)! }))
  }

  toJSON(): TruthKept {
    return {
      fired: { ...this.fired },
      firstFailure: this.firstFailure,
      leaves: [...this.leaves.values()],
      vendor: [...this.vendor],
    }
  }

  static from({ fired, firstFailure, leaves, vendor = [] }: TruthKept): Truth {
    const truth = new Truth()
    Object.assign(truth.fired, fired)
    truth.firstFailure = firstFailure
    truth.vendor = vendor
    for (const leaf of leaves) truth.leaves.set(KEY.map(name => leaf[name]).join(' '), { ...leaf })
    return truth
  }
}
