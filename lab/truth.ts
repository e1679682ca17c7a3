import type { IncidentEvent, Where } from '../src/contract/incident.js'
import { MINUTE, type EpochMs } from '../src/contract/time.js'
import { Expectation, type Scenario } from '../src/scenario/scenario.js'

/** Labels that the world itself knows of a request; a segment with others cannot be checked against it. */
const KNOWN = new Set(['component', 'cell', 'region', 'country', 'tier'])
/** Back to normal: less than a fiftieth of the worst is left, or less than two requests in a thousand. */
const LEFT_OF_PEAK = 0.02
const LEFT_SHARE = 0.002

type Strand = 'bad' | 'slow'

/** What is true in a scenario's world, asked in the words in which a product answers. Nothing here looks at its events. */
export class WorldTruth {
  private readonly expectation: Expectation
  private readonly normal = new Map<string, EpochMs | null>()

  constructor(
    readonly scenario: Scenario,
    quiet = false,
  ) {
    this.expectation = new Expectation(scenario, quiet)
  }

  /** Share of the requests that carry these labels which fail (or are slow) at t; null where the world cannot know. */
  share(where: Where, t: EpochMs, strand: Strand = 'bad'): number | null {
    if (!Object.keys(where).every(label => KNOWN.has(label))) return null
    const { world } = this.scenario
    let total = 0
    let hit = 0
    world.regions.forEach((region, r) => {
      if (!holds(where.region, region.id)) return
      // Metrics carry a country only where a region is one.
      if (where.country && !(region.countries.length === 1 && holds(where.country, region.countries[0]!))) return
      const users = this.expectation.active(r, t)
      this.expectation.leaves[r]!.forEach((leaf, l) => {
        if (!holds(where.cell, leaf.cell) || (where.tier && !holds(where.tier, leaf.tier ?? ''))) return
        world.components.forEach((component, c) => {
          if (!holds(where.component, component.id)) return
          const truth = this.expectation.requests(r, l, c, users, t)
          total += truth.perMin
          hit += truth.perMin * (strand === 'bad' ? truth.badShare : truth.slowShare)
        })
      })
    })
    return total > 0 ? hit / total : null
  }

  /** Lowest and highest true share over [from, until], by the minute. */
  range(where: Where, from: EpochMs, until: EpochMs, strand: Strand): [number, number] | null {
    let range: [number, number] | null = null
    for (let t = from; t <= until; t += MINUTE) {
      const share = this.share(where, t, strand)
      if (share === null) return null
      range = range ? [Math.min(range[0], share), Math.max(range[1], share)] : [share, share]
    }
    return range
  }

  /** When this part of the world was back to normal for good; null where it cannot be known or nothing was wrong. */
  backToNormal(where: Where, strand: Strand): EpochMs | null {
    const key = `${strand} ${JSON.stringify(where)}`
    if (!this.normal.has(key)) this.normal.set(key, this.findNormal(where, strand))
    return this.normal.get(key)!
  }

  private findNormal(where: Where, strand: Strand): EpochMs | null {
    const { t0, minutes } = this.scenario.clock
    const usual = strand === 'bad' ? 0.0008 : 0.004
    const excess: number[] = []
    for (let i = 0; i <= minutes; i++) {
      const share = this.share(where, t0 + i * MINUTE, strand)
      if (share === null) return null
      excess.push(share - usual)
    }
    const limit = Math.max(LEFT_SHARE, LEFT_OF_PEAK * Math.max(...excess))
    const last = excess.findLastIndex(x => x > limit)
    return last < 0 ? null : t0 + (last + 1) * MINUTE
  }
}

const holds = (values: string[] | undefined, value: string) => values === undefined || values.includes(value)

export const strandOf = (event: IncidentEvent): Strand => (event.kind === 'degraded' ? 'slow' : 'bad')
