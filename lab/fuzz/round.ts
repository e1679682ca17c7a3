import fc from 'fast-check'
import { DOOR_TARGETS } from './doors.js'
import { FILE_TARGETS } from './files.js'
import { FRONT_TARGETS } from './front.js'
import { LINE_TARGETS } from './lines.js'
import { STORED_TARGETS } from './stored.js'
import type { Target } from './target.js'

// One round: cases of one target with one seed, in a process of its own, so that whoever asked for it sees it crash or hang.

export const TARGETS: readonly Target[] = [
  ...DOOR_TARGETS,
  ...LINE_TARGETS,
  ...STORED_TARGETS,
  ...FILE_TARGETS,
  ...FRONT_TARGETS,
]

export interface Round {
  target: string
  seed: number
  /** Cases at most, and for how long they go on at most, in milliseconds. */
  runs: number
  forMs: number
}

/** `failure`: the smallest case found that breaks its word, and how; null: none. */
export interface Ran {
  cases: number
  failure: string | null
}

/** `beat` hears of each case as it begins. */
export async function ran({ target, seed, runs, forMs }: Round, beat: (cases: number) => void): Promise<Ran> {
  const found = TARGETS.find(each => each.name === target)
  if (found === undefined)
    throw new Error(`no target is called ${target}; there are ${TARGETS.map(each => each.name).join(', ')}`)
  const { property, close } = await found.open()
  let cases = 0
  const details = await fc.check(
    property.beforeEach(async () => beat(++cases)),
    { seed, numRuns: runs, interruptAfterTimeLimit: forMs, markInterruptAsFailure: false },
  )
  await close()
  const why = details.errorInstance instanceof Error ? details.errorInstance.stack : String(details.errorInstance)
  return { cases: details.numRuns, failure: details.failed ? `${why}\n${fc.defaultReportMessage(details)}` : null }
}
