/**
 * Past incidents that are like one, on 819 public incidents of one vendor: leave one out, and see whether one of the nearest three
 * was of a component that this one was of too. Components are hidden from the question; what is asked with are the words alone.
 *   npm run bench -- similar (bench/similar.ts) [--write]
 * Data: github.com/mrshu/github-statuses (MIT), read from the shared folder; not part of the repository.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Past, type Traits, wordsOf } from '../src/core/lessons/similar.js'
import { wilson } from '../src/core/stat/interval.js'
import { setting, writePage } from './machine.js'

const ROOT = join(import.meta.dirname, '..')
const FILE = join(ROOT, '../shared/data/incidents/github-2022-2026.jsonl.gz')

interface Row {
  id: string
  title: string
  started_at: string
  impact: string | null
  updates: { at: string; status: string; message: string }[]
  components: string[] | null
}

/** What an incident was at a time: `first` has the title and the first update alone. */
function traits(row: Row, first: boolean, hidden: RegExp | null): Traits {
  const updates = [...row.updates].sort((a, b) => a.at.localeCompare(b.at))
  const text = [row.title, ...(first ? updates.slice(0, 1) : updates).map(each => each.message)].join(' ')
  return {
    ...{ id: row.id, service: 'vendor', at: Date.parse(row.started_at), components: [], segments: [], changes: [] },
    words: wordsOf(hidden === null ? text : text.replace(hidden, ' ')),
    ...{ kind: null, severity: null, lengthMs: null },
  }
}

const share = (hits: number, of: number): string => {
  const [low, high] = wilson(hits, of)
  return `${(hits / of).toFixed(3)} (${low.toFixed(2)} to ${high.toFixed(2)})`
}

function run(): string {
  const rows = gunzipSync(readFileSync(FILE))
    .toString()
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Row)
  const byId = new Map(rows.map(each => [each.id, each]))
  const named = rows.filter(each => (each.components ?? []).length > 0)
  const names = [...new Set(named.flatMap(each => each.components!))]
  const words = [...new Set(names.flatMap(each => each.match(/[\p{L}\p{N}]{3,}/gu) ?? []))]
  const anyName = new RegExp(`\\b(?:${words.join('|')})s?\\b`, 'giu')
  const count = (component: string, but: Row): number =>
    named.filter(each => each !== but && each.components!.includes(component)).length
  /** The most frequent components of all others: as many as the nearest three have on average. */
  const frequent = (but: Row, most: number): Set<string> =>
    new Set([...names].sort((a, b) => count(b, but) - count(a, but)).slice(0, most))
  const nearest = (first: boolean, hidden: RegExp | null, earlier = false) => {
    const all = rows.map(each => traits(each, false, hidden))
    const past = new Past(all)
    let [one, three, guesses] = [0, 0, 0]
    for (const row of named) {
      const like = past
        .like(traits(row, first, hidden), rows.length)
        .map(each => byId.get(each.id)!)
        .filter(each => !earlier || each.started_at < row.started_at)
        .slice(0, 3)
      const hit = like.map(each => each.components?.some(c => row.components!.includes(c)) === true)
      one += hit[0] === true ? 1 : 0
      three += hit.includes(true) ? 1 : 0
      guesses += new Set(like.flatMap(each => each.components ?? [])).size
    }
    return { one, three, guesses: guesses / named.length }
  }
  const line = (what: string, { one, three, guesses }: ReturnType<typeof nearest>) =>
    `| ${what} | ${share(one, named.length)} | ${share(three, named.length)} | ${guesses.toFixed(1)} |`
  const base = [1, 2, 3].map(
    most => named.filter(row => [...frequent(row, most)].some(each => row.components!.includes(each))).length,
  )
  return `# Past incidents that are like one

${rows.length} public incidents of one vendor, 2022 to 2026 (github.com/mrshu/github-statuses,
MIT); ${named.length} of them name the components they were of. Each is left out in turn and asked for by its words alone, with its
components hidden; the answer is right if one of the nearest was of a component that this one was of. In brackets 95 % intervals.

| asked with | nearest one | nearest three | components in three |
| --- | --- | --- | --- |
${line('all words of the incident', nearest(false, null))}
${line('title and first update', nearest(true, null))}
${line('title and first update, earlier incidents alone', nearest(true, null, true))}
${line('title and first update, names of components taken out of all texts', nearest(true, anyName))}
| nothing: the most frequent component, or the two most frequent | ${share(base[0]!, named.length)} | ${share(base[1]!, named.length)} | 2.0 |
| nothing: the most frequent component, or the three most frequent | ${share(base[0]!, named.length)} | ${share(base[2]!, named.length)} | 3.0 |

The nearest three are of 1.6 to 2.7 components together, so they are held against as many guesses. Where the texts do not name what is broken
they tell about as much as the two most frequent do, and no more: incidents of one vendor are written up in the same words. That a component which
failed lately fails again would add about 0.02 there and takes as much from the first of the three elsewhere; it is not used.

${setting('npm run bench -- similar')}
`
}

if (existsSync(FILE)) writePage('similar', run())
else process.stdout.write(`similar: ${FILE} is not there\n`)
