import type { Origin } from '../../contract/topology.js'
import { originsOf, type Told } from './origin.js'
import type { Question } from './question.js'

/** Candidates that are told. */
const MOST_CANDIDATES = 5
const MOST_VICTIMS = 50

const iso = (at: number): string => new Date(at).toISOString()
const round = (x: number): number => Math.round(x * 1000) / 1000

/** A trouble as it is told. */
export const originFrom = ({ origin, probability, onset, path, victims, ranked, same }: Told): Origin => ({
  node: origin,
  probability: round(probability),
  onset: [iso(onset[0]), iso(onset[1])],
  path,
  victims: victims.slice(0, MOST_VICTIMS).map(each => each.node),
  candidates: ranked.slice(0, MOST_CANDIDATES).map(each => ({
    node: each.node,
    probability: round(each.probability),
    because: each.reasons.map(({ reason, bits, nodes }) => ({
      reason,
      bits: round(bits),
      ...(nodes ? { nodes } : {}),
    })),
  })),
  ...(same.length > 0 ? { same } : {}),
})

/** All troubles of a question, the one that is asked about first; none where nothing is wrong. */
export const originsIn = (question: Question): Origin[] => originsOf(question).map(originFrom)

/** Whether a node is where a trouble began, or was hit by it. */
export const touches = ({ node, victims }: Origin, id: string): boolean => node === id || victims.includes(id)
