import type { Change } from '../../contract/signal.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import type { Graph } from '../graph/graph.js'
import { waysOf } from './flow.js'
import type { Told } from './origin.js'
import type { Alarm } from './question.js'
import type { Troubled } from './trouble.js'
import { wordBits } from './wording.js'

/** A change, and what speaks for its having begun the trouble. */
export interface Blame {
  id: string
  node: string
  bits: number
  time: number
  place: number
  words: number
}

/** Bits from which a change is named, and by which it must lead the next one: sixteen to one, for a wrong name costs more than none. */
const NAMED_BITS = 5.5
const LEAD_BITS = 4
const TIME_BITS = 3
const ORIGIN_BITS = 2
const NEAR_BITS = 0
const ELSEWHERE_BITS = -4
/** A change that is older is none of this. */
const OLDEST_MS = 12 * 60 * MINUTE

interface Asked {
  told: Told
  troubled: ReadonlyMap<string, Troubled>
  graph: Graph
  alarms: readonly Alarm[]
  changes: readonly Change[]
}

/** Changes that may have begun a trouble, best first. One after its onset, beyond what its uncertainty allows, is none. */
export function blamesOf(asked: Asked): Blame[] {
  const { told, changes, alarms } = asked
  const said = alarms.map(each => each.words ?? '').join(' ')
  return changes
    .flatMap((change): Blame[] => {
      const node = change.service
      const at = change.happenedAt ?? change.at
      const time = timeBits(at, onsetNear(node, asked) ?? told.onset)
      if (time === null) return []
      const place = placeBits(node, asked)
      const words = wordBits(change.title ?? '', change.text ?? '', said)
      return [{ id: change.id, node, bits: time + place + words, time, place, words }]
    })
    .sort((a, b) => b.bits - a.bits)
}

/** The one change that is suspected; null where none is clear enough, or two are as clear. */
export function suspected(blames: readonly Blame[]): Blame | null {
  const [first, second] = blames
  if (!first || first.bits < NAMED_BITS) return null
  return second && second.bits > first.bits - LEAD_BITS ? null : first
}

/** When a node first left its usual course in any way, be it more work. */
function onsetNear(node: string, { troubled }: Asked): [EpochMs, EpochMs] | null {
  const first = (troubled.get(node)?.deviations ?? [])
    .filter(each => each.z >= 4)
    .sort((a, b) => a.onset[1] - b.onset[1])[0]
  return first?.onset ?? null
}

/** Nearer before the onset is better: a bit less for each doubling of the minutes between. */
function timeBits(at: EpochMs, [from, to]: [EpochMs, EpochMs]): number | null {
  const slack = Math.min(MINUTE, to - from)
  if (at > to + slack || from - at > OLDEST_MS) return null
  // Who stamps a window by its beginning shows a change before it was made.
  if (at > to) return 0
  return TIME_BITS - Math.log2(1 + Math.max(0, from - at) / MINUTE)
}

function placeBits(node: string, { told, graph }: Asked): number {
  if (node === told.origin) return ORIGIN_BITS
  if (told.origin === null) return told.victims[0]?.node === node ? ORIGIN_BITS : NEAR_BITS
  const { dependencies, dependents } = waysOf(graph)
  const near = [...(dependencies.get(told.origin ?? '') ?? []), ...(dependents.get(told.origin ?? '') ?? [])]
  if (near.includes(node)) return NEAR_BITS
  return told.victims.some(each => each.node === node) ? NEAR_BITS : ELSEWHERE_BITS
}
