// `npm run mutants`: plants each bug of list.ts in a copy of the sources and runs the tests that must notice. A bug that no test
// notices lives, and ends this with 1.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MUTANTS, type Mutant } from './list.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const only = process.argv.slice(2).join(' ').toLowerCase()
/** Beside the sources, what their tests read. */
const COPIED = [
  'src',
  'lab',
  'bench',
  'bin',
  'scripts',
  'scenarios',
  'catalogue',
  'docs',
  'package.json',
  'package-lock.json',
]
const CONFIGS = ['vitest.config.ts', 'tsconfig.json', 'tsconfig.base.json', 'CHANGELOG.md', 'README.md', 'DESIGN.md']

interface Ran {
  passed: number
  failed: number
  /** The first test that failed. */
  first: string
}

/** Runs test files in a folder. A file that cannot even be read counts as nothing: it noticed no wrong behaviour. */
function run(folder: string, files: readonly string[]): Ran {
  const report = join(folder, 'report.json')
  rmSync(report, { force: true })
  spawnSync(join(root, 'node_modules/.bin/vitest'), ['run', '--reporter=json', `--outputFile=${report}`, ...files], {
    cwd: folder,
    stdio: 'ignore',
    env: { ...process.env, CI: '' },
  })
  if (!existsSync(report)) return { passed: 0, failed: 0, first: '' }
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    numPassedTests: number
    numFailedTests: number
    testResults: { assertionResults: { status: string; fullName: string }[] }[]
  }
  const failed = testResults.flatMap(each => each.assertionResults).find(each => each.status === 'failed')
  return { passed: numPassedTests, failed: numFailedTests, first: failed?.fullName ?? '' }
}

function plant(folder: string, { file, from, to }: Mutant): () => void {
  const path = join(folder, file)
  const before = readFileSync(path, 'utf8')
  writeFileSync(
    path,
    before.replace(from, () => to),
  )
  return () => writeFileSync(path, before)
}

const folder = mkdtempSync(join(tmpdir(), 'epicenter-mutants-'))
try {
  for (const path of [...COPIED, ...CONFIGS]) cpSync(join(root, path), join(folder, path), { recursive: true })
  for (const path of ['node_modules', 'dist']) symlinkSync(join(root, path), join(folder, path))
  const chosen = Object.entries(MUTANTS).flatMap(([about, mutants]) => mutants.map(each => ({ about, ...each })))
  const mutants = chosen.filter(each => only === '' || `${each.file} ${each.says}`.toLowerCase().includes(only))
  const sound = run(folder, [...new Set(mutants.flatMap(each => each.caughtBy))])
  if (sound.failed > 0 || sound.passed === 0) {
    console.log(
      `without a bug ${sound.passed} tests pass and ${sound.failed} fail (${sound.first}): nothing can be learnt`,
    )
    process.exitCode = 1
  } else {
    console.log(`${mutants.length} bugs; without any ${sound.passed} tests pass`)
    const alive: string[] = []
    for (const [index, mutant] of mutants.entries()) {
      const undo = plant(folder, mutant)
      const { failed, first } = run(folder, mutant.caughtBy)
      undo()
      if (failed === 0) alive.push(`${mutant.file}: ${mutant.says}`)
      const how = failed === 0 ? 'LIVES' : `caught by "${first}"${failed > 1 ? ` and ${failed - 1} more` : ''}`
      console.log(`${index + 1}/${mutants.length} ${mutant.about} · ${mutant.file}: ${mutant.says}: ${how}`)
    }
    console.log(`${mutants.length - alive.length} of ${mutants.length} caught`)
    for (const each of alive) console.log(`  lives: ${each}`)
    process.exitCode = alive.length > 0 ? 1 : 0
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
