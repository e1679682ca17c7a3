import { MINUTE } from '../../contract/time.js'
import { ask } from '../ask.js'
import type { LearnOptions } from './command.js'
import { type PastReject, type PastRow, readPastFile } from './file.js'

/** Bad rows told one by one; more are only counted. */
const BAD_ROWS_PRINTED = 100
/** Learning ten weeks by the minute takes a server a second. */
const LEARN_TIMEOUT_MS = 120_000

interface Series {
  service: string
  via: string
  binMs: number
  counts: (readonly [number, number] | readonly [number, number, number])[]
}

const complain = (text: string) => process.stderr.write(`epicenter learn: ${text}\n`)

/** Reads all files, then sends one series after another; returns the exit code. */
export async function runLearn(paths: readonly string[], options: LearnOptions): Promise<number> {
  const rows: PastRow[] = []
  const rejects: PastReject[] = []
  for (const path of paths) {
    try {
      const file = readPastFile(path, options)
      rows.push(...file.rows)
      rejects.push(...file.rejects)
    } catch (error) {
      complain(`cannot read ${path}: ${(error as Error).message}`)
      return 2
    }
  }
  const series = seriesOf(rows, options.bin, rejects)
  for (const { file, line, rule, value } of rejects.slice(0, BAD_ROWS_PRINTED))
    complain(`${file}, line ${line}: ${rule}, not ${JSON.stringify(value)}`)
  if (rejects.length > BAD_ROWS_PRINTED) complain(`… and ${rejects.length - BAD_ROWS_PRINTED} more bad rows`)
  if (rejects.length > 0) {
    complain('nothing was sent')
    return 2
  }
  if (series.length === 0) {
    complain(`no usable row in ${paths.join(', ')}`)
    return 2
  }
  for (const each of series) if (!(await send(each, options))) return 1
  return 0
}

/** Rows by service and kind, in order of time; a bin that comes twice is refused, for nobody knows which is right. */
export function seriesOf(rows: readonly PastRow[], bin: number | undefined, rejects: PastReject[]): Series[] {
  const groups = new Map<string, PastRow[]>()
  for (const row of rows) {
    const key = JSON.stringify([row.service, row.via])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  const found: Series[] = []
  for (const own of groups.values()) {
    own.sort((a, b) => a.at - b.at)
    const binMs = bin ?? commonBin(own)
    for (const [i, row] of own.entries()) {
      const before = own[i - 1]
      if (before === undefined || row.at - before.at >= binMs) continue
      const rule =
        row.at === before.at
          ? `each bin comes once: this one is in ${before.file}, line ${before.line}, already`
          : `bins are at least ${binMs / MINUTE} min apart (--bin says how long one is)`
      rejects.push({ file: row.file, line: row.line, rule, value: new Date(row.at).toISOString() })
    }
    const { service, via } = own[0]!
    const counts = own.map(r => (r.total === null ? ([r.at, r.count] as const) : ([r.at, r.count, r.total] as const)))
    found.push({
      service,
      via,
      binMs,
      counts: via === 'report' || via === 'post' ? counts.map(c => [c[0], c[1]]) : counts,
    })
  }
  return found.sort((a, b) => (a.service < b.service ? -1 : a.service > b.service ? 1 : 0))
}

/** The commonest distance between neighbouring rows, at least a minute. */
function commonBin(rows: readonly PastRow[]): number {
  const seen = new Map<number, number>()
  for (let i = 1; i < rows.length; i++) {
    const step = rows[i]!.at - rows[i - 1]!.at
    if (step >= MINUTE) seen.set(step, (seen.get(step) ?? 0) + 1)
  }
  return [...seen].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0] ?? MINUTE
}

async function send(series: Series, options: LearnOptions): Promise<boolean> {
  const { url, data, token } = options
  const name = `${series.service} (${series.via})`
  const asking = { url, data, timeoutMs: LEARN_TIMEOUT_MS, ...(token === undefined ? {} : { token }) }
  const answer = (await ask(`learn: ${name}`, '/api/v1/past', series, asking)) as {
    learned?: boolean
    because?: string
  } | null
  if (answer === null) return false
  const said =
    answer.learned === true
      ? 'learned from'
      : answer.because === 'lived'
        ? 'not used, the service has learned from its own signals for longer:'
        : 'already known:'
  const span = `${series.counts.length} bins of ${series.binMs / MINUTE} min`
  process.stdout.write(`${name}: ${said} ${span}\n`)
  return true
}
