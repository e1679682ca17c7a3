import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What a measurement depends on: a commit that touches none of these changes no figure. */
const JUDGED = ['src/contract', 'src/core', 'src/scenario', 'src/cli', 'src/shell', 'lab', 'bench', 'scenarios']
const OUTPUT_MAX_BYTES = 1 << 29

export const root = fileURLToPath(new URL('../..', import.meta.url))

interface Kept<T> {
  commit: string
  at: string
  seconds: number
  result: T
}

/** Measurements already made, one JSON file each, valid for the commit they were made at. */
export class Store {
  readonly commit: string
  /** Commits of what was taken over, for the page. */
  readonly used = new Set<string>()
  measured = 0
  reused = 0

  /** With `anyCommit` what other commits measured is taken over too. */
  constructor(
    private readonly folder: string,
    private readonly anyCommit: boolean,
  ) {
    mkdirSync(folder, { recursive: true })
    const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
    const dirty = git('status', '--porcelain', '--untracked-files=no', '--', ...JUDGED.slice(0, 4)) !== ''
    this.commit = `${git('log', '-1', '--format=%h', '--', ...JUDGED)}${dirty ? ' with changes' : ''}`
  }

  /** The result kept under this name, or measured now and kept. */
  unit<T>(name: string, measure: () => T): T {
    const path = join(this.folder, `${name.replace(/[^\w.=+-]+/g, '_')}.json`)
    const kept = this.read<T>(path)
    if (kept !== null) {
      this.reused++
      this.used.add(kept.commit)
      return kept.result
    }
    const began = performance.now()
    const result = measure()
    const seconds = Math.round((performance.now() - began) / 100) / 10
    const entry: Kept<T> = { commit: this.commit, at: new Date().toISOString(), seconds, result }
    // Written aside first: a run that is ended leaves no half of a file.
    writeFileSync(`${path}.part`, JSON.stringify(entry))
    renameSync(`${path}.part`, path)
    this.measured++
    this.used.add(this.commit)
    process.stderr.write(`${name}: ${seconds} s\n`)
    return result
  }

  private read<T>(path: string): Kept<T> | null {
    try {
      const kept = JSON.parse(readFileSync(path, 'utf8')) as Kept<T>
      return this.anyCommit || kept.commit === this.commit ? kept : null
    } catch {
      return null
    }
  }
}

/** Runs a program to its end and returns what it printed; throws when it could not run or, unless told otherwise, failed. */
export function output(command: readonly string[], input = '', mayFail = false): { out: string; err: string } {
  const { status, stdout, stderr, error } = spawnSync(command[0]!, command.slice(1), {
    cwd: root,
    input,
    encoding: 'utf8',
    maxBuffer: OUTPUT_MAX_BYTES,
  })
  if (error !== undefined) throw new Error(`cannot run ${command.join(' ')}`, { cause: error })
  if (status !== 0 && !mayFail) throw new Error(`${command.join(' ')} ended with ${status}: ${stderr.slice(0, 500)}`)
  return { out: stdout, err: stderr }
}
