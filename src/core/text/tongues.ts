import { EVERYDAY } from './everyday-table.js'
import { TONGUES } from './tongues-table.js'
import type { Meaning } from './words.js'

/** Patterns of a meaning in every language that has some; nothing where a language knows none. */
export const said = (meaning: Meaning): string[] =>
  [...EVERYDAY, ...TONGUES].flatMap(tongue => tongue[meaning] ?? []).filter(pattern => pattern !== '')
