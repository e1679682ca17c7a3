/**
 * Observations a second that `epicenter replay` takes on one core, parsing and engine included.
 *   npm run bench -- replay (bench/replay.ts) [--signals 1000000] [--seed 1] [--runs 3] [--file FILE]
 *
 * Writes a seeded file (or takes one), then runs the built command line on it, pinned to one core where taskset exists.
 */
import { spawnSync } from 'node:child_process'
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { lines } from './load.js'
import { grouped, option, setting, writePage } from './machine.js'

const fileAt = process.argv.indexOf('--file')
const given = fileAt < 0 ? null : process.argv[fileAt + 1]!
const signals = option('signals', 1_000_000)
const seed = option('seed', 1)
const runs = option('runs', 3)

const scratch = mkdtempSync(join(tmpdir(), 'epicenter-replay-'))
const file = given ?? join(scratch, 'signals.ndjson')
if (given === null) {
  const out = createWriteStream(file)
  let block = ''
  for (const line of lines(signals, seed)) {
    block += line
    if (block.length > 1 << 20) {
      if (!out.write(block)) await once(out, 'drain')
      block = ''
    }
  }
  out.end(block)
  await once(out, 'finish')
}
const count = given === null ? signals : readFileSync(given, 'utf8').split('\n').filter(Boolean).length
const pinned = spawnSync('taskset', ['--version']).status === 0
/** Processor time of all its threads: what one core would take, also when others use the machine. */
const TELL_CPU =
  'data:text/javascript,process.on("exit",()=>{const{user,system}=process.cpuUsage();process.stderr.write("cpu="+(user+system))})'
const rows: string[] = []
const rates: number[] = []
for (let run = 1; run <= runs; run++) {
  const started = performance.now()
  const command = [
    ...(pinned ? ['taskset', '-c', '0'] : []),
    '/usr/bin/env',
    'node',
    '--import',
    TELL_CPU,
    'dist/cli/main.js',
    'replay',
    '--quiet',
    file,
  ]
  const { status, stderr, stdout } = spawnSync(command[0]!, command.slice(1), { maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(`replay ended with ${status}: ${stderr.toString().slice(0, 500)}`)
  const ms = performance.now() - started
  const cpuMs = Number(/cpu=(\d+)/.exec(stderr.toString())?.[1]) / 1000
  rates.push((count / cpuMs) * 1000)
  rows.push(
    `| ${run} | ${(ms / 1000).toFixed(2)} s | ${grouped((count / ms) * 1000)} | ${(cpuMs / 1000).toFixed(2)} s | ${grouped((count / cpuMs) * 1000)} | ${stdout.toString().split('\n').length - 1} |`,
  )
}
rmSync(scratch, { recursive: true })

writePage(
  'replay',
  `# Replay

${grouped(count)} observations, seed ${seed}, ${pinned ? 'one core (taskset)' : 'not pinned: no taskset here'}; start-up, parsing, checks, de-duplication and engine included.

| run | time | observations a second | processor time | observations a second of it | events |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

Wanted: 150,000 a second on one core. Median of processor time: **${grouped(rates.sort((a, b) => a - b)[runs >> 1]!)}**.

${setting(`npm run bench -- ${['replay', ...process.argv.slice(2)].join(' ')}`)}`,
)
