import { LABEL_VALUE_CHARS } from '../../../contract/limits.js'
import { DAY, type EpochMs } from '../../../contract/time.js'

/** Values are forgotten when they were not heard of for one to two of these, so that versions can move on. */
const VALUES_MS = 2 * DAY
/** What stands for all values beyond those that are told apart. */
export const OTHER = 'other'
/** Services whose values are told apart; of more the values are all `other`. */
const BOOKS = 2_000

const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u{2800}]+/gu
const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/

/** A text as a label may have it: composed, seen, cut; undefined where nothing is left of it. */
export function cleaned(text: string, chars: number = LABEL_VALUE_CHARS): string | undefined {
  if (text.length <= chars && PLAIN.test(text)) return /^\.\.?$/.test(text) ? undefined : text
  const seen = text
    .slice(0, 4 * chars)
    .replace(UNSEEN, ' ')
    .normalize('NFC')
  const whole = [...seen].slice(0, chars).join('').slice(0, chars)
  const trimmed = whole.replace(/^[\p{Zs}\p{M}]+|[\p{Zs}\p{Cs}]+$/gu, '')
  return /^\.{0,2}$/.test(trimmed) ? undefined : trimmed
}

/**
 * The values of each label of each service, bounded: the first so many are told apart, the rest is `other`. What senders put
 * into an attribute may be an id of a user or an address with one; that must not become a million label sets.
 */
export class Book {
  private fresh = new Map<string, Set<string>>()
  private old = new Map<string, Set<string>>()
  private turnedAt: EpochMs = Number.NEGATIVE_INFINITY

  constructor(private readonly most: number) {}

  /** Called now and then. */
  turn(now: EpochMs): void {
    if (now - this.turnedAt < VALUES_MS) return
    this.old = this.fresh
    this.fresh = new Map()
    this.turnedAt = now
  }

  /** The value as it may be told. */
  value(service: string, label: string, text: string): string | undefined {
    const value = cleaned(text)
    if (value === undefined) return undefined
    const key = `${label}\0${service}`
    let known = this.fresh.get(key)
    if (known?.has(value)) return value
    const before = this.old.get(key)
    if (known === undefined) {
      if (this.fresh.size >= BOOKS * 8) return OTHER
      this.fresh.set(key, (known = new Set()))
    }
    // What was known before keeps its place, and what it takes is counted, so that nothing fluctuates.
    if (!before?.has(value) && known.size + uncounted(before, known) >= this.most) return OTHER
    known.add(value)
    return value
  }
}

const uncounted = (before: ReadonlySet<string> | undefined, known: ReadonlySet<string>): number => {
  let count = 0
  for (const each of before ?? []) if (!known.has(each)) count++
  return count
}
