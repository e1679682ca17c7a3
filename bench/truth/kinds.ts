import { drawKind, FAMILIES } from '../../lab/kinds.js'
import { worseWithMore } from '../../lab/metamorphic.js'
import { runOnce } from '../../lab/run.js'
import { parseScenario } from '../../src/scenario/scenario.js'
import { type Bar, type Context, type Part, percent } from './context.js'
import { MODES } from './modes.js'

/** Kinds of courses, the tuned ones beside those that are kept for judging, and whether more evidence ever made an answer worse. */

const HALVES = ['tuned', 'kept'] as const
type Half = (typeof HALVES)[number]

interface Kind {
  half: Half
  family: string
  /** By mode: what did not hold. */
  failures: Record<string, string[]>
  worse: string[]
}

/** The least part that holds of the kept ones, and how far they may lie behind the tuned. */
const KEPT_LEAST = 0.9
const GAP_MOST = 0.05

export function kinds(context: Context): Part {
  const count = context.quick ? 1 : 5
  const all = HALVES.flatMap(half =>
    Object.entries(FAMILIES[half]).flatMap(([family, drawn]) =>
      Array.from({ length: count }, (_, i) => {
        const seed = context.seed * 1_000_003 + i
        return context.store.unit(`kind-${half}-${family}-${seed}`, (): Kind => {
          const scenario = parseScenario(drawKind(family, drawn, seed))
          const played = MODES.map(({ name, only, ask }) => {
            const options = only === null ? {} : { only }
            return { name, verdict: runOnce(scenario, options, ask).verdict }
          })
          // With all asked, as severity, place and cause are held against each other; of all signals everything was asked already.
          const thin = runOnce(scenario, { only: MODES[1]!.only! }).verdict
          return {
            half,
            family,
            failures: Object.fromEntries(played.map(({ name, verdict }) => [name, verdict.failures])),
            worse: worseWithMore(scenario, played[0]!.verdict, thin),
          }
        })
      }),
    ),
  )
  return {
    title: 'Kinds of courses',
    command: 'npm run lab -- --kinds tuned|kept --worlds 5',
    text: tableOf(all),
    bars: barsOf(all),
  }
}

/** Part of the plays in which every expectation holds. */
function holds(all: readonly Kind[], mode: string, is: (kind: Kind) => boolean): number {
  const some = all.filter(is)
  return some.filter(kind => kind.failures[mode]!.length === 0).length / Math.max(1, some.length)
}

function barsOf(all: readonly Kind[]): Bar[] {
  const bars = MODES.flatMap(({ name }): Bar[] => {
    const [tuned, kept] = HALVES.map(half => holds(all, name, kind => kind.half === half))
    const [lag, got] = [tuned! - kept!, `${percent(tuned!)} tuned, ${percent(kept!)} kept`]
    return [
      {
        what: `kinds of courses, ${name}`,
        wanted: 'kept ≥ 90 %, at most 5 points behind the tuned',
        got: `${got}, ${(100 * lag).toFixed(0)} points apart`,
        holds: kept! >= KEPT_LEAST && lag <= GAP_MOST,
      },
    ]
  })
  const worse = all.filter(kind => kind.worse.length > 0).length
  return [
    ...bars,
    {
      what: 'more evidence made an answer worse',
      wanted: 'never',
      got: `${worse} of ${all.length}`,
      holds: worse === 0,
    },
  ]
}

/** Of kept kinds only how many hold: whoever reads why has looked. */
function tableOf(all: readonly Kind[]): string {
  const families = [...new Set(all.map(kind => kind.family))]
  const row = (family: string): string => {
    const some = all.filter(kind => kind.family === family)
    const of = (mode: string) => `${some.filter(kind => kind.failures[mode]!.length === 0).length} of ${some.length}`
    return `| ${family} | ${some[0]!.half} | ${MODES.map(({ name }) => of(name)).join(' | ')} | ${some.filter(kind => kind.worse.length > 0).length} |`
  }
  const told = all.filter(kind => kind.half === 'tuned')
  const why = told.flatMap(kind => [
    ...Object.entries(kind.failures).flatMap(([mode, some]) => some.map(one => `${kind.family}, ${mode}: ${one}`)),
    ...kind.worse.map(one => `${kind.family}: ${one}`),
  ])
  return [
    `| course | half | ${MODES.map(({ name }) => name).join(' | ')} | worse with more |`,
    '|---|---|---|---|---|---|',
    ...families.map(row),
    ...(why.length === 0 ? [] : ['', 'What did not hold of the tuned ones:', '', ...why.map(one => `- ${one}`)]),
  ].join('\n')
}
