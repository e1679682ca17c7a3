import { load } from '../../shell/config/load.js'
import { realEnv } from '../../shell/env.js'
import { type Trial, tryUses } from '../../shell/running/trial.js'
import { judgedLines, signalsIn } from '../../shell/running/judged.js'

/** Opens what a configuration names, reads once, and says what came of each; resolves with the exit code. */
export async function runTry(file: string, seconds: number): Promise<number> {
  const { config } = await load(file, process.env)
  if (config === null) return 2
  const env = { ...realEnv(), log: () => {} }
  const trials = await tryUses(config, env, seconds)
  const base = `http://${config.host}:${config.port}`
  for (const trial of trials) {
    const to = trial.outcome === 'failed' ? process.stderr : process.stdout
    to.write(`${linesOf(trial, base, seconds).join('\n')}\n`)
  }
  if (trials.length === 0) process.stdout.write(`${file}: there is nothing to try\n`)
  return trials.some(({ outcome }) => outcome === 'failed') ? 1 : 0
}

function linesOf({ kind, id, outcome, why, judged, pasts }: Trial, base: string, seconds: number): string[] {
  const head = `${kind} ${id}: ${outcome}`
  if (outcome === 'failed') return [`${head}: ${why}`, ...(judged === null ? [] : judgedLines(judged))]
  if (kind === 'receiver' || (kind === 'probe' && outcome === 'waits'))
    return [`${head}: for what is posted to ${base}/in/${id}`]
  if (kind === 'notifier') return [`${head}: for an incident; nobody was told`]
  if (kind === 'probe') return [`${head}: ${why}`]
  if (judged === null) return [`${head}: it can be read, and said nothing within ${seconds} s`]
  const past = pasts === 0 ? [] : [`  ${pasts} ${pasts === 1 ? 'past' : 'pasts'} to learn from`]
  return [`${head}: ${signalsIn(judged)}`, ...judgedLines(judged), ...past]
}
