/**
 * Localization on tables and streams with known causes: F1, hits and milliseconds of `localize`, and what `segment` names.
 *   npm run bench -- localize [--shared ../shared] [--generated 60] [--seed 20000]   (bench/localize/localize.ts)
 *
 * Tables are read from SHARED/data/localization where it is there; besides them come generated ones of the same kinds
 * (localize-generators.ts), other seeds each time `--seed` differs. F1 is of exact label sets, pooled over tables, as
 * SHARED/bench/score-localize.mjs counts it. `segment` is timed on windows of request counts with a planted fault.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readTableFile } from '../../src/cli/detect/table-file.js'
import { localize, segment, TableBuilder, type Kind, type LeafTable } from '../../src/core/localize/index.js'
import { binomial, poisson, sfc32 } from '../../src/core/stat/random.js'
import {
  CROWDS,
  CROWDS_WIDER,
  crowdInstance,
  MEASURES,
  MEASURES_WIDER,
  measureInstance,
  type Instance,
} from './generators.js'
import { grouped, setting, writePage } from '../machine.js'

const { values } = parseArgs({
  options: {
    shared: { type: 'string', default: '../shared' },
    generated: { type: 'string', default: '60' },
    seed: { type: 'string', default: '20000' },
  },
})
const folder = join(values.shared, 'data', 'localization')
const generated = Number(values.generated)
const seed = Number(values.seed)

interface Row {
  set: string
  tables: number
  f1: number
  precision: number
  recall: number
  hit: number
  hit3: number
  /** Tables with a cause that is none. */
  falsely: number
  medianMs: number
  maxMs: number
}

const names = (where: Record<string, string[]>): string[] =>
  Object.entries(where)
    .reduce((sets: string[][], [name, each]) => sets.flatMap(s => each.map(v => [...s, `${name}=${v}`])), [[]])
    .map(set => set.sort().join('&'))

function score(set: string, kind: Kind, instances: Iterable<Instance>): Row {
  let [tables, right, wrong, missed, hit, hit3, falsely] = [0, 0, 0, 0, 0, 0, 0]
  const ms: number[] = []
  for (const { table, truth } of instances) {
    const start = performance.now()
    const causes = localize(table, { kind })
    ms.push(performance.now() - start)
    // Real incidents are judged by the first name and by the first three alternatives.
    const found = new Set((kind === 'rates' ? causes.slice(0, 1) : causes).flatMap(c => names(c.where)))
    const ok = truth.filter(name => found.has(name)).length
    tables++
    right += ok
    wrong += found.size - ok
    missed += truth.length - ok
    if (ok) hit++
    if (found.size > ok) falsely++
    const three = localize(table, { kind, candidates: 3 }).flatMap(c => names(c.where))
    if (truth.some(name => three.includes(name))) hit3++
  }
  ms.sort((x, y) => x - y)
  return {
    set,
    tables,
    f1: (2 * right) / (2 * right + wrong + missed),
    precision: right / (right + wrong || 1),
    recall: right / (right + missed || 1),
    hit: hit / tables,
    hit3: hit3 / tables,
    falsely: falsely / tables,
    medianMs: ms[ms.length >> 1]!,
    maxMs: ms.at(-1)!,
  }
}

function* read(set: string): Iterable<Instance> {
  for (const line of readFileSync(join(folder, set, 'labels.csv'), 'utf8')
    .trim()
    .split('\n')
    .slice(1)) {
    const [name, truth] = line.split(',') as [string, string]
    const { table } = readTableFile(join(folder, set, `${name}.csv.gz`))
    yield { name, table, truth: truth.split(';').map(s => s.split('&').sort().join('&')) }
  }
}

function* draw(set: string, count: number): Iterable<Instance> {
  for (let k = 0; k < count; k++) yield (set in MEASURES ? measureInstance : crowdInstance)(set, seed + k)
}

function* drawWider(count: number): Iterable<Row> {
  for (const [wider, make, kind] of [
    [MEASURES_WIDER, measureInstance, 'measure'],
    [CROWDS_WIDER, crowdInstance, 'counts'],
  ] as const)
    for (const [name, settings] of Object.entries(wider))
      yield score(
        `${kind === 'measure' ? 'S' : 'CH'}, ${name}`,
        kind,
        (function* () {
          for (let k = 0; k < count; k++) yield make(name, seed + k, settings as never)
        })(),
      )
}

/** A minute of request counts: `cells` × 8 components × 5 regions × 4 tiers × `versions`, a third of the cells failing. */
function stream(cells: number, versions: number): LeafTable {
  const random = sfc32(seed)
  const builder = new TableBuilder()
  for (let cell = 0; cell < cells; cell++)
    for (let component = 0; component < 8; component++)
      for (let region = 0; region < 5; region++)
        for (let tier = 0; tier < 4; tier++)
          for (let version = 0; version < versions; version++) {
            const total = poisson(random, 400 / (1 + component))
            const bad = binomial(random, total, cell % 3 === 0 ? 0.8 / (1 + tier) : 0.0008)
            const labels = {
              cell: `cell-${cell}`,
              component: `c${component}`,
              region: `r${region}`,
              tier: `t${tier}`,
              version: `v${version}`,
            }
            builder.add(labels, bad, total * 0.0008, total)
          }
  return builder.table()
}

function timeSegment(table: LeafTable): string {
  const ms: number[] = []
  let segments = 0
  for (let run = 0; run < 15; run++) {
    const start = performance.now()
    segments = segment(table, { kind: 'rates' }).segments.length
    ms.push(performance.now() - start)
  }
  const first = ms[0]!
  ms.sort((x, y) => x - y)
  return `| ${grouped(table.real.length)} | ${segments} | ${ms[7]!.toFixed(1)} | ${first.toFixed(1)} |`
}

const kinds: Record<string, Kind> = {
  S: 'measure',
  L: 'measure',
  Hs: 'measure',
  C: 'counts',
  CH: 'counts',
  RS: 'rates',
}
const share = (x: number) => x.toFixed(3)
const print = (r: Row) =>
  `| ${r.set} | ${r.tables} | ${share(r.f1)} | ${share(r.precision)} | ${share(r.recall)} | ${share(r.hit)} | ${share(r.hit3)} | ${r.medianMs.toFixed(0)} | ${r.maxMs.toFixed(0)} |`
const head =
  '| set | tables | F1 | precision | recall | hit | hit in 3 | median ms | max ms |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |'
const page = ['# Localization', '']
if (existsSync(folder)) {
  page.push('Tables with known causes (shared data):', '', head)
  for (const set of Object.keys(kinds)) page.push(print(score(set, kinds[set]!, read(set))))
} else {
  page.push(`No tables at \`${folder}\`: only generated ones.`)
  console.error(`no tables at ${folder}; only generated ones`)
}
page.push('', `Generated tables of the same kinds, seeds ${seed} to ${seed + generated - 1}:`, '', head)
for (const set of [...Object.keys(MEASURES), ...Object.keys(CROWDS)]) {
  page.push(print(score(set, kinds[set]!, draw(set, generated))))
}
page.push(
  '',
  'Seeds 50000 to 50023, measured once on 2026-11-30: S .962 (precision 1, recall .927), L 1, Hs .915 (precision 1), C 1, CH 1.',
  '',
  'The same kinds, but other than in the shared examples (the tail of the noise was worked on with other seeds of these):',
  '',
  '| set | F1 | precision | recall | tables with a false cause | median ms |',
  '| --- | --- | --- | --- | --- | --- |',
)
for (const r of drawWider(generated))
  page.push(
    r.set.includes('no cause')
      ? `| ${r.set} | | | | ${share(r.falsely)} | ${r.medianMs.toFixed(0)} |`
      : `| ${r.set} | ${share(r.f1)} | ${share(r.precision)} | ${share(r.recall)} | ${share(r.falsely)} | ${r.medianMs.toFixed(0)} |`,
  )
page.push(
  '',
  'Wanted: S ≥ .93, L 1, Hs ≥ .93, C ≥ .98, CH ≥ .90 (F1); RS hit ≥ .70 and in 3 ≥ .90; medians ≤ 250, 100, 2,000, 50, 50, 30 ms.',
  'What S and Hs still miss are single leaves in noise of 15–25 %: their change is one that chance shows too. An oracle that is told',
  'the noise, and of each cause its labels, severity and deviation, and names it when that outweighs the number of cells like it, reaches',
  'F1 .96 on S and .93–.97 on Hs (seeds 30000–30099 and 41000–41099, where `localize` has .954/.949 and .973/.934).',
  '',
  'RS: constants of the rate model (prior weight, price of a label, spread of leaves) chosen on a random half of the 68 incidents and',
  'judged on the other half give hit .69 and hit in 3 .92 (400 halves); the ones in use .72 and .94 (5–95 % of halves: .65–.79). Over 150 settings',
  'around them the hit is .57–.74 and within 3 .82–.96: a plateau, not a peak.',
  '',
  'Live windows of request counts (`segment`):',
  '',
  '| leaves | segments | median ms | first run ms |',
  '| --- | --- | --- | --- |',
)
for (const [cells, versions] of [
  [6, 1],
  [9, 5],
  [37, 2],
] as const)
  page.push(timeSegment(stream(cells, versions)))
page.push('', setting(`npm run bench -- localize --generated ${generated} --seed ${seed}`))
writePage('localize', page.join('\n'))
