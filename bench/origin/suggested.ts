/**
 * Which edges failing together suggests, in drawn worlds: how many are right, and how many are said where there are none.
 *   npm run bench -- origin-suggested (bench/origin/suggested.ts) [--worlds N] [--seed S] [--write]
 */
import { failingWorld, SPAN } from '../../src/core/graph/fixtures/failing-world.js'
import { suggestEdges } from '../../src/core/graph/suggest.js'
import { option, setting, writePage } from '../machine.js'

const worlds = option('worlds', 400)
const seed = option('seed', 1_000)
const sum = { right: 0, reversed: 0, said: 0, there: 0, chance: 0, chanceWorlds: 0 }
for (let i = 0; i < worlds; i++) {
  const { onsets, edges } = failingWorld(seed + i, true)
  const found = suggestEdges(onsets, SPAN, () => false)
  sum.said += found.length
  sum.there += edges.size
  sum.right += found.filter(each => edges.has(`${each.from}>${each.to}`)).length
  sum.reversed += found.filter(each => edges.has(`${each.to}>${each.from}`)).length
  const chance = suggestEdges(failingWorld(seed + i, false).onsets, SPAN, () => false).length
  sum.chance += chance
  sum.chanceWorlds += chance > 0 ? 1 : 0
}
const share = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`

writePage(
  'suggested',
  `# Edges that failing together suggests

${worlds} drawn worlds of twelve nodes over sixty days, each node with 6 to 18 troubles of its own, which reach who stands on it within
three minutes in 80 % (\`src/core/graph/fixtures/failing-world.ts\`); and as many in which nothing stands on anything. Seeds 1 to 100 were
looked at while the constants were chosen, these begin at ${seed}.

| | |
| --- | --- |
| suggested, of them right with direction | ${sum.said}, ${share(sum.right, sum.said)} |
| right but for the direction | ${share(sum.reversed, sum.said)} |
| of all edges found | ${share(sum.right, sum.there)} |
| unconnected worlds in which anything was suggested | ${share(sum.chanceWorlds, worlds)} (1 % asked) |

${setting(`npm run bench -- origin-suggested --worlds ${worlds} --seed ${seed}`)}
`,
)
