import { HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import { CENTRE_END, FIRST, LEARNED_HOUR, STRETCH_END, type BaselineState } from '../series/baseline-lanes.js'
import { addColumns, groupSums, type SlotRing } from '../aggregate/label-sets.js'
import type { RateState } from '../rates/state.js'
import type { SlowDrift } from '../counts/slow-drift.js'
import { ROLLUP_MS } from '../../contract/view.js'
import type { Bin } from '../evidence/bins.js'
import type { CrowdState } from '../admission/crowd.js'
import { startAnew, STEP_MS, type Places } from '../counts/places.js'

/** A time beyond log time by more than this is a date that somebody gave, not one that was measured. */
const AHEAD_MS = 10 * MINUTE
/** Rings of hours turn within this: what is moved by a multiple of it keeps its places. */
const TURN_MS = 8 * HOUR
const QUARTER_MS = 15 * MINUTE
/** People's own dates stay what they are. */
const GIVEN = new Set(['until', 'rollout'])

/** By so much a state at `from` has to be moved, in whole minutes, so that it is not ahead of `to`. */
export const stepBack = (from: EpochMs, to: EpochMs): number => Math.ceil((from - to) / MINUTE) * MINUTE

/**
 * The clock was ahead and is put back: moves what a fold remembers of the time after `to` back by `byMs`, as if the same
 * had happened so much earlier. Counts, levels and open stories stay; what cannot be moved exactly is forgotten like
 * over a gap. Below zero it moves forth, but for the bins that
 * `stay`. `state` is plain data, as snapshots hold it, and is changed in place.
 */
export function moveBack(state: unknown, to: EpochMs, byMs: number, how: { now: EpochMs; stay: EpochMs[] }): void {
  new Mover(to, byMs, how.now + AHEAD_MS, new Set(how.stay)).walk(state, '')
}

class Mover {
  private readonly seen = new Set<object>()
  private readonly moved = new Set<Bin>()

  constructor(
    private readonly to: EpochMs,
    private readonly byMs: number,
    private readonly latest: EpochMs,
    private readonly stay: ReadonlySet<EpochMs>,
  ) {}

  /** A time that was measured with the clock that was ahead. Counts lie far below any time of our days. */
  private time(value: number): number {
    return value > this.to && value <= this.latest ? value - this.byMs : value
  }

  /** The value to keep in the place of this one: itself, changed inside, or another number or text. */
  walk(value: unknown, key: string): unknown {
    if (typeof value === 'number') return this.time(value)
    if (typeof value === 'string') return this.text(value)
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || GIVEN.has(key)) return value
    if (this.seen.has(value)) return value
    this.seen.add(value)
    if (value instanceof Map) this.map(value, key)
    else {
      const object = value as Record<string, unknown>
      for (const name of Object.keys(object)) {
        const next = this.walk(object[name], name)
        // Labels are frozen, and hold no times.
        if (next !== object[name]) object[name] = next
      }
      this.special(object)
    }
    return value
  }

  private text(value: string): string {
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)) return value
    const at = Date.parse(value)
    return this.time(at) === at ? value : new Date(this.time(at)).toISOString()
  }

  private map(map: Map<unknown, unknown>, what: string): void {
    const entries = [...map]
    map.clear()
    // Two bins may come to one: each keeps its place here, and `binAnew` puts them where they belong.
    for (const [key, value] of entries)
      if (what === 'bins') map.set(key, this.stay.has(key as EpochMs) ? value : this.bin(value as Bin, String(key)))
      else map.set(typeof key === 'number' ? this.time(key) : key, this.walk(value, String(key)))
  }

  private bin(bin: Bin, key: string): unknown {
    const before = bin.bin
    this.walk(bin, key)
    if (bin.bin !== before) this.moved.add(bin)
    return bin
  }

  /** State that is kept by its place in a ring, or counts time in other units. */
  private special(object: object): void {
    const { byMs } = this
    if ('rows' in object && 'lastSlot' in object) placeAnew((object as SlotRing).rows)
    else if ('slots' in object && 'exposures' in object) placeAnew((object as CrowdState).slots)
    else if ('totalsSlot' in object) this.totals(object as RateState)
    else if ('baseline' in object && 'detector' in object)
      moveBaseline((object as { baseline: BaselineState }).baseline, byMs)
    else if ('quarter' in object && 'day' in object) this.drift(object as SlowDrift)
    else if ('daySteps' in object) this.places(object as Places)
    else if ('bins' in object && 'troubles' in object) binAnew((object as { bins: Map<EpochMs, Bin> }).bins, this.moved)
  }

  private totals(rates: RateState): void {
    const rows = Array.from(rates.totalsSlot, (slot, i) => ({ slot: this.time(slot), total: rates.totals[i]! }))
    rates.totalsSlot.fill(0)
    rates.totals.fill(0)
    for (const { slot, total } of rows) {
      const at = (slot / MINUTE) % rows.length
      if (slot < rates.totalsSlot[at]!) continue
      rates.totalsSlot[at] = slot
      rates.totals[at] = total
    }
  }

  private drift(c: SlowDrift): void {
    if (c.quarter < 0) return
    const quarters = Math.ceil(this.byMs / QUARTER_MS)
    c.quarter -= quarters
    // What began before the clock was ahead began when it did.
    c.first -= c.first * QUARTER_MS > this.to ? quarters : 0
    for (const each of c.waiting) each.quarter -= quarters
    if (this.byMs % TURN_MS === 0) return
    c.ring.fill(Number.NaN)
    c.running = Number.NaN
  }

  private places(s: Places): void {
    if (s.step < 0) return
    const steps = Math.ceil(this.byMs / STEP_MS)
    const step = s.step - steps
    if (this.byMs % TURN_MS === 0) s.step = step
    else startAnew(s, step)
    s.first -= s.first * STEP_MS > this.to ? steps : 0
  }
}

/** The same slots, so much earlier. */
function moveBaseline({ scalars: s }: BaselineState, byMs: number): void {
  s[FIRST]! -= byMs
  // The season's curve goes by hours: read anew, unless it is moved by whole ones.
  const whole = byMs % HOUR === 0
  for (const end of [STRETCH_END, CENTRE_END]) s[end] = whole ? s[end]! - byMs : Number.NEGATIVE_INFINITY
  s[LEARNED_HOUR] = whole ? s[LEARNED_HOUR]! - byMs / HOUR : Number.NaN
}

/** Bins begin at five minutes: what was moved into one is counted in it, and its row is put again. */
function binAnew(bins: Map<EpochMs, Bin>, moved: ReadonlySet<Bin>): void {
  const held = [...bins.values()]
  bins.clear()
  for (const bin of held) {
    bin.bin = Math.floor(bin.bin / ROLLUP_MS) * ROLLUP_MS
    const known = bins.get(bin.bin)
    if (known === undefined) bins.set(bin.bin, bin)
    else for (const [kind, sums] of Object.entries(bin.sums)) addColumns((known.sums[kind] ??= groupSums(1)), sums)
    const kept = known ?? bin
    if (moved.has(bin)) kept.dirty = kept.urgent = true
  }
}

/** Each row at the place that its minute has; of two for one minute the one that was written later. */
function placeAnew(rows: ({ slot: EpochMs } | null)[]): void {
  const held = rows.filter(row => row !== null)
  rows.fill(null)
  for (const row of held) rows[(row.slot / MINUTE) % rows.length] = row
}
