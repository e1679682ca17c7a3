// `npm run lab:crash`: one server with a folder of its own is ended, or hindered, at the calls to the system by which something becomes
// durable; it is started again, and what it leaves behind is compared with the play that nobody disturbed.
//
//   npm run lab:crash -- [--kills N] [--hindered N] [--seed S] [--only WORD]
//   npm run lab:crash -- --many [--schedules N] [--seed S]       (many.ts)
//   npm run lab:crash -- --single [--only WORD] [--seed S]       (single.ts)
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { sfc32 } from '../../src/core/stat/random.js'
import { streamOf } from '../../src/testing/stream.js'
import { Dice } from '../dice.js'
import { described, manyCampaign, whyNoServers } from './many.js'
import { differences, type EndState, Play, type Plan } from './play.js'
import { HINDRANCES, POINTS } from './points.js'
import { singleCampaign, singleSaid } from './single.js'

/** An hour with a failure that opens an incident, and its end. */
export function course(seed: number, minutes = 90): string[] {
  const signals = streamOf({
    service: 'chat',
    minutes,
    seed,
    reports: 2,
    requests: 40,
    cells: ['a', 'b'],
    faults: [{ from: minutes / 3, until: (2 * minutes) / 3, where: { cell: ['a'] }, bad: 0.6, reports: 10 }],
  })
  const push = {
    type: 'fact',
    via: 'change',
    service: 'chat',
    id: 'push',
    at: signals[0]!.at,
    kind: 'deploy',
    title: 'Push',
  }
  return [push, ...signals].map(each => JSON.stringify(each))
}

/** Why it cannot be played here, or null. */
export function whyNot(): string | null {
  const { error, status, stderr } = spawnSync('strace', ['-q', '-e', 'trace=none', 'true'], { encoding: 'utf8' })
  if (error) return 'strace is not here (on Debian: apt-get install strace)'
  return status === 0 ? null : `strace may not trace here: ${stderr.trim()}`
}

export interface Tried {
  name: string
  must: string
  /** What differs from the undisturbed play; none: it held. */
  wrong: string[]
  /** Whether the plan came to pass. */
  reached: boolean
}

async function played(
  lines: readonly string[],
  plan: Plan | null,
  wanted: EndState,
): Promise<{ wrong: string[]; ends: number }> {
  await using play = await Play.open(lines)
  try {
    return { wrong: differences(wanted, await play.run(plan)), ends: play.ends }
  } catch (error) {
    return { wrong: [(error as Error).message], ends: play.ends }
  }
}

/** Plays the course undisturbed, then once for each plan that is drawn; tells each as it is over. */
export async function campaign(
  { kills, hindered, seed, only = '' }: { kills: number; hindered: number; seed: number; only?: string },
  tell: (tried: Tried, index: number, of: number) => void = () => {},
): Promise<Tried[]> {
  const lines = course(seed)
  const dice = new Dice(sfc32(seed))
  await using calm = await Play.open(lines)
  const wanted = await calm.run({ do: 'count' })
  if (!wanted.incidents.includes('"resolved"')) throw new Error('the undisturbed play opens and ends no incident')
  const named = <T extends { name: string }>(all: readonly T[]) => all.filter(each => each.name.includes(only))
  const points = named(POINTS).flatMap(point => {
    const calls = calm.counted(point)
    return calls === 0 ? [] : [{ point, calls }]
  })
  const hindrances = named(HINDRANCES)
  const plans = [
    ...Array.from({ length: points.length > 0 ? kills : 0 }, (_, i) => {
      const { point, calls } = points[i % points.length]!
      const when = dice.whole([1, calls])
      return {
        name: `${point.name}, call ${when} of ${calls}`,
        must: point.must,
        plan: { do: 'kill', point, when } as Plan,
      }
    }),
    ...Array.from({ length: hindrances.length > 0 ? hindered : 0 }, (_, i) => {
      const what = hindrances[i % hindrances.length]!
      const when = what.calls > 1_000 ? 1 : dice.whole([1, calm.counted(what.point)])
      return { name: `${what.name}, from call ${when}`, must: what.must, plan: { do: 'hinder', what, when } as Plan }
    }),
  ]
  const done: Tried[] = []
  for (const { name, must, plan } of plans) {
    const { wrong, ends } = await played(lines, plan, wanted)
    done.push({ name, must, wrong, reached: plan.do !== 'kill' || ends > 0 })
    tell(done.at(-1)!, done.length, plans.length)
  }
  return done
}

async function runMany(seed: number, schedules: number): Promise<number> {
  const done = await manyCampaign({ schedules, seed }, (outcome, i) =>
    console.log(`${i + 1}/${schedules} ${described(outcome)}`),
  )
  const wrong = done.filter(each => each.wrong.length > 0)
  const longest = Math.max(...done.map(each => each.leaseFreeMs))
  console.log(
    `${done.length - wrong.length} of ${done.length} held; a lease was free for ${(longest / 1_000).toFixed(1)} s at most`,
  )
  return wrong.length > 0 ? 1 : 0
}

async function runSingle(seed: number, only?: string): Promise<number> {
  const { singles, lost } = await singleCampaign({ seed, ...(only ? { only } : {}) }, (single, i, of) =>
    console.log(`${i + 1}/${of} ${singleSaid(single)}`),
  )
  const wrong = singles.filter(each => each.wrong.length > 0)
  const oldest = Math.max(...singles.map(each => each.ageMs))
  console.log(
    `${singles.length - wrong.length} of ${singles.length} held; the page was ${(oldest / 1_000).toFixed(1)} s old at most; ${lost} signals lost`,
  )
  return wrong.length > 0 || lost !== 0 ? 1 : 0
}

if (import.meta.filename === process.argv[1]) {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '50' },
      hindered: { type: 'string', default: `${HINDRANCES.length}` },
      seed: { type: 'string', default: '1' },
      only: { type: 'string' },
      many: { type: 'boolean', default: false },
      single: { type: 'boolean', default: false },
      schedules: { type: 'string', default: '50' },
    },
  })
  if (values.many || values.single) {
    const lacksServers = whyNoServers()
    if (lacksServers !== null) {
      console.log(`skipped: ${lacksServers}`)
      process.exit(0)
    }
    const seed = Number(values.seed)
    process.exit(values.single ? await runSingle(seed, values.only) : await runMany(seed, Number(values.schedules)))
  }
  const lacks = whyNot()
  if (lacks !== null) {
    console.log(`skipped: ${lacks}`)
  } else {
    const counts = { kills: Number(values.kills), hindered: Number(values.hindered), seed: Number(values.seed) }
    const done = await campaign({ ...counts, ...(values.only ? { only: values.only } : {}) }, (tried, index, of) => {
      const how = !tried.reached
        ? 'not reached'
        : tried.wrong.length === 0
          ? 'held'
          : `WRONG: ${tried.wrong.join('; ')}`
      console.log(`${index}/${of} ${tried.name}: ${how}${tried.wrong.length > 0 ? ` (${tried.must})` : ''}`)
    })
    const reached = done.filter(each => each.reached)
    const wrong = reached.filter(each => each.wrong.length > 0)
    console.log(
      `${reached.length - wrong.length} of ${reached.length} held; ${done.length - reached.length} were not reached`,
    )
    process.exitCode = wrong.length > 0 ? 1 : 0
  }
}
