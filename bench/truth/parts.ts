import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { run as crowd } from '../detect/crowd.js'
import { run as simulated } from '../detect/simulated.js'
import { corpusOf, nabRows, nabTable } from '../nab/nab.js'
import { askedOf, PLACES, type Quiet, quietDays, quietTable } from '../quiet.js'
import { type Bar, type Context, EPICENTER, type Part, percent, skipped, tool } from './context.js'
import { output } from './store.js'

/** 95 % bound of a Poisson count whose mean was asked for. */
function poissonBound(mean: number): number {
  let p = Math.exp(-mean)
  let sum = p
  let n = 0
  while (sum < 0.95) sum += p *= mean / ++n
  return n
}

export function spikes(context: Context): Part {
  const title = 'Spikes: curves around declared problems'
  const events = join(context.data, 'downdetector', 'events.jsonl')
  const score = tool(context, 'score-detect.mjs')
  if (!existsSync(events)) return skipped(title, `no ${events}`)
  if (!existsSync(score)) return skipped(title, `no ${score}`)
  const command = [score, events, '--', EPICENTER, 'detect', '--false-alarms-per-day', '0.25']
  const told = context.store.unit(
    'spikes',
    () => JSON.parse(output(['node', ...command]).out) as Record<string, number>,
  )
  const asked = 0.25 * told['cleanDays']!
  const bound = poissonBound(asked)
  const most = Object.entries(told).map(([key, value]) => `| ${key} | ${value} |`)
  return {
    title,
    command: `node ${command.join(' ')}`,
    text: ['| figure | value |', '|---|---|', ...most].join('\n'),
    bars: [
      { what: 'spikes found', wanted: '> 92.2 %', got: percent(told['found']!), holds: told['found']! > 0.922 },
      {
        what: 'spikes, mean delay',
        wanted: '< +16 min',
        got: `${told['meanDelayMin']} min`,
        holds: told['meanDelayMin']! < 16,
      },
      {
        what: 'spikes, false alarms',
        wanted: `≤ ${bound} (95 % bound of ${asked.toFixed(1)})`,
        got: String(told['falseAlarms']),
        holds: told['falseAlarms']! <= bound,
      },
    ],
  }
}

export function calibrationAndPower(context: Context): Part {
  const series = context.quick ? 60 : 320
  const options = { series, historyDays: 14, days: 7, seed: context.seed, falseAlarmsPerDay: 0.25 }
  const text = context.store.unit(`simulated-${series}-${context.seed}`, () => simulated(options))
  const off = Number(/realised [\d.]+ \((-?[\d.]+) %\)/.exec(text)?.[1])
  // size | n | found | oracle ×2 | oracle of the very size
  const sizes = [...text.matchAll(/^\| (×\S+) \| \d+ \| ([\d.]+) % \| ([\d.]+) % \| ([\d.]+) % /gm)]
  const behind = sizes.map(([, , found, two, very]) => Math.max(Number(two), Number(very)) - Number(found))
  const days = series * 7
  return {
    title: 'Calibration and power on simulated series',
    command: `node --import ./scripts/ts.mjs bench/detect/simulated.ts --series ${series} --seed ${context.seed}`,
    text,
    bars: [
      {
        what: `false alarms of ${days / 2} quiet series-days`,
        wanted: 'asked ± 30 %',
        got: `${off} %`,
        holds: Math.abs(off) <= 30,
      },
      {
        what: 'behind the oracle, worst size',
        wanted: '≤ 10 points',
        got: `${Math.max(...behind).toFixed(1)} points`,
        holds: Math.max(...behind) <= 10,
      },
    ],
  }
}

export function crowdSeries(context: Context): Part {
  const title = 'Crowd series, 20-minute bins'
  const folder = join(context.data, 'crowd')
  if (!existsSync(folder)) return skipped(title, `no ${folder}`)
  const text = context.store.unit('crowd', () => crowd(folder, 0.033, false))
  const rows = [
    ...text.matchAll(/^\| ([\w-]+) \| [\d.]+ \| \d+ \| \d+ \| (\d+) of (\d+) \| [^|]+ \| \d+ \| ([\d.]+) /gm),
  ]
  const sum = (column: number) => rows.reduce((n, row) => n + Number(row[column]), 0)
  const worst = Math.max(...rows.map(row => Number(row[4])))
  return {
    title,
    command: `node --import ./scripts/ts.mjs bench/detect/crowd.ts`,
    text,
    bars: [
      {
        what: 'major events of the crowd series',
        wanted: 'all',
        got: `${sum(2)} of ${sum(3)}`,
        holds: sum(2) === sum(3),
      },
      { what: 'unexplained a month, worst service', wanted: '≤ 1', got: worst.toFixed(2), holds: worst <= 1 },
    ],
  }
}

export function nab(context: Context): Part {
  const title = 'NAB v1.1'
  const archive = join(context.data, 'nab-v1.1.tar.gz')
  if (!existsSync(archive)) return skipped(title, `no ${archive}`)
  const rows = context.store.unit('nab', () => nabRows(corpusOf(archive)))
  const [standard, lowFp] = rows[0]!.outcomes.map(({ outcome }) => outcome.normalised)
  return {
    title,
    command: 'npm run bench -- nab',
    text: nabTable(rows),
    bars: [
      { what: 'NAB tweets, standard', wanted: '> 81.8', got: standard!.toFixed(1), holds: standard! > 81.8 },
      { what: 'NAB tweets, low FP', wanted: '> 73.1', got: lowFp!.toFixed(1), holds: lowFp! > 73.1 },
    ],
  }
}

interface LocalizeScore {
  instances: number
  f1: number
  precision: number
  recall: number
  exact: number
  hit: number
  secondsMedian: number
  secondsMax: number
}

/** Set, options of the command, options of the score, what is asked. */
const TABLES: [string, string[], string[], 'f1' | 'hit', number, number][] = [
  ['S', ['--kind', 'measure'], [], 'f1', 0.93, 250],
  ['L', ['--kind', 'measure'], [], 'f1', 1, 100],
  ['Hs', ['--kind', 'measure'], [], 'f1', 0.93, 2000],
  ['C', [], [], 'f1', 0.98, 50],
  ['CH', [], [], 'f1', 0.9, 50],
  ['RS', [], ['--top', '1'], 'hit', 0.7, 30],
  ['RS', ['--candidates', '3'], ['--top', '3'], 'hit', 0.9, 30],
]

export function localization(context: Context): Part {
  const title = 'Localization'
  const folder = join(context.data, 'localization')
  const score = tool(context, 'score-localize.mjs')
  if (!existsSync(folder)) return skipped(title, `no ${folder}`)
  if (!existsSync(score)) return skipped(title, `no ${score}`)
  const bars: Bar[] = []
  const lines = TABLES.map(([set, options, top, figure, least, ms]) => {
    const name = [set, ...top].join(' ')
    const command = ['node', score, join(folder, set), ...top, '--', EPICENTER, 'localize', ...options]
    const told = context.store.unit(
      `localize-${[set, ...options, ...top].join('')}`,
      () => JSON.parse(output(command).out) as LocalizeScore,
    )
    const took = 1000 * told.secondsMedian
    bars.push({
      what: `localization ${name}`,
      wanted: `${figure} ≥ ${least}, ≤ ${ms} ms`,
      got: `${told[figure]}, ${took.toFixed(0)} ms`,
      holds: told[figure] >= least && took <= ms,
    })
    return `| ${name} | ${told.instances} | ${told.f1} | ${told.precision} | ${told.recall} | ${told.hit} | ${took.toFixed(0)} | ${(1000 * told.secondsMax).toFixed(0)} |`
  })
  const head =
    '| set | tables | F1 | precision | recall | hit | median ms | max ms |\n|---|---|---|---|---|---|---|---|'
  return {
    title,
    command: `node ${score} ${folder}/SET [--top N] -- ${EPICENTER} localize [--kind measure | --candidates 3]`,
    text: [head, ...lines, '', 'Other seeds: `npm run bench -- localize`, in the chapter on localization.'].join('\n'),
    bars,
  }
}

export function quiet(context: Context): Part {
  const [services, days] = context.quick ? [20, 30] : [50, 90]
  const options = { services, days, seed: context.seed, falseAlarmsPerMonth: 1 }
  const play = (heard: 'people' | 'all', places: number, planted: boolean) =>
    context.store.unit(
      `quiet-${heard}-${places}-${planted ? 'planted' : 'calm'}-${services}-${days}-${context.seed}`,
      () => quietDays({ ...options, heard, places, planted }),
    )
  const told: Quiet = {
    asked: 1,
    people: play('people', 0, false),
    placed: play('people', PLACES, false),
    all: play('all', 0, false),
    planted: play('all', 0, true),
  }
  const { people, all, planted } = told
  const asked = askedOf(told)
  const off = people.falseIncidents / asked - 1
  return {
    title: 'Quiet days',
    command: `npm run bench -- quiet --services ${services} --days ${days} --seed ${context.seed}`,
    text: quietTable(told),
    bars: [
      {
        what: 'false incidents on quiet days, people alone',
        wanted: `${asked} ± 30 %`,
        got: `${people.falseIncidents} (${percent(off)})`,
        holds: Math.abs(off) <= 0.3,
      },
      {
        // Machines that see nothing fail speak against what people say: it would take wrong words to reach what was asked.
        what: 'false incidents on quiet days, with request counts',
        wanted: `≤ ${asked} + 30 %`,
        got: String(all.falseIncidents),
        holds: all.falseIncidents <= 1.3 * asked,
      },
      {
        what: 'planted 5 % outages caught',
        wanted: 'all',
        got: `${planted.caught} of ${planted.planted}`,
        holds: planted.caught === planted.planted,
      },
    ],
  }
}

export function cost(context: Context): Part {
  const title = 'Cost'
  if (context.quick)
    return skipped(title, 'asks for a machine of its own; see the chapters on ingest, replay and scale')
  const command = ['node', '--expose-gc', '--import', './scripts/ts.mjs', 'bench/detect/speed.ts']
  const text = context.store.unit('speed', () => output(command).out.trim())
  return {
    title,
    command: command.join(' '),
    text: `${text}\n\nThe engine as a whole: chapters on ingest, replay and scale.`,
    bars: [],
  }
}
