/**
 * Two troubles at once, and one that looks like two, in drawn worlds: how many stories are told, and how well each.
 *   npm run bench -- pairs (bench/pairs.ts) [--worlds N (of each kind)] [--seeds 11,12] [--write]
 */
import { KINDS, runPair, table, type Kind, type PairResult } from '../lab/pairs.js'
import { option, setting, writePage } from './machine.js'

const given = process.argv.indexOf('--seeds')
const seeds = (given < 0 ? '11,12' : process.argv[given + 1]!).split(',').map(Number)
const worlds = option('worlds', 12)
const results: PairResult[] = []
for (const seed of seeds)
  for (const kind of Object.keys(KINDS) as Kind[])
    for (let i = 0; i < worlds; i++) results.push(runPair(kind, seed * 100_003 + i))

const page = `# One story or two

Drawn worlds in which two causes overlap, or one cause goes about so that it looks like two; ${worlds} of each kind a seed, all
signals. *crossing*: a component everywhere, and another one or all in some cells, 12 to 90 minutes apart; *elsewhere*: other
components in other cells; *close*: the same as crossing, up to seven minutes apart; *shared*: two causes that share a component or
lie in each other's cells; *spreading*: cell after cell; *stages*: a push that takes more cells and more components; *places*: two
parts in two places at once by one cause; *spilling*: retries; *waves*: relapses and a slow tail. The last four columns are over
the stories of plays in which two causes were told as two.

${table(results)}

Two of a component, two in further cells of one kind, and two that begin within five minutes are told as one by design: in doubt
it is one. The engine before this (96fb368) told every play as one: 0 of 8 crossing and 0 of 8 elsewhere (seed 2).

${setting(`npm run bench -- pairs --worlds ${worlds} --seeds ${seeds.join(',')}`)}
`
if (process.argv.includes('--write')) writePage('pairs', page)
else console.log(page)
