/**
 * Memory and tick time of one workspace with 2,000 services of 30 label sets each, every one of them heard each minute.
 *   npm run bench -- scale (bench/scale.ts) [--services 2000] [--sets 30] [--minutes 60] [--seed 1]
 *
 * Gate and engine as the server runs them, in this process, without HTTP and disk. A tick is what the engine does when
 * log time passes a minute; the label sets of a service differ in cell, component and tier.
 */
import { emptyOutcome, Fold } from '../src/core/fold/fold.js'
import { Refusal } from '../src/core/ingest/door.js'
import { sfc32 } from '../src/core/stat/random.js'
import { Gate } from '../src/shell/workspace/gate.js'
import { serialize } from 'node:v8'
import { grouped, option, setting, writePage } from './machine.js'

const services = option('services', 2_000)
const sets = option('sets', 30)
const minutes = option('minutes', 60)
const seed = option('seed', 1)

const MINUTE = 60_000
const T0 = Date.UTC(2026, 1, 3)
const random = sfc32(seed)
const config = { clock: 'signals' as const, falseAlarmsPerMonth: 0.25, services: [] }
const gate = new Gate('signals')
const fold = new Fold(config)
const labelSets = Array.from({ length: sets }, (_, i) => ({
  cell: `cell-${i % 5}`,
  component: `part-${Math.floor(i / 5) % 3}`,
  tier: i % 2 === 0 ? 'free' : 'paid',
}))

const ticks: number[] = []
let signals = 0
let events = 0
let rollups = 0
let heldMs = 0
for (let minute = 0; minute < minutes; minute++) {
  const at = T0 + minute * MINUTE
  let outcome = emptyOutcome()
  const tickStarted = performance.now()
  fold.advance(at, minute, outcome)
  ticks.push(performance.now() - tickStarted)
  events += outcome.events.length
  rollups += outcome.rollups.length
  const started = performance.now()
  for (let s = 0; s < services; s++) {
    outcome = emptyOutcome()
    for (let l = 0; l < sets; l++) {
      const total = 50 + Math.floor(random() * 20)
      const value = {
        type: 'observation',
        via: 'metric',
        id: `${minute}-${l}`,
        service: `service-${s}`,
        at: at + 1_000 + s,
        labels: labelSets[l],
        total,
        bad: random() < 0.2 ? 1 : 0,
        slow: 0,
        windowMs: MINUTE,
      }
      const signal = gate.value(value)
      if (signal instanceof Refusal || signal === 'duplicate') throw new Error(`not taken: ${JSON.stringify(signal)}`)
      fold.signal(signal, minute, outcome)
      signals++
    }
  }
  heldMs += performance.now() - started
}
globalThis.gc?.()
const rss = process.memoryUsage().rss
const snapshotStarted = performance.now()
const snapshot = serialize(fold.snapshot()).length
const snapshotMs = performance.now() - snapshotStarted
const settled = ticks.slice(5).sort((a, b) => a - b)
const q = (p: number) => settled[Math.floor(p * (settled.length - 1))]!

writePage(
  'scale',
  `# Scale

${grouped(services)} services × ${sets} label sets, each with request counts every minute for ${minutes} minutes of log time, seed ${seed}: ${grouped(signals)} signals, ${grouped(rollups)} rollups, ${events} events.

| | here | wanted |
| --- | --- | --- |
| memory of the process (resident) | ${Math.round(rss / 2 ** 20)} MB | at most 1,024 MB |
| a tick, median | ${q(0.5).toFixed(0)} ms | |
| a tick, longest after the first five | ${q(1).toFixed(0)} ms | under 250 ms |
| signals a second between the ticks, without parsing | ${grouped((signals / heldMs) * 1000)} | |
| snapshot | ${Math.round(snapshot / 2 ** 20)} MB in ${Math.round(snapshotMs)} ms | |

${setting(`npm run bench -- ${['scale', ...process.argv.slice(2)].join(' ')}`)}`,
)
