import { kindOf, localize, type Kind, type RootCause } from '../../core/localize/index.js'
import type { LocalizeCliOptions } from './command.js'
import { MAX_REJECTS, readTableFile, TableFileError } from '../detect/table-file.js'

/** Rejects that are printed one by one; the rest is a number. */
const REJECTS_PRINTED = 20

/** Reads, searches, prints; returns the exit code. */
export function runLocalize(path: string, options: LocalizeCliOptions): number {
  let file: ReturnType<typeof readTableFile>
  try {
    file = readTableFile(path, options.kind)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    process.stderr.write(`epicenter localize: ${error instanceof TableFileError ? `${path}: ${why}` : why}\n`)
    return 2
  }
  const { table, rejects } = file
  if (options.kind === 'rates' && !table.total)
    rejects.push({ line: 1, rule: 'rates need a column named total', value: table.attributes.join(',') })
  if (rejects.length) {
    for (const { line, rule, value } of rejects.slice(0, REJECTS_PRINTED))
      process.stderr.write(`${path}: line ${line}: ${rule}; got ${JSON.stringify(value)}\n`)
    if (rejects.length > REJECTS_PRINTED)
      process.stderr.write(
        `${path}: and ${rejects.length >= MAX_REJECTS ? 'many' : rejects.length - REJECTS_PRINTED} more\n`,
      )
    return 2
  }
  const kind = options.kind ?? kindOf(table)
  const start = performance.now()
  const causes = localize(table, {
    kind,
    ...(options.candidates === undefined ? {} : { candidates: options.candidates }),
    ...(options.depth === undefined ? {} : { maxDepth: options.depth }),
  })
  const ms = performance.now() - start
  for (const cause of causes) process.stdout.write(`${JSON.stringify(line(cause, kind, options.explain))}\n`)
  process.stderr.write(`${JSON.stringify({ ms: Math.round(ms * 100) / 100 })}\n`)
  return 0
}

function line(cause: RootCause, kind: Kind, explain: boolean): unknown {
  const { where, share, bits, interval, real, expected, total, tied, uneven } = cause
  const short = { where, share: share === null ? null : rounded(share), bits: rounded(bits) }
  if (!explain) return short
  return {
    ...short,
    interval: interval?.map(rounded) ?? null,
    real: rounded(real),
    expected: rounded(expected),
    ...(total === null ? {} : { total: rounded(total) }),
    ...(tied ? { tied } : {}),
    ...(uneven
      ? {
          uneven: {
            hit: { share: rounded(uneven.hit), interval: uneven.hitInterval.map(rounded) },
            among: { share: rounded(uneven.among), interval: uneven.amongInterval.map(rounded) },
          },
        }
      : {}),
    says: sentence(cause, kind),
  }
}

function sentence(
  { where, share, interval, real, expected, total, tied, bits, uneven, sibling }: RootCause,
  kind: Kind,
): string {
  const location = Object.entries(where).map(([name, values]) => `${name} ${values.join(' or ')}`)
  const head = location.length ? location.join(' and ') : 'everything'
  const times = expected > 0 ? real / expected : Number.POSITIVE_INFINITY
  const figure =
    kind === 'rates' && share !== null && interval
      ? `${percent(share)} of ${number(total ?? 0)} fail beyond the expected (95 % interval ${percent(interval[0])} to ${percent(interval[1])})`
      : kind === 'counts'
        ? `${number(real)} where ${number(expected)} are expected, ${Number.isFinite(times) ? `×${number(times)}` : 'never seen before'}`
        : `${number(real)} where ${number(expected)} is expected, ${real < expected ? '−' : '+'}${percent(Math.abs(times - 1))}`
  const other = tied?.length
    ? `; the table cannot tell it from ${tied.length} other name${tied.length > 1 ? 's' : ''}`
    : ''
  const part = uneven
    ? `; ${percent(uneven.hit)} of it is hit (${percent(uneven.hitInterval[0])} to ${percent(uneven.hitInterval[1])}), of which ${percent(uneven.among)} fail, and the rest is not`
    : ''
  const kin = sibling ? '; seen because another cause over the same labels changed as much' : ''
  return `${head}: ${figure}${part}${kin}${other}; after paying for the search, chance does as much once in 2^${number(Math.max(0, bits))} tables`
}

const rounded = (x: number): number => Number(x.toPrecision(6))
const number = (x: number): string => String(Number(x.toPrecision(3)))
const percent = (x: number): string => `${number(100 * x)} %`
