import { HOUR } from '../../../contract/time.js'
import type { Rollup } from '../../../contract/view.js'
import { countBy } from '../chart/series.js'
import type { Voice } from '../words.js'

/** Countries offered in forms: those people report from, then the rest of a short list of large ones. */
const MANY_PEOPLE =
  'AR AU BD BE BR CA CH CL CN CO DE EG ES FR GB ID IE IN IT JP KE KR MX MY NG NL NZ PE PH PK PL PT SE SG TH TR TW UA US VN ZA'.split(
    ' ',
  )

/** Codes with names, in the order of the reader's alphabet. */
export function countryOptions(rollups: readonly Rollup[], { f, now }: Voice): [string, string][] {
  const reporting = [...countBy(rollups, 'country', now - 24 * HOUR, now).keys()].filter(code =>
    /^[A-Z]{2}$/.test(code),
  )
  return [...new Set([...reporting, ...MANY_PEOPLE])]
    .map((code): [string, string] => [code, f.country(code)])
    .sort((a, b) => a[1].localeCompare(b[1], f.locale))
}
