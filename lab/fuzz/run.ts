// `npm run fuzz -- [--minutes 30] [--seed 1] [--target NAME] [--runs N]`: everything that reads what others wrote, by turns, until
// the time is up. Ends with 1 where something crashed, hung, or told two things of the same.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Ran, Round } from './round.js'
import { TARGETS } from './round.js'

const MINUTE = 60_000
/** Of one target before the next has its turn. */
const TURN_MS = 20_000
/** A case that says nothing for so long hangs: the longest of them takes a second. */
const SILENCE_MS = 3 * MINUTE

interface Played extends Ran {
  /** How it ended, where it did not end by itself. */
  broken: string | null
}

function play(round: Round): Promise<Played> {
  return new Promise(resolve => {
    const child = fork(fileURLToPath(new URL('child.ts', import.meta.url)), [JSON.stringify(round)])
    let [cases, result, silent] = [0, null as Ran | null, false]
    let timer: NodeJS.Timeout
    const listen = () => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        silent = true
        child.kill('SIGKILL')
      }, SILENCE_MS)
    }
    listen()
    child.on('message', (said: { cases: number } | Ran) => {
      listen()
      if ('failure' in said) result = said
      else ({ cases } = said)
    })
    child.on('exit', (code, signal) => {
      clearTimeout(timer)
      const why = silent ? `hangs in case ${cases} or soon after` : `ended with ${signal ?? code} after case ${cases}`
      resolve(result === null ? { cases, failure: null, broken: why } : { ...result, broken: null })
    })
  })
}

const given = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : Number(process.argv[at + 1])
}
const [minutes, seed, runs] = [given('minutes', 30), given('seed', 1), given('runs', 1_000_000)]
const at = process.argv.indexOf('--target')
const targets = TARGETS.filter(({ name }) => at < 0 || process.argv[at + 1] === name)
if (targets.length === 0) throw new Error(`--target is one of ${TARGETS.map(each => each.name).join(', ')}`)

const counts = new Map<string, number>(targets.map(each => [each.name, 0]))
const failed = new Set<string>()
const until = performance.now() + minutes * MINUTE
for (let turn = 0; performance.now() < until && failed.size < targets.length; turn++)
  for (const { name } of targets) {
    const forMs = Math.min(TURN_MS, until - performance.now())
    // One that failed is looked at by a person; the others go on.
    if (forMs <= 0 || failed.has(name)) continue
    const round = { target: name, seed: seed + turn, runs, forMs }
    const { cases, failure, broken } = await play(round)
    counts.set(name, counts.get(name)! + cases)
    console.log(`${name.padEnd(14)} seed ${round.seed}: ${cases} cases`)
    if (failure === null && broken === null) continue
    failed.add(name)
    console.log(`${broken ?? failure}\nAgain: npm run fuzz -- --target ${name} --seed ${round.seed}\n`)
  }
for (const { name, about } of targets)
  console.log(`${String(counts.get(name)).padStart(9)}  ${failed.has(name) ? 'FAILED  ' : ''}${name}: ${about}`)
process.exitCode = failed.size === 0 ? 0 : 1
