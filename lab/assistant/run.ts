// The assistant that really breaks, with Epicenter beside it:
//   npm run assistant -- play founding [--short] [--seed S] [--outside] [--twin] [--write FILE]
import { parseArgs } from 'node:util'
import { FAULTS, faultNamed } from './faults.js'
import { FULL, playOnce, SHORT } from './play.js'

const HELP = `npm run assistant -- play NAME [--short] [--seed S] [--outside] [--twin] [--write FILE]

Faults:
${FAULTS.map(({ name, title }) => `  ${name.padEnd(10)} ${title}`).join('\n')}`

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      short: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      outside: { type: 'boolean', default: false },
      twin: { type: 'boolean', default: false },
      write: { type: 'string' },
    },
  })
  const [verb, name = 'founding'] = positionals
  const fault = faultNamed(name)
  if (verb !== 'play' || fault === undefined) {
    console.log(HELP)
    process.exitCode = verb === undefined || verb === 'help' ? 0 : 2
    return
  }
  let stopped = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => (stopped = true))
  const { seed, outside, twin, write, short } = values
  const how = { twin, stop: () => stopped, ...(write === undefined ? {} : { write }) }
  const played = await playOnce(fault, short ? SHORT : FULL, { seed: Number(seed), outside }, how)
  console.log(played.text)
}

await main()
