import { DAY, type EpochMs } from '../../../contract/time.js'

/** A rollout that nothing was heard of for so long is over, and what comes then is another. */
const QUIET_MS = 14 * DAY
/** Subjects remembered, 200 bytes each; the one heard of longest ago goes first. */
const SUBJECTS = 5_000
/** Versions remembered of a subject. */
const VERSIONS = 50

interface Step {
  thread: string
  at: EpochMs
  share: number
}

/**
 * Which messages belong to one rollout, for senders that tell each step alone: a flag at 10 %, then at 50 %. What is known is of this
 * process alone; after a restart in the midst of a rollout the next step begins a change of its own.
 */
export class Rollouts {
  private readonly last = new Map<string, Step>()

  /**
   * @param id of the message, which names the rollout that it begins
   * @returns the thread of its rollout; `reverts`: the thread of the one that it takes back
   */
  step(subject: string, id: string, share: number, at: EpochMs): { thread: string; reverts?: string } {
    const before = this.last.get(subject)
    const known = before !== undefined && at - before.at < QUIET_MS && before.at <= at ? before : undefined
    const goesOn = known !== undefined && known.share > 0 && known.share < 1
    const undoes = known !== undefined && known.share === 1 && share === 0
    const thread = goesOn ? known.thread : id
    if (before === undefined || before.at <= at) remember(this.last, subject, { thread, at, share })
    return undoes ? { thread, reverts: known.thread } : { thread }
  }
}

/** Which version came after which, so that one that comes again is known for a rollback. */
export class Versions {
  private readonly seen = new Map<string, { version: string; thread: string }[]>()

  /** Notes that a version took effect. @returns the thread of the change that this takes back, where it is a version of before */
  note(subject: string, version: string | undefined, thread: string): string | undefined {
    if (version === undefined) return undefined
    const before = this.seen.get(subject) ?? []
    const known = before.findIndex(each => each.thread === thread)
    // Told before: it says the same again.
    const earlier = known < 0 ? before : before.slice(0, known)
    const last = earlier.at(-1)
    const isBack = last !== undefined && last.version !== version && earlier.some(each => each.version === version)
    if (known < 0) remember(this.seen, subject, [...before, { version, thread }].slice(-VERSIONS))
    return isBack ? last.thread : undefined
  }

  /** The thread of what took effect last before this one. */
  before(subject: string, thread: string): string | undefined {
    const seen = this.seen.get(subject) ?? []
    const known = seen.findIndex(each => each.thread === thread)
    return (known < 0 ? seen : seen.slice(0, known)).at(-1)?.thread
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > SUBJECTS) map.delete(map.keys().next().value as string)
}
