import type { Via } from '../../src/scenario/scenario.js'

/** Signals that are there, and what is asked of them: of thin streams, that nothing false is said and that silence is no way out. */
export const MODES: { name: string; only: Via[] | null; ask: 'all' | 'honest' }[] = [
  { name: 'all signals', only: null, ask: 'all' },
  { name: 'without metrics', only: ['report', 'post', 'check', 'change', 'notice'], ask: 'honest' },
  { name: 'reports only', only: ['report'], ask: 'honest' },
]
