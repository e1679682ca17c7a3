import { MINUTE, type EpochMs } from '../../src/contract/time.js'
import type { Play } from './judge.js'
import type { Truth } from './truth.js'

// What the scenario files have to assume, as it came out here.

export interface Figures {
  /** Tries of a wish that fails, over those of one that does not: what `retry.load_multiplier` means. */
  retryLoad: number | null
  /** Wishes a minute while it was broken, over those before: who fails stays away for a while. */
  demandLeft: number | null
  /** Of people whom something failed, how many reported by the end of the play; and posts for each report. */
  reportsPerPerson: number | null
  postsPerReport: number | null
  /** Minutes from the mending until less than a tenth of the worst was left, the quickest region and the slowest. */
  backMinutes: [quickest: number, slowest: number] | null
}

/** Where less fails, what is tried again says nothing of a load. */
const LEAST_FAILING = 0.05
/** The whole minute before. */
const CALM_MIN = 1

const share = (of: number, whole: number): number | null => (whole > 0 ? of / whole : null)

export function figures(truth: Truth, play: Play, regionsBackAt: Record<string, EpochMs | null>): Figures {
  const { brokeAt, mendedAt, endedAt } = play
  const [from, until] = [brokeAt + MINUTE, (mendedAt ?? endedAt) - MINUTE]
  const [tries, wishes] = [truth.count({}, from, until)!, truth.count({}, from, until, 'wish')!]
  const before = truth.count({}, brokeAt - CALM_MIN * MINUTE, brokeAt - MINUTE, 'wish')!
  // People come little by little: a minute before which nobody was there is not whole.
  const isWhole = truth.count({}, 0, brokeAt - 2 * MINUTE)!.total > 0
  const failing = share(wishes.bad, wishes.total)
  const minutes = Math.floor(until / MINUTE) - Math.floor(from / MINUTE) + 1
  const { reports = 0, posts = 0, people = 0 } = truth.fired
  const back = Object.values(regionsBackAt).filter(at => at !== null)
  return {
    retryLoad: failing === null || failing < LEAST_FAILING ? null : 1 + (tries.total / wishes.total - 1) / failing,
    demandLeft: minutes < 1 || !isWhole ? null : share(wishes.total / minutes, before.total / CALM_MIN),
    reportsPerPerson: share(reports, people),
    postsPerReport: share(posts, reports),
    backMinutes:
      mendedAt === null || back.length === 0
        ? null
        : [(Math.min(...back) - mendedAt) / MINUTE, (Math.max(...back) - mendedAt) / MINUTE],
  }
}
