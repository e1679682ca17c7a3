/**
 * What texts of posts mean, by the rules of src/core/text: complaints against everything else, on lines whose labels a person gave.
 *   npm run bench -- posts-text [--misses] [--shared ../shared]   (bench/posts/text.ts)
 *
 * `own`: 400 lines in eight languages, half of them complaints, written before the rules, which were then made with them in view. `seen`:
 * 160 further ones, written after the first rules and used for the second. `third`: 120 of 160 written after those, read on 30 November 2026
 * before the rules by kinds of trouble. `unseen`: each fourth of the 160, which say other things than the rest; nobody has read them for a rule,
 * so this is what to expect of other lines. `tuned`: 435 lines
 * in seventeen languages, used for the third rules. `blind`: 196 by kinds of trouble and of everything else, written and committed before the
 * third rules by who then wrote them; only their totals were looked at. `hand`: lines from outage threads in shared/data/texts, whose labels are mapped as its README
 * says. `--misses` prints each line that is taken for the other, and writes no page.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TROUBLED } from '../../src/core/evidence/people.js'
import { classify } from '../../src/core/text/classify.js'
import { setting, writePage } from '../machine.js'

interface Line {
  lang: string
  label: string
  text: string
  bad: boolean
}

const linesOf = (set: string): Line[] =>
  readFileSync(new URL(`${set}-lines.tsv`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map(line => {
      const [lang = '', label = '', text = ''] = line.split('\t')
      return { lang, label, text, bad: label === 'complaint' }
    })

const handLines = (path: string): Line[] =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map(line => {
      const { lang, label, text } = JSON.parse(line) as Line
      return { lang, label, text, bad: /^(me_too|report|emotion)/.test(label) }
    })

/** Each fourth line of those that came last: never read for a rule, and not printed by `--misses`. */
const isKept = (i: number): boolean => i % 4 === 3

/** Of later sets each third. */
const isLast = (i: number): boolean => i % 3 === 2

/** F1 and specificity of "it is counted" against "somebody says that it is a complaint". */
function score(lines: readonly Line[]) {
  const n = { hit: 0, missed: 0, false: 0, right: 0 }
  const wrong: string[] = []
  for (const { lang, label, text, bad } of lines) {
    const says = classify(text)
    const counted = TROUBLED.has(says)
    n[bad ? (counted ? 'hit' : 'missed') : counted ? 'false' : 'right']++
    if (bad !== counted) wrong.push(`${bad ? 'missed' : 'false '} ${lang} ${label} → ${says}: ${text}`)
  }
  return {
    ...n,
    f1: (2 * n.hit) / (2 * n.hit + n.false + n.missed),
    specificity: n.right / (n.right + n.false),
    wrong,
  }
}

function main(): void {
  const given = process.argv.indexOf('--shared')
  const shared = given < 0 ? fileURLToPath(new URL('../../../shared', import.meta.url)) : process.argv[given + 1]!
  const hand = join(shared, 'data/texts/hand-labelled.jsonl')
  const own = linesOf('own')
  const parts: [string, Line[]][] = [
    ['own', own],
    ...[...new Set(own.map(each => each.lang))].map((lang): [string, Line[]] => [
      `own, ${lang}`,
      own.filter(each => each.lang === lang),
    ]),
    ['seen', linesOf('seen')],
    ['third', linesOf('unseen').filter((_, i) => !isKept(i))],
    ['unseen', linesOf('unseen').filter((_, i) => isKept(i))],
    ['fourth', linesOf('fourth').filter((_, i) => !isLast(i))],
    ['fourth, unread', linesOf('fourth').filter((_, i) => isLast(i))],
    ['strangers', linesOf('strangers').filter((_, i) => !isLast(i))],
    ['strangers, unread', linesOf('strangers').filter((_, i) => isLast(i))],
    ['tuned', linesOf('tuned')],
    ['blind', linesOf('blind')],
    ...(existsSync(hand) ? [['hand', handLines(hand)] as [string, Line[]]] : []),
  ]
  const rows = parts.map(([name, lines]) => {
    const s = score(lines)
    if (
      process.argv.includes('--misses') &&
      !name.includes(',') &&
      name !== 'unseen' &&
      name !== 'blind' &&
      !name.includes('unread')
    )
      console.log(s.wrong.join('\n'))
    return `| ${name} | ${lines.length} | ${s.f1.toFixed(3)} | ${s.specificity.toFixed(3)} | ${s.missed} | ${s.false} |`
  })
  const table = ['| lines | n | F1 | specificity | missed | false |', '| --- | --- | --- | --- | --- | --- |', ...rows]
  console.log(table.join('\n'))
  if (process.argv.includes('--misses')) return
  writePage(
    'posts-text',
    `# Texts of posts

Complaints against the rest. *own*: eight languages, half of them complaints, written before the rules, which were made with them in view;
*seen*: written after the first rules (which gave .268 and .950 on them) and used for the second; *third*: three of four lines of 160 that were
written after those, avoid the usual words, and gave .656 and .950 with *unseen* until rules by kinds of trouble were written: half of them read
at first, a quarter later, on 30 November 2026. *unseen*: each fourth of those 160, read by nobody who writes rules; measured five times;
the rules of before gave .400 on it. *tuned* and *blind*: seventeen languages, en es pt fr de hi ja ar id tr it ru ko nl pl vi th zh, Hinglish and
Arabizi among them, by kinds; *blind* was committed before the third rules, which gave .716 and .888 on *tuned* and .671 and .888 on *blind* before,
and no line of it was looked at since. *fourth*: 159 plain lines in eleven languages, written before the rules of 1 December 2026 by who then wrote
them: those of before gave .874 and .906 on the two thirds that were read, .830 and .846 on the third that was not. *strangers*: 360 lines in fifteen
languages by another hand that saw no rule, asked to be indirect, sarcastic, misspelled and technical, and half of them near misses: .581 and .758 before on
what was then read, .606 and .746 on what was not; rules made with the read ones in view do not carry over to the others. Whoever needs such
texts gives the source a \`judge\`.
One person wrote *blind* and the rules, so *unseen*, by another hand, says more of strangers' lines. *hand*: lines from outage threads. The rules of before everything gave .386 and .830 on *own*,
.725 and .700 on *hand*; calling everything a complaint .67 and 0, on *hand* .89 and 0.
What is missed lowers a count and its usual level alike; what is falsely taken makes noise, so rules were kept narrow.

${table.join('\n')}

${setting('npm run bench -- posts-text')}`,
  )
}
main()
