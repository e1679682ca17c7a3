/**
 * Whether anything is lost in words: the post-mortem's facts and the engine's events of the same play, held against the truth of the
 * scenario by the same questions.
 *   npm run bench -- postmortem (bench/postmortem.ts) [--draws N] [--only ID]
 * Scenarios: those of the repository, and those of the shared folder where it is there.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { playThrough, scenariosOf } from '../lab/run.js'
import { type Answers, answersOf, postmortemOfPlay, QUESTIONS, toldByEvents, toldByPostmortem } from '../lab/told.js'
import type { Scenario, Via } from '../src/scenario/scenario.js'
import { option, setting, writePage } from './machine.js'

const ROOT = join(import.meta.dirname, '..')
const SHARED = join(ROOT, '../shared/scenarios')
const DRAWS = option('draws', 1)
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : undefined

const MODES: { name: string; only: Via[] | null }[] = [
  { name: 'all signals', only: null },
  { name: 'without metrics', only: ['report', 'post', 'check', 'change', 'notice'] },
  { name: 'reports, changes and notices', only: ['report', 'change', 'notice'] },
]

interface Row {
  scenario: string
  mode: string
  events: Answers
  atEnd: Answers
  words: Answers
}

function* rows(scenarios: readonly Scenario[]): Generator<Row> {
  for (const scenario of scenarios)
    for (const mode of MODES)
      for (let draw = 0; draw < DRAWS; draw++) {
        const played = playThrough(scenario, {
          ...(draw === 0 ? {} : { seed: scenario.clock.seed + draw }),
          ...(mode.only === null ? {} : { only: mode.only }),
        })
        const told = toldByEvents(scenario, played)
        const written = postmortemOfPlay(scenario, played)
        // What was not noticed has no post-mortem; that is asked elsewhere.
        if (told === null || written === null) continue
        const thin = mode.only !== null
        const row = {
          scenario: scenario.id,
          mode: mode.name,
          events: answersOf(scenario, told, thin),
          atEnd: answersOf(scenario, toldByEvents(scenario, played, true)!, thin),
          words: answersOf(scenario, toldByPostmortem(written), thin),
        }
        const lost = QUESTIONS.filter(each => row.atEnd[each] === true && row.words[each] !== true)
        process.stderr.write(
          `${row.scenario}, ${row.mode}, draw ${draw}: ${lost.length > 0 ? `lost ${lost.join()}` : 'nothing lost'}\n`,
        )
        yield row
      }
}

const agree = (some: readonly Row[], by: 'events' | 'atEnd' | 'words', each: keyof Answers): string => {
  const asked = some.filter(row => row.events[each] !== null)
  return asked.length === 0 ? '–' : `${asked.filter(row => row[by][each] === true).length} of ${asked.length}`
}

const folders = [join(ROOT, 'scenarios'), SHARED].filter(existsSync)
const scenarios = folders
  .flatMap(scenariosOf)
  .filter(each => each.truth.isIncident && (only === undefined || each.id === only))
const all = [...rows(scenarios)]
const lost = all.flatMap(row =>
  QUESTIONS.filter(each => row.atEnd[each] === true && row.words[each] !== true).map(
    each => `- ${row.scenario}, ${row.mode}: ${each}`,
  ),
)
const table = MODES.flatMap(({ name }) =>
  QUESTIONS.map(each => {
    const some = all.filter(row => row.mode === name)
    return `| ${name} | ${each} | ${agree(some, 'events', each)} | ${agree(some, 'atEnd', each)} | ${agree(some, 'words', each)} |`
  }),
)
const text = `# What a post-mortem loses in words

The events of a play and the post-mortem that is drafted from them are asked the same of the scenario's truth, by the expectations that the
scenario itself states (\`lab/told.ts\`): when it began, which cells failed, which change it was, and how it went back. ${scenarios.length} scenarios${
  existsSync(SHARED) ? ', those of the shared folder among them' : '; the shared folder was not there'
}, ${DRAWS === 1 ? 'one draw' : `${DRAWS} draws`} each. Of a scenario that was not noticed there is no post-mortem, and a question that it does not ask is not counted. \`score.mjs\` reads causes
at the end of the true trouble, which nobody knows who writes; a post-mortem has what is on record when it is written.

| signals | question | events, as \`score.mjs\` reads them | events, at the end | post-mortem |
| --- | --- | --- | --- | --- |
${table.join('\n')}

${lost.length === 0 ? 'Wherever the events at the end agree with the truth, the post-mortem does.' : `Lost in words:\n\n${[...new Set(lost)].join('\n')}`}

${setting(`npm run bench -- postmortem${DRAWS === 1 ? '' : ` --draws ${DRAWS}`}`)}
`
if (only === undefined) writePage('postmortem', text)
else process.stdout.write(text)
process.exitCode = lost.length === 0 ? 0 : 1
