import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { LogEntry } from '../../contract/ports.js'
import { realEnv } from '../../shell/env.js'
import { DataFolder, files } from '../../shell/folder/data-folder.js'
import { openLog, USUAL } from '../../shell/keep.js'

/** Kinds of entries that hold signals as they came. */
const WITH_SIGNALS: ReadonlySet<LogEntry['kind']> = new Set(['signals', 'held'])
/** Bytes of a name that names nobody. */
const NOBODY_BYTES = 8

/** Resolves with the exit code. */
export async function runErase(reporter: string, data: string): Promise<number> {
  try {
    const { log: file } = files(data)
    if (!existsSync(file)) throw new Error(`there is no ${file}`)
    const env = realEnv()
    using _ = await DataFolder.take(data, env, { what: 'erase' })
    await using log = await openLog(USUAL, env, { file })
    if (!log.rewrite) throw new Error('this log cannot be rewritten')
    // One name for all of theirs: who counted once still does.
    const nobody = `erased-${randomBytes(NOBODY_BYTES).toString('hex')}`
    let signals = 0
    await log.rewrite(({ kind, body }) => {
      const text = Buffer.from(body).toString()
      if (!WITH_SIGNALS.has(kind) || !text.includes(JSON.stringify(reporter))) return null
      let changed = 0
      const lines = text.split('\n').map(line => {
        const without = erased(line, reporter, nobody)
        if (without !== null) changed++
        return without ?? line
      })
      signals += changed
      return changed === 0 ? null : Buffer.from(lines.join('\n'))
    })
    process.stdout.write(`${signals} signals no longer say who they are from, nor what they wrote\n`)
    return 0
  } catch (error) {
    process.stderr.write(`epicenter erase: ${(error as Error).message}\n`)
    return 1
  }
}

/** The line as somebody's who is nobody; null where it is not theirs. */
function erased(line: string, reporter: string, nobody: string): string | null {
  if (line.trim() === '') return null
  const signal = JSON.parse(line) as Record<string, unknown>
  const own = (['reporter', 'author'] as const).filter(name => signal[name] === reporter)
  if (own.length === 0) return null
  const { text: _, ...rest } = signal
  return JSON.stringify({ ...rest, ...Object.fromEntries(own.map(name => [name, nobody])) })
}
