import { type EpochMs, MINUTE } from '../contract/time.js'
import type { Expectation } from './expect.js'
import type { ReportModel, Scenario } from './model.js'

/** Delays longer than this are cut: who has not reported after four hours will not. */
const DELAY_CUT_MIN = 240
/** Late reporters come back to it this much after the others: exponential with this mean. */
const LATE_MEAN_MIN = 30
/** Minutes after which such late reports are cut. */
const LATE_UNTIL_MIN = 150
/** People see an official post with some delay. */
const ACK_AFTER_MS = 10 * MINUTE

/** Expected reports of one region in one tick. */
export interface Due {
  /** All of them: background, caused and copied. */
  all: number
  /** Those of people who were hit. */
  caused: number
  /** `caused` by leaf. Valid until the next step. */
  byLeaf: Float64Array
  /** Share of the region's users whose action fails. */
  failing: number
}

/**
 * Expected reports of one region, tick by tick (FORMAT, "Meaning of the numbers" 3 and 4). Nothing is drawn, so the
 * state is the same whatever is sampled from it. Cost of a tick: leaves in trouble × length of the delay.
 */
export class ReportFlow {
  private readonly model: ReportModel
  private readonly kernel: Float64Array
  private readonly pending: Float64Array[]
  private readonly previous: Float64Array
  private readonly byLeaf: Float64Array
  private readonly past: Float64Array
  private readonly eagerness: number
  private readonly basePerTick: number
  private readonly tickMin: number
  private steps = 0
  private inFlight = 0

  constructor(
    scenario: Scenario,
    private readonly expectation: Expectation,
    private readonly region: number,
    private readonly acknowledgedAt: EpochMs,
  ) {
    const { id } = scenario.world.regions[region]!
    this.model = scenario.reports
    this.tickMin = scenario.clock.tickMin
    this.kernel = delayKernel(this.model, this.tickMin)
    const leaves = expectation.leaves[region]!.length
    this.pending = Array.from({ length: leaves }, () => new Float64Array(this.kernel.length))
    this.previous = new Float64Array(leaves)
    this.byLeaf = new Float64Array(leaves)
    this.past = new Float64Array(Math.max(1, Math.round((this.model.copycat?.lagMin ?? 1) / this.tickMin)))
    this.eagerness = pick(this.model.propensity, id)
    this.basePerTick = pick(this.model.baselinePerMin, id) * this.tickMin
  }

  /** To be called for every tick in order; `live` is false in the history before t0, where nothing fails. */
  step(t: EpochMs, live: boolean): Due {
    const slot = this.steps % this.kernel.length
    const failing = live && this.expectation.anyFault(t) ? this.hit(t, slot) : this.calm()
    let caused = 0
    if (this.inFlight > 0) {
      for (let leaf = 0; leaf < this.byLeaf.length; leaf++) {
        const queue = this.pending[leaf]!
        const here = queue[slot]!
        this.byLeaf[leaf] = here
        queue[slot] = 0
        caused += here
      }
      this.inFlight--
      if (this.inFlight === 0) this.byLeaf.fill(0)
    }
    let all = this.basePerTick * this.expectation.rhythm(this.region, t) + caused
    const { copycat } = this.model
    if (copycat) {
      const at = this.steps % this.past.length
      const before = this.past[at]!
      if (before > copycat.thresholdXBaseline * Math.max(this.basePerTick, 1e-9)) all += copycat.gain * before
      this.past[at] = all
    }
    this.steps++
    return { all, caused, byLeaf: this.byLeaf, failing }
  }

  private calm(): number {
    this.previous.fill(0)
    return 0
  }

  /** Newly affected users of this tick, spread over the ticks in which they will report. */
  private hit(t: EpochMs, slot: number): number {
    const { expectation, region, kernel, model } = this
    const users = expectation.active(region, t)
    const damping = t > this.acknowledgedAt + ACK_AFTER_MS ? model.ackDamping : 1
    let failingShare = 0
    for (let leaf = 0; leaf < this.previous.length; leaf++) {
      const { share } = expectation.leaves[region]![leaf]!
      const failing = expectation.failing(region, leaf, t)
      failingShare += share * failing
      const hit = users * share * (failing + expectation.loudness(region, leaf, t))
      const fresh = Math.max(0, hit - this.previous[leaf]!) + hit * model.turnoverPerMin * this.tickMin
      this.previous[leaf] = hit
      if (fresh <= 0) continue
      const reports = fresh * this.eagerness * damping
      const queue = this.pending[leaf]!
      for (let k = 0; k < kernel.length; k++) {
        const at = slot + k < kernel.length ? slot + k : slot + k - kernel.length
        queue[at] = queue[at]! + reports * kernel[k]!
      }
      this.inFlight = kernel.length
    }
    return failingShare
  }
}

function pick(values: Record<string, number>, id: string): number {
  return values[id] ?? values.default ?? 0
}

/** Shares of reports by ticks from trouble to report: lognormal, and for the late share a wide window behind it. */
function delayKernel(model: ReportModel, tickMin: number): Float64Array {
  const { medianMin, sigma } = model.delay
  const cdf = (x: number) => (x <= 0 ? 0 : normalCdf((Math.log(x) - Math.log(medianMin)) / sigma))
  const within = cdf(DELAY_CUT_MIN)
  const minutes = new Float64Array(DELAY_CUT_MIN + (model.lateShare > 0 ? LATE_UNTIL_MIN : 0))
  const late = Array.from({ length: LATE_UNTIL_MIN }, (_, k) => Math.exp(-k / LATE_MEAN_MIN))
  const lateSum = late.reduce((a, b) => a + b, 0)
  for (let i = 0; i < DELAY_CUT_MIN; i++) {
    const mass = (cdf(i + 1) - cdf(i)) / within
    minutes[i] = minutes[i]! + mass * (1 - model.lateShare)
    if (model.lateShare > 0)
      late.forEach((weight, k) => {
        minutes[i + k] = minutes[i + k]! + (mass * model.lateShare * weight) / lateSum
      })
  }
  const kernel = new Float64Array(Math.ceil(minutes.length / tickMin))
  minutes.forEach((mass, i) => {
    const k = Math.floor(i / tickMin)
    kernel[k] = kernel[k]! + mass
  })
  return kernel
}

/** Abramowitz & Stegun 7.1.26 through erf: absolute error below 1.5e-7, ample for a delay drawn by the minute. */
function normalCdf(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * x)
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  const erf = 1 - poly * Math.exp(-x * x)
  return z < 0 ? (1 - erf) / 2 : (1 + erf) / 2
}
