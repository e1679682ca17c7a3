/** What programs are given of the record, so that no text in it can pass for an instruction of ours. */

/** Ids, words of ours, times and numbers; whatever is anything else was written by somebody. */
const PLAIN = /^[\w.:#/+@=~-]{0,160}$/
/** Strings that are longer are cut: an answer is read whole by a model that pays for each word. */
const ANSWER_TEXT_CHARS = 2_000
/** Evidence ids that an answer lists. */
const EVIDENCE_IDS = 200

export interface Quoted {
  quoted: string
}

/**
 * A value with every string that is no plain id as `{ quoted: … }`: data has that shape alone, which no string inside of it can
 * leave. Keys that somebody wrote become pairs.
 */
export function quote(value: unknown): unknown {
  if (typeof value === 'string') return PLAIN.test(value) ? value : ({ quoted: cut(value) } satisfies Quoted)
  if (Array.isArray(value)) return value.map(quote)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  if (entries.every(([key]) => PLAIN.test(key)))
    return Object.fromEntries(entries.map(([key, each]) => [key, quote(each)]))
  return entries.map(([key, each]) => [quote(key), quote(each)])
}

const cut = (text: string): string => (text.length <= ANSWER_TEXT_CHARS ? text : `${text.slice(0, ANSWER_TEXT_CHARS)}…`)

/** Ids on which what is said rests: references, and the ids of commands, changes, notices and incidents themselves. */
export function evidenceIn(value: unknown): string[] {
  const found = new Set<string>()
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null || found.size >= EVIDENCE_IDS) return
    if (Array.isArray(node)) return node.forEach(walk)
    for (const [key, each] of Object.entries(node)) {
      if (key === 'refs' && Array.isArray(each)) for (const ref of each) found.add(String(ref))
      else if (ID_KEYS.has(key) && typeof each === 'string') found.add(each)
      else walk(each)
    }
  }
  walk(value)
  return [...found].slice(0, EVIDENCE_IDS)
}

const ID_KEYS: ReadonlySet<string> = new Set(['id', 'ref', 'subject', 'order', 'incident', 'begins'])
