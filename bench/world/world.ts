/**
 * A community's world on one machine: 33,000 services in 67 countries, and the founding case on top.
 *   npm run bench -- world (bench/world/world.ts) [--services 33000] [--countries 67] [--hours 6] [--seed 1] [--server 1]
 *   [--load 1 (of reports and telemetry)] [--print (no page is written)]
 *
 * Gate and engine as the server runs them, in this process and in log time. `--server 1` gives the first `--minutes` of the same
 * world to a real server, kills it, starts it, and stops it while signals wait; `--server 2` does nothing else.
 */
import { fileURLToPath } from 'node:url'
import { deserialize, serialize, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { HOUR, MINUTE } from '../../src/contract/time.js'
import { emptyOutcome, Fold } from '../../src/core/fold/fold.js'
import { Refusal } from '../../src/core/ingest/door.js'
import { Watch } from '../../src/core/watch/watch.js'
import { play, readScenario } from '../../src/scenario/scenario.js'
import { wireLine } from '../../src/scenario/wire.js'
import { PACKING } from '../../src/shell/packing.js'
import { Gate } from '../../src/shell/workspace/gate.js'
import { grouped, option, setting, writePage } from '../machine.js'
import { World } from './draw.js'
import { house } from './house.js'

const FOUNDING = fileURLToPath(new URL('../../scenarios/feature-gate-cache.json', import.meta.url))
/** The founding case begins two hours and twelve minutes after the start of its file; the world ends this long after it. */
const END_AFTER_MS = 3 * HOUR

const load = option('load', 1)
const hours = option('hours', 6)
const world = new World({
  services: option('services', 33_000),
  countries: option('countries', 67),
  seed: option('seed', 1),
  active: 0.05,
  reportsPerMonth: load * 30_000_000,
  telemetry: Math.round(load * option('telemetry', 500)),
  sets: 30,
  onceWithinMin: Math.min(180, Math.round((hours * 60) / 2)),
})
const scenario = await readScenario(FOUNDING)
const start = scenario.clock.t0 + END_AFTER_MS - hours * HOUR
const minutes = Math.round(hours * 60)

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
const quantile = (of: readonly number[], p: number): number =>
  of.toSorted((a, b) => a - b)[Math.floor(p * (of.length - 1))]!
const megabytes = (bytes: number): string => `${grouped(bytes / 2 ** 20)} MB`

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function* founding(): Generator<string> {
  for (const signal of play(scenario, { historyHours: Math.max(0, hours - 3) })) yield wireLine(signal)
}

interface Told {
  at: string
  event: string
  service: string
}

function inProcess() {
  const config = { clock: 'signals' as const, falseAlarmsPerMonth: 0.25, services: [] }
  const gate = new Gate('signals')
  const fold = new Fold(config, new Watch(config, PACKING))
  const [ticks, processor]: [number[], number[]] = [[], []]
  const told: Told[] = []
  const counted = { signals: 0, reports: 0, rollups: 0, refused: 0 }
  const lines = founding()
  let next = lines.next()
  let [heldMs, outcome] = [0, emptyOutcome()]
  const take = (signal: ReturnType<Gate['value']>, position: number): void => {
    if (signal instanceof Refusal || signal === 'duplicate') counted.refused++
    else fold.signal(signal, position, outcome)
    counted.signals++
  }
  for (let minute = 0; minute < minutes; minute++) {
    const at = start + minute * MINUTE
    const values = [...world.people(start, minute), ...world.telemetry(start, minute)]
    while (!next.done) {
      const value = JSON.parse(next.value)
      const seen = Date.parse(value.seenAt ?? value.at)
      if (seen >= at + MINUTE) break
      if (seen >= start || value.type === 'fact') values.push(Object.assign(value, { seen }))
      next = lines.next()
    }
    values.sort((a, b) => Number(a.seen ?? a.at) - Number(b.seen ?? b.at))
    const [began, used] = [performance.now(), cpuMs()]
    fold.advance(at, minute, outcome)
    ticks.push(performance.now() - began)
    processor.push(cpuMs() - used)
    const folding = cpuMs()
    for (const value of values) take(gate.value(value), minute)
    fold.takeFresh(outcome)
    heldMs += cpuMs() - folding
    for (const { at: when, event, service } of outcome.events)
      if (event === 'opened' || event === 'resolved') told.push({ at: when, event, service })
    counted.rollups += outcome.rollups.length
    outcome = emptyOutcome()
    if (minute % 30 === 29)
      process.stderr.write(
        `${minute + 1} min, rss ${megabytes(process.memoryUsage().rss)}, tick ${processor.at(-1)!.toFixed(0)} ms\n`,
      )
  }
  const peak = process.resourceUsage().maxRSS * 1024
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  const live = heapUsed + arrayBuffers
  const used = cpuMs()
  const held = fold.snapshot()
  const asleep = held.watch.asleep?.filter(each => !each.awake).length ?? 0
  const snapshot = serialize(held)
  const snapshotMs = cpuMs() - used
  const withSnapshot = process.resourceUsage().maxRSS * 1024
  return {
    ticks,
    processor,
    asleep,
    told,
    counted,
    heldMs,
    peak,
    live,
    withSnapshot,
    snapshot,
    snapshotMs,
    config,
    gate,
  }
}

/** A world that nothing was drawn from yet, so that both parts begin alike. */
const served = option('server', 0) > 0 ? await house(new World(world.options), start, option('minutes', 60)) : ''
if (option('server', 0) === 2) {
  process.stdout.write(served)
  process.exit(0)
}
const made = inProcess()
const { told, counted, gate, processor, ticks } = made
// Here, where the fold that it was taken of is no more.
const opening = cpuMs()
Fold.open(deserialize(made.snapshot), made.config, PACKING)
const openMs = cpuMs() - opening
const own = told.filter(each => each.service === scenario.id || !each.service.startsWith('service-'))
const others = told.filter(each => each.event === 'opened' && each.service.startsWith('service-'))
const settled = processor.slice(Math.min(10, minutes >> 1))

const page = `# World

${grouped(world.options.services)} services × ${world.options.countries} countries, ${grouped(world.pairs.length)} pairs active; ${grouped(world.options.reportsPerMonth)} reports a month by Zipf, ${world.options.telemetry} services with ${world.options.sets} label sets a minute, ${hours} hours of log time, then the founding case; seed ${world.options.seed}: ${grouped(counted.signals)} signals, ${grouped(counted.refused)} refused, ${grouped(counted.rollups)} rollups. The label book holds ${grouped(gate.labels.size.services)} services and ${grouped(gate.labels.size.values)} values. Processor time, as others used the machine.

| | here | wanted |
| --- | --- | --- |
| memory of the process, most (resident) | ${megabytes(made.peak)} | under 2,048 MB |
| of that alive at the end | ${megabytes(made.live)} | |
| services that sleep at the end | ${grouped(made.asleep)} | |
| the same with a snapshot being taken | ${megabytes(made.withSnapshot)} | under 2,048 MB |
| a tick of all services, median | ${quantile(settled, 0.5).toFixed(0)} ms | |
| a tick, longest after the first ten | ${quantile(settled, 1).toFixed(0)} ms (by the wall clock ${quantile(ticks.slice(10), 1).toFixed(0)} ms) | under 1,000 ms |
| signals a second between the ticks, gate and fold | ${grouped((counted.signals / made.heldMs) * 1000)} | |
| snapshot | ${megabytes(made.snapshot.length)} in ${grouped(made.snapshotMs)} ms | |
| the same opened | ${grouped(openMs)} ms | |
| told of the founding case (it began 20:12) | ${own.map(each => `${each.event} ${each.at.slice(11, 16)}`).join(', ') || 'nothing'} | |
| incidents of all other services | ${others.length} | |

${served}
${setting(`npm run bench -- ${['world', ...process.argv.slice(2)].join(' ')}`)}`
if (process.argv.includes('--print')) console.log(page)
else writePage('world', page)
