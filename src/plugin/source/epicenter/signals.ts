import { LENT_PAGES } from '../../../contract/limits.js'
import { TransientError } from '../../../contract/error.js'
import { type EpochMs, MINUTE } from '../../../contract/time.js'

/** Signals that another instance lends: pages of its public log, each read from where the one before it ended. */

/** What is asked for; what people report and post is lent by nobody. */
export const KINDS = ['check', 'metric', 'gauge', 'change', 'notice', 'alert'] as const
export type Kind = (typeof KINDS)[number]

export interface Asks {
  /** Fetches one page. */
  page(query: string): Promise<string>
  kinds: readonly Kind[]
  relayed: boolean
  /** Who reads; unknown in trials. */
  self: string | null
  /** Ours that one of theirs stands for. */
  ours(theirs: string): string[]
  host: string
}

export interface Lent {
  signals: object[]
  /** Where to go on. */
  next: number
  /** Log time there up to which was read; null where nothing was. */
  at: EpochMs | null
  more: boolean
}

interface End {
  next: number
  more: boolean
  at: EpochMs | null
}

type Fields = Record<string, unknown>

/** @param after where to go on; null: from now on. @throws TransientError for what is no page, or not a whole one */
export async function lentBy(asks: Asks, after: number | null): Promise<Lent> {
  const signals: object[] = []
  let next = after
  let end: End = { next: after ?? 0, more: true, at: null }
  for (let page = 0; page < LENT_PAGES && end.more; page++) {
    const { kinds, relayed, self } = asks
    const query = new URLSearchParams({ kinds: kinds.join(',') })
    if (next !== null) query.set('after', `${next}`)
    if (relayed) query.set('relayed', 'true')
    if (self !== null) query.set('reader', self)
    const lines = linesOf(await asks.page(query.toString()), asks.host)
    end = endOf(lines.pop(), asks.host)
    next = end.next
    for (const line of lines) signals.push(...taken(line, asks))
  }
  return { signals, next: end.next, at: end.at, more: end.more }
}

function linesOf(body: string, host: string): Fields[] {
  try {
    return body
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as Fields)
  } catch {
    throw new TransientError(`${host} answered no page of signals`, MINUTE)
  }
}

/** Its last line: without it a page was cut short. */
function endOf(line: Fields | undefined, host: string): End {
  const { type, next, more, at } = (typeof line === 'object' ? line : null) ?? {}
  if (type !== 'end' || !Number.isSafeInteger(next) || (next as number) < 0)
    throw new TransientError(`${host} answered no whole page of signals`, MINUTE)
  return { next: next as number, more: more === true, at: typeof at === 'number' ? at : null }
}

/** Of what was asked for, and not from here: whoever lends decides neither. */
function taken(line: Fields, { kinds, relayed, self, ours }: Asks): object[] {
  if (typeof line !== 'object' || line === null) return []
  const { via, service, origin } = line
  if (!kinds.includes(via as Kind) || typeof service !== 'string' || typeof origin !== 'string') return []
  if (origin === self || (self === null && relayed)) return []
  return ours(service).map(each => ({ ...line, service: each }))
}
