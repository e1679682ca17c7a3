import type { JudgeInput } from '../../contract/finding.js'

const RANK: Readonly<Record<JudgeInput['type'], number>> = { fact: 0, order: 0, finding: 1, tick: 2 }

/**
 * At a tick services speak in the order of their names: so it is all the same who was heard of first, and by which of several
 * processes each is followed. What came before stays before, in its order.
 */
export function inOrder(inputs: JudgeInput[]): void {
  inputs.sort((a, b) => {
    if (a.type !== 'finding' || b.type !== 'finding') return RANK[a.type] - RANK[b.type]
    return a.service === b.service ? 0 : a.service < b.service ? -1 : 1
  })
}
