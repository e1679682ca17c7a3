// The assistant that really breaks, with Epicenter beside it. See HELP.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { campaign, rejudge } from './campaign.js'
import { CONTROL_PORT } from './control.js'
import { FAULTS, faultNamed } from './faults.js'
import { film } from './film.js'
import { judge, report } from './judge.js'
import { sleep } from './net.js'
import { FULL, OUTSIDE, playOnce, SHORT } from './play.js'
import { playedAs, replayed } from './recorded.js'
import { Truth } from './truth.js'
import { tell, up } from './up.js'
import { USUAL, World, type WorldOptions } from './world.js'

const HELP = `npm run assistant                          runs it, with a page to break it
npm run assistant -- break NAME | mend | state   tells the one that runs
npm run assistant -- play NAME [--short] [--seed S] [--outside] [--twin] [--write FILE] [--film FILE]
                                           [--record FOLDER] [--anonymous]
                                           plays one fault from its start to its end (15 minutes, or 5) and judges it;
                                           --anonymous: probes ask without a plan
npm run assistant -- campaign [NAME…] [--seeds N] [--twins] [--record FOLDER]
                                           plays what is not yet in bench/results/assistant.jsonl
npm run assistant -- rejudge FOLDER        judges a campaign's recordings anew
npm run assistant -- replay NAME [FOLDER] [--film FILE]
                                           folds a recorded log anew and says whether that decides what was decided live
npm run assistant -- calm [--minutes N]    measures what is usual (lab/assistant/calm.json)

Options: --port P (Epicenter, 8080), --control P (${CONTROL_PORT}), --rate R (wishes a second), --users N

Faults:
${FAULTS.map(({ name, title }) => `  ${name.padEnd(10)} ${title}`).join('\n')}`

const OPTIONS = {
  short: { type: 'boolean', default: false },
  seed: { type: 'string', default: '1' },
  seeds: { type: 'string', default: '2' },
  twins: { type: 'boolean', default: false },
  outside: { type: 'boolean', default: false },
  twin: { type: 'boolean', default: false },
  write: { type: 'string' },
  film: { type: 'string' },
  anonymous: { type: 'boolean', default: false },
  record: { type: 'string' },
  minutes: { type: 'string', default: '5' },
  port: { type: 'string', default: '8080' },
  control: { type: 'string', default: String(CONTROL_PORT) },
  rate: { type: 'string', default: String(USUAL.rate) },
  users: { type: 'string', default: String(USUAL.users) },
} as const

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: OPTIONS })
  const [verb = 'up', ...names] = positionals
  const [name = 'founding'] = names
  const size = {
    seed: Number(values.seed),
    rate: Number(values.rate),
    users: Number(values.users),
    outside: values.outside,
    anonymous: values.anonymous,
  }
  const at = Number(values.control)
  switch (verb) {
    case 'up':
      await up({ ...size, port: Number(values.port) }, at)
      return 0
    case 'break':
    case 'mend':
    case 'state':
      return tell(verb === 'break' ? `/break/${encodeURIComponent(name)}` : `/${verb}`, at)
    case 'campaign':
      await campaign(names, Number(values.seeds), values.twins, values.record)
      return 0
    case 'rejudge':
      rejudge(names[0] ?? '.')
      return 0
    case 'replay':
      return replay(names[1] ?? KEPT, name, values.film)
    case 'calm':
      await calm(Number(values.minutes))
      return 0
    case 'play':
      return play(name, size, values)
    default:
      console.log(HELP)
      return verb === 'help' ? 0 : 2
  }
}

async function play(
  name: string,
  size: Pick<WorldOptions, 'seed' | 'rate' | 'users' | 'outside' | 'anonymous'>,
  {
    twin,
    write,
    film,
    record,
    short,
  }: { twin: boolean; write?: string; film?: string; record?: string; short: boolean },
): Promise<number> {
  const fault = faultNamed(name)
  if (fault === undefined) {
    console.error(`no such fault: ${name}; there are ${FAULTS.map(each => each.name).join(', ')}`)
    return 2
  }
  let stopped = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => (stopped = true))
  const how = {
    twin,
    stop: () => stopped,
    ...(write === undefined ? {} : { write }),
    ...(film === undefined ? {} : { film }),
    ...(record === undefined ? {} : { record }),
  }
  const { text } = await playOnce(fault, short ? (size.outside ? OUTSIDE : SHORT) : FULL, size, how)
  console.log(text)
  return 0
}

/** Recordings that the tests replay. */
const KEPT = fileURLToPath(new URL('recordings', import.meta.url))

async function replay(folder: string, name: string, picture?: string): Promise<number> {
  const { live, now, recording } = await replayed(folder, name)
  const isSame = JSON.stringify(live) === JSON.stringify(now)
  console.log(`${live.length} events live, ${now.length} replayed: ${isSame ? 'the same' : 'NOT THE SAME'}`)
  const play = { ...recording.play, fault: playedAs(name) }
  const truth = Truth.from(recording.truth)
  console.log(report(judge(truth, play, now), play))
  if (picture !== undefined) writeFileSync(picture, film(truth, play, now))
  return isSame ? 0 : 1
}

/** Minutes of a run in which nothing is broken; the first and the last, which are not whole, are left out. */
async function calm(minutes: number): Promise<void> {
  const world = await World.open({ ...USUAL, teach: false })
  try {
    await sleep((minutes + 1.5) * 60_000)
    const measured = world.truth.minutes().slice(1, -1)
    const rows = measured.map(({ total, bad }) => ({ total, bad }))
    writeFileSync(new URL('calm.json', import.meta.url), `${JSON.stringify({ rate: USUAL.rate, minutes: rows })}\n`)
    console.log(rows)
  } finally {
    await world.stop()
  }
}

process.exitCode = await main()
