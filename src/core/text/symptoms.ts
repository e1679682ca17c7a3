import type { Observation } from '../../contract/signal.js'
import type { TextClass } from './classify.js'

/** What a report says of how it hurts: it waits, or it fails. null: it does not say. */
export type Symptom = 'slow' | 'failing' | null

/**
 * Words for waiting and for failing, as people and problem lists use them; beginnings of words, because lists write `slow_loading` and
 * `Buffering…`. The label is chosen from a list, so it is believed before the text, which many write by habit ("it is down").
 */
const SLOW =
  /slow|sluggish|lag(g|s|\b)|latenc|buffer|stutter|freez|choppy|takes (forever|ages|so long)|long (wait|load)|loading (time|forever|endless)|performance|speed|delay|lent[oae]?\b|lentid|demora|cargando|lenteur|rame\b|langsam|ruckel|dauert|trage?\b|lambat|lemot|медленн|тормоз|遅い|重い|卡顿|慢|느리|धीम|بطي/iu
const FAILING =
  /\bdown\b|outage|crash|error|fail|broken|not work|doesn['’]?t (work|load|open)|won['’]?t|can ?not|can['’]?t|unable|unavailable|unreachable|offline|blackout|no (signal|service|internet|connection)|\b5\d\d\b|ca[ií]d[oa]|fora do ar|en panne|geht nicht|störung|ausfall|nem működik|не работает|لا يعمل|落ち|エラー|打不开|안 ?돼|नहीं/iu

const read = (words: string): Symptom => (SLOW.test(words) ? 'slow' : FAILING.test(words) ? 'failing' : null)

export function symptomOf(signal: Observation, says: TextClass | null): Symptom {
  const label = signal.labels.problem
  const named = label === undefined ? null : read(label)
  if (named !== null) return named
  if (signal.text === undefined) return null
  return read(signal.text) ?? (says === 'complaint' ? 'failing' : null)
}

/** Does it say anything of what is wrong, or only that something is? */
export const tellsMore = (signal: Observation): boolean =>
  signal.text !== undefined || signal.labels.problem !== undefined || signal.labels.component !== undefined
