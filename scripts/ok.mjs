// The one gate: format, lint, types, architecture, tests, doc examples. Stops at the first step that fails.
//
//   npm run ok                 everything
//   npm run ok -- lint types   only these steps
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bin = name => join(root, 'node_modules', '.bin', name)
const scratch = mkdtempSync(join(tmpdir(), 'epicenter-ok-'))

/** The projects of vitest.config.ts: two are steps of their own. */
const vitest = (name, ...projects) => ({
  name,
  report: join(scratch, `${name.replaceAll(' ', '-')}.json`),
  get command() {
    const named = projects.map(each => `--project=${each}`)
    return [bin('vitest'), 'run', ...named, '--reporter=default', '--reporter=json', `--outputFile.json=${this.report}`]
  },
})

const steps = [
  { name: 'build', command: [process.execPath, 'scripts/build.mjs', '--if-stale'] },
  { name: 'format', command: [bin('biome'), 'format', '.'] },
  { name: 'lint', command: [bin('oxlint'), '--deny-warnings'] },
  { name: 'types', command: [bin('tsc'), '-p', 'tsconfig.json'] },
  { name: 'core types', command: [bin('tsc'), '-p', 'tsconfig.core.json'] },
  vitest('arch', 'arch'),
  vitest('tests', 'together', 'alone'),
  vitest('doc examples', 'examples'),
]

function run([command, ...args]) {
  return new Promise(resolve => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    })
    let output = ''
    child.stdout.on('data', chunk => (output += chunk))
    child.stderr.on('data', chunk => (output += chunk))
    child.on('error', error => resolve({ code: 1, output: `${command}: ${error.message}` }))
    child.on('close', (code, signal) =>
      resolve({ code: code ?? 1, output: signal ? `${output}\nended by ${signal}` : output }),
    )
  })
}

/** Passed, failed and skipped tests of one vitest report. A file that did not even load counts as one failure. */
function countsOf(report) {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(readFileSync(report, 'utf8'))
    const broken = testResults.filter(
      file => file.status === 'failed' && !file.assertionResults.some(test => test.status === 'failed'),
    )
    return { passed: numPassedTests, failed: numFailedTests + broken.length, skipped: numPendingTests }
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
}

/** Without colours, and without the ends of endless lines: a page of HTML in a failed comparison is one. */
const shortened = output =>
  output
    .trim()
    .replace(/\u001b\[[\d;]*m/g, '')
    .split('\n')
    .map(line => (line.length > 500 ? `${line.slice(0, 500)} … (${line.length} characters)` : line))
    .join('\n')

const only = process.argv.slice(2)
const unknown = only.filter(name => !steps.some(step => step.name === name))
if (unknown.length > 0) {
  console.error(`no such step: ${unknown.join(', ')}; steps: ${steps.map(step => step.name).join(', ')}`)
  process.exit(64)
}

const total = { passed: 0, failed: 0, skipped: 0 }
let tested = false
let failedStep
for (const step of steps) {
  if (only.length > 0 && !only.includes(step.name)) continue
  const startedAt = performance.now()
  const { code, output } = await run(step.command)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  let detail = ''
  if (step.report) {
    const counts = countsOf(step.report)
    tested = true
    for (const key of Object.keys(total)) total[key] += counts[key]
    detail = `  ${counts.passed} tests${counts.skipped ? `, ${counts.skipped} skipped` : ''}`
  }
  if (code !== 0) console.log(`\n${shortened(output)}\n`)
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'}  ${step.name.padEnd(12)} ${seconds.padStart(6)} s${detail}`)
  if (code !== 0) {
    failedStep = step.name
    process.exitCode = 1
    break
  }
}
rmSync(scratch, { recursive: true, force: true })
if (failedStep) console.log(`\nstopped at: ${failedStep}`)
if (total.skipped > 0) console.log(`${total.skipped} skipped`)
if (tested) console.log(`${total.passed} passed, ${total.failed} failed`)
