/**
 * Crowds and those who play one, at people's own door: which open a public incident on people's word alone, and how grave.
 *   npm run bench -- crowds (bench/crowds.ts) [--seeds 20] [--first 1000000]
 *
 * Where reports come from is drawn: networks with their shares, prefixes, allocations, with and without numbers of networks (ASN).
 * Each row is played through the whole fold, as many times as there are seeds; the rules were set on other seeds (1000 to 1010).
 */
import type { IncidentEvent } from '../src/contract/incident.js'
import { DAY, HOUR, MINUTE } from '../src/contract/time.js'
import { emptyOutcome, Fold } from '../src/core/fold/fold.js'
import { sfc32 } from '../src/core/stat/random.js'
import { CROWD_START, crowdStream, type CrowdStream, type Draw, HOLDINGS, PLACES } from '../src/testing/crowds.js'
import { report } from '../src/testing/stream.js'
import { option, setting, writePage } from './machine.js'

const seeds = option('seeds', 20)
const first = option('first', 1_000_000)

interface Played {
  /** Minutes after they came; null: no incident. */
  opened: number | null
  grave: boolean
}

function play(options: CrowdStream): Played {
  const fold = new Fold({ clock: 'signals', falseAlarmsPerMonth: 0.1, services: [] })
  const out = emptyOutcome()
  const signals = crowdStream(options)
  for (const signal of signals) fold.signal(signal, 1, out)
  fold.signal(report({ service: 'clock', at: signals.at(-1)!.at + 30 * MINUTE, id: 'end' }), 1, out)
  const start = CROWD_START + options.quietMs + (options.comes?.at(-1)?.after ?? 0) * MINUTE
  const minute = (e: IncidentEvent) => Math.round((Date.parse(e.at) - start) / MINUTE)
  const told = out.events.filter(e => minute(e) >= 0 && e.event !== 'resolved')
  const opened = told.find(e => e.event === 'opened' || e.event === 'reopened')
  return {
    opened: opened === undefined ? null : minute(opened),
    grave: opened !== undefined && told.some(e => e.severity !== 'minor'),
  }
}

type Made = Pick<CrowdStream, 'from' | 'usual' | 'comes'>
type Cell = { opened: number; grave: number; minutes: number[] }

function cell(quietMs: number, made: (random: ReturnType<typeof sfc32>) => Made): Cell {
  const out: Cell = { opened: 0, grave: 0, minutes: [] }
  for (let i = 0; i < seeds; i++) {
    const { opened, grave } = play({ seed: first + i, quietMs, ...made(sfc32(first + 5_000 + i)) })
    if (opened === null) continue
    out.opened++
    out.minutes.push(opened)
    if (grave) out.grave++
  }
  return out
}

const shown = ({ opened, grave, minutes }: Cell): string => {
  if (opened === 0) return `0 of ${seeds}`
  const median = minutes.sort((a, b) => a - b)[Math.floor(minutes.length / 2)]
  return `${opened} of ${seeds}, after ${median} min${grave > 0 ? `, ${grave} major` : ''}`
}

const HISTORY = [
  ['6 h', 6 * HOUR],
  ['2 days', 2 * DAY],
  ['8 days', 8 * DAY],
] as const
const row = (name: string, made: Parameters<typeof cell>[1]) => {
  const cells = HISTORY.map(([, ms]) => shown(cell(ms, made)))
  process.stderr.write(`${name}: ${cells.join(' · ')}\n`)
  return `| ${name} | ${cells.join(' | ')} |`
}
const head = (what: string) =>
  `| ${what} | ${HISTORY.map(([name]) => `after ${name}`).join(' | ')} |\n| --- | --- | --- | --- |`

type Holding = (random: ReturnType<typeof sfc32>) => Draw
const HOLDERS: [name: string, holds: Holding][] = [
  ['three /24 of one /16', HOLDINGS.threePrefixes],
  ['one /16', HOLDINGS.slash16],
  ['one /13', HOLDINGS.slash13],
  ['one IPv6 /32', HOLDINGS.slash32],
  ['one IPv6 /29', HOLDINGS.slash29],
  ['two numbered networks', HOLDINGS.twoNumbers],
  ['five networks that lie apart', HOLDINGS.fiveNetworks],
  ['200 homes in 200 networks', HOLDINGS.botnet200],
]

const attacks = HOLDERS.flatMap(([name, holds]) =>
  (
    [
      ['6 in 5 min', 6, 5, 0.2],
      ['1,000 in 15 min', 1_000, 15, 0.2],
      ['1,000 in 15 min, busy', 1_000, 15, 3],
      ['500 in 10 h', 500, 600, 0.2],
    ] as const
  ).map(([how, people, minutes, usual]) =>
    row(`${name}: ${how}`, random => ({
      from: PLACES.country(random, true),
      usual,
      comes: [{ from: holds(random), people, minutes }],
    })),
  ),
)
const games = [
  row('nobody: the quiet alone', random => ({
    from: PLACES.country(random, true),
    usual: 0.2,
    comes: [{ from: PLACES.country(random, true), people: 0, minutes: 600 }],
  })),
  row('one /16, an hour after a real outage: 1,000 in 15 min', random => {
    const from = PLACES.country(random, false)
    return {
      from,
      usual: 0.5,
      comes: [
        { from, people: 200, minutes: 20 },
        { from: HOLDINGS.slash16(random), people: 1_000, minutes: 15, after: 90 },
      ],
    }
  }),
  row('one IPv6 /32: 40 who say that they see others’ chats', random => ({
    from: PLACES.country(random, false),
    usual: 3,
    comes: [
      {
        from: HOLDINGS.slash32(random),
        people: 40,
        minutes: 60,
        text: (i: number) => `I can see somebody else's chats ${i}`,
      },
    ],
  })),
]
const crowds = (
  [
    ['a country', PLACES.country],
    ['the world', PLACES.world],
    ['a university, 80 % in one /16', PLACES.university],
    ['a country of two networks (95 %)', PLACES.twoNetworks],
    ['one carrier in one IPv6 /32', PLACES.oneCarrier6],
  ] as const
).flatMap(([name, place]) =>
  (
    [
      [30, 0.2],
      [100, 0.5],
      [1_000, 3],
    ] as const
  ).map(([people, usual], i) =>
    row(`${name}: ${people} people`, random => {
      const from = place(random, i === 1)
      return { from, usual, comes: [{ from, people, minutes: 15 }] }
    }),
  ),
)

writePage(
  'crowds',
  `# Crowds, and those who play one

Reports through people's own door alone, no machine beside them: how many of ${seeds} draws open a public incident, after how
many minutes (median), and how many of those are told as major. Quiet hours or days before it come from the same place at 0.2,
0.5 or 3 reports a minute; crowds come within 15 minutes. Seeds from ${first}; the rules were set on others.

One party, which forges names, browsers, texts and times as it likes:

${head('who, and what comes')}
${[...attacks, ...games].join('\n')}

Real people:

${head('who')}
${crowds.join('\n')}

A crowd behind one network, or two, is believed once that network is familiar: reports from four prefixes and more on a day, on
five quiet days, and a twentieth of all. Before that nothing tells it from one party that holds the network. Homes in many
networks cannot be told from people; they are told as minor where the service knows where its people usually are, as far as
those are elsewhere.

${setting('npm run bench -- crowds')}`,
)
