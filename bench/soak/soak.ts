/**
 * Half an hour of a real server with everything that goes wrong, drawn by a seed.
 *   npm run bench -- soak (bench/soak/soak.ts) [--minutes 30] [--seed 1] [--write]
 *
 * Steady ingest, people who report, page readers and event streams; clock jumps, a full disk and SIGKILL; a webhook
 * whose receiver is slow, one that is dead and one that is well. Then the log is held against what was acknowledged,
 * the rows that pages show against the log, /readyz against each fault. Ends with 1 where something is not as it should be.
 */
import { loadavg } from 'node:os'
import { grouped, option, setting, writePage } from '../machine.js'
import { MINUTE } from '../../src/contract/time.js'
import { soak } from './run.js'
import { happened, latencies, type Latency, memoryOf, readiness, telling } from './verdict.js'

const minutes = option('minutes', 30)
const seed = option('seed', 1)
const WARM_MS = 2 * MINUTE
const WRONG_LISTED = 40
const P99_MS = 100

const ran = await soak({ seed, ms: minutes * MINUTE, say: what => process.stderr.write(`${what}\n`) })
const { senders, readers, receivers, counts, house, episodes } = ran
const ready = readiness(ran)
const pages = latencies(ran)
const told = telling(ran)
const life = memoryOf(readers.memory, Math.min(WARM_MS, (minutes * MINUTE) / 4))
const wrong = [
  ...senders.wrong,
  ...counts.wrong,
  ...counts.whole,
  ...ready.wrong,
  ...pages.wrong,
  ...told.wrong,
  ...ran.ends.filter(code => code !== 0).map(code => `a clean stop ended with ${code}`),
  ...(ran.streamsAtEnd === ran.listenersAtEnd
    ? []
    : [`the server knows of ${ran.streamsAtEnd} listeners, there are ${ran.listenersAtEnd}`]),
]

const list = (tally: Record<string, number>) =>
  Object.entries(tally)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([what, many]) => `${what} ${grouped(many)}`)
    .join(', ')
const latencyRow = (each: Latency) =>
  `| ${each.what} | ${grouped(each.pages)} | ${each.p50.toFixed(1)} ms | ${each.p99.toFixed(1)} ms | ${each.slowest.toFixed(0)} ms (${each.slowestPath}) | ${each.failed} |`
const memory =
  life === null
    ? 'No process lived long enough to say something of memory.'
    : `Memory over the ${life.minutes.toFixed(1)} minutes of the longest life, without its first ${WARM_MS / MINUTE}:

| | after the warm-up | at the end | a minute |
| --- | --- | --- | --- |
${(['rss', 'heap', 'external', 'dedupe'] as const)
  .map(
    part =>
      `| ${{ rss: 'resident', heap: 'heap of the main thread', external: 'external', dedupe: 'of it, ids that are remembered' }[part]} | ${life.first[part].toFixed(1)} MB | ${life.last[part].toFixed(1)} MB | ${life.slope[part].toFixed(2)} MB |`,
  )
  .join('\n')}`

const page = `# A soak

A server with six services, a status page and three webhooks for ${minutes} minutes. Four machines send 40 signals a second each
(8 % of the batches once more within half a minute, 4 % twice at once; 5 % of what is refused is given up, the rest sent until it is
acknowledged), two people a second report, ten readers take twenty pages a second, half of them on a new connection, fifty listen to
events and come again. The disk: ${house.disk.how}. The clock: Date of the server's process, moved from
outside. What went wrong: ${list(happened(episodes))}. \`wrong\` is a clock that stays wrong until it is refused, \`kill-full\` and
\`kill-leap\` a start on a full disk or with a wrong clock.

**Counted once:** ${grouped(counts.once)} of ${grouped(counts.acknowledged)} acknowledged signals are in the log exactly once; of
${grouped(counts.givenUp)} that were refused and given up, ${grouped(counts.givenUpFound)}. Of ${grouped(counts.reports)} reports that people were told
are counted, ${grouped(counts.reportsOnce)}. Rows of five minutes, by service and kind, agree with the log in all ${grouped(counts.bins)} bins${counts.wrong.length === 0 ? '' : ' but for what is listed below'}.
What senders were told: ${list(senders.tally)}.

**Pages:** p99 outside the faults ${pages.calm.p99.toFixed(1)} ms (bar: ${P99_MS}). Timers of the instrument itself were ${ran.ownLagMs.toFixed(1)} ms late at p99; load of
the machine at the end ${loadavg()
  .map(each => each.toFixed(1))
  .join(', ')}.

| | pages | p50 | p99 | slowest | no page |
| --- | --- | --- | --- | --- | --- |
${[pages.calm, ...pages.faults].map(latencyRow).join('\n')}

**Ready:** what \`/readyz\` said, four times a second.

| | asked | wrong | answers |
| --- | --- | --- | --- |
${ready.rows.map(row => `| ${row.what} | ${grouped(row.samples)} | ${row.wrong} | ${list(row.said)} |`).join('\n')}

**Told:** ${told.came} of ${told.events} events of ${told.incidents} incidents reached the webhook that is well, in the order of each incident;
${told.repeated} came twice (${told.repeatedByKill} of them over a kill). The time they say they were sent at was off by ${(told.stampOffMs / 1_000).toFixed(1)} s at most. The slow
receiver was tried ${receivers.slowTries} times.

**Listeners:** ${list(readers.streams)}; at the end ${ran.listenersAtEnd} listened and the server knew of ${ran.streamsAtEnd}.

${memory}

Starts that failed: ${house.failed.length}. Log lines that an operator saw: ${[...house.lines].map(([line, many]) => `${line.slice(0, 100)} (${many})`).join('; ') || 'none'}.

Not as it should be: ${
  wrong.length === 0
    ? 'nothing'
    : `${wrong.length}\n\n${wrong
        .slice(0, WRONG_LISTED)
        .map(each => `- ${each}`)
        .join('\n')}`
}${wrong.length === 0 ? '.' : ''}

${setting(`npm run bench -- soak --minutes ${minutes} --seed ${seed}`)}
`
if (process.argv.includes('--write')) writePage('soak', page)
else console.log(page)
for (const each of house.failed) process.stderr.write(`a start that failed: ${each}\n`)
process.exit(wrong.length === 0 && pages.calm.p99 < P99_MS ? 0 : 1)
