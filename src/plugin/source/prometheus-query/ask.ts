import { PermanentError, TransientError } from '../../../contract/error.js'
import type { Fetched, PluginEnv, Stop } from '../../../contract/plugin.js'
import { MINUTE, SECOND, type EpochMs } from '../../../contract/time.js'

/** One series of an answer. */
export interface Answered {
  labels: Record<string, string>
  /** Time → value; NaN where it says so itself. */
  values: Map<EpochMs, number>
}

export interface Range {
  from: EpochMs
  to: EpochMs
  stepMs: number
}

/** Series of one answer at most: what is asked is to be summed by what is worth telling apart. */
const ANSWERED_SERIES = 2_000
/** Bytes of an answer: so many series of half an hour, or a past by the minute. More is an error. */
const ANSWER_BYTES = 16 * 1024 * 1024
/** What is waited after an answer that was none, where it does not say. */
const ASK_AGAIN_MS = 30 * SECOND
/** Credentials do not mend themselves. */
const DENIED_MS = 5 * MINUTE
/** The longest pause, whatever is asked for. */
const RETRY_MOST_MS = 60 * MINUTE
/** Characters of what the other side says that are repeated. */
const REPEATED_CHARS = 200

/** Asks one Prometheus, or what answers like one: Thanos, Mimir, VictoriaMetrics. */
export class Asker {
  private readonly base: string
  readonly host: string

  constructor(
    url: string,
    private readonly headers: Record<string, string>,
    /** An answer that says itself that it may be a part is taken all the same. */
    private readonly partial: boolean,
    private readonly env: Pick<PluginEnv, 'fetch'>,
  ) {
    this.base = url.endsWith('/') ? url.slice(0, -1) : url
    this.host = new URL(url).host
  }

  /**
   * Every series of a query at each step.
   *
   * @throws TransientError where it was not answered, PermanentError where the query is none
   */
  async range(query: string, { from, to, stepMs }: Range, stop: Stop): Promise<Answered[]> {
    const asked = new URLSearchParams({
      query,
      start: String(from / SECOND),
      end: String(to / SECOND),
      step: String(stepMs / SECOND),
      // Thanos: rather an error than a part.
      ...(this.partial ? {} : { partial_response: 'false' }),
    })
    const answer = await this.env.fetch(`${this.base}/api/v1/query_range?${asked}`, {
      headers: { accept: 'application/json', ...this.headers },
      redirect: 'follow',
      maxBytes: ANSWER_BYTES,
      signal: stop,
    })
    const said = jsonOf(await answer.text())
    if (!answer.ok || said?.status !== 'success') throw this.refusal(answer, said)
    const { warnings = [], data } = said
    if (!this.partial && Array.isArray(warnings) && warnings.length > 0)
      throw new TransientError(`${this.host} warns: ${shown(warnings[0])}`, ASK_AGAIN_MS)
    if (data?.resultType !== 'matrix' || !Array.isArray(data.result))
      throw new TransientError(`${this.host} answered no matrix`, ASK_AGAIN_MS)
    if (data.result.length > ANSWERED_SERIES)
      throw new TransientError(
        `${this.host} answered ${data.result.length} series, at most ${ANSWERED_SERIES}: sum by fewer labels`,
        DENIED_MS,
      )
    const onGrid = (at: EpochMs) => at >= from && at <= to && (at - from) % stepMs === 0
    return data.result.map(each => seriesOf(each, onGrid) ?? this.nonsense())
  }

  private nonsense(): never {
    throw new TransientError(`${this.host} answered a series that is none`, ASK_AGAIN_MS)
  }

  private refusal(answer: Fetched, said: Said | null): Error {
    const { status } = answer
    if (said === null)
      return new TransientError(`${this.host} answered ${status} with something that is no JSON`, pauseOf(answer))
    const words = `${this.host} answered ${status}: ${shown(said.error ?? said.status)}`
    if (said.errorType === 'bad_data') return new PermanentError(words)
    return new TransientError(words, status === 401 || status === 403 ? DENIED_MS : pauseOf(answer))
  }
}

/** The series of an answer that somebody has, whatever they were asked for. @throws PermanentError where it is none */
export function answeredIn(answer: unknown): Answered[] {
  const { data } = (answer ?? {}) as Said
  const list = data?.resultType === 'matrix' && Array.isArray(data.result) ? (data.result as unknown[]) : []
  const series = list.map(each => seriesOf(each, () => true))
  if (series.length === 0 || series.includes(null))
    throw new PermanentError('the sample is no answer of /api/v1/query_range (a matrix)')
  return series as Answered[]
}

interface Said {
  status?: unknown
  errorType?: unknown
  error?: unknown
  warnings?: unknown
  data?: { resultType?: unknown; result?: unknown }
}

function jsonOf(text: string): Said | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : null
  } catch {
    return null
  }
}

const shown = (said: unknown): string => String(said).replace(/\s+/g, ' ').slice(0, REPEATED_CHARS)

function pauseOf(answer: Fetched): number {
  const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN)
  return seconds > 0 ? Math.min(seconds * SECOND, RETRY_MOST_MS) : ASK_AGAIN_MS
}

function seriesOf(value: unknown, onGrid: (at: EpochMs) => boolean): Answered | null {
  const { metric = {}, values } = (value ?? {}) as { metric?: unknown; values?: unknown }
  if (typeof metric !== 'object' || metric === null || !Array.isArray(values)) return null
  const labels: Answered['labels'] = {}
  for (const [name, text] of Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1)))
    if (name !== '__name__' && typeof text === 'string' && text !== '') labels[name] = text
  const found = new Map<EpochMs, number>()
  for (const pair of values as unknown[]) {
    if (!Array.isArray(pair) || typeof pair[0] !== 'number' || typeof pair[1] !== 'string') return null
    const at = Math.round(pair[0] * SECOND)
    if (onGrid(at)) found.set(at, numberOf(pair[1]))
  }
  return { labels, values: found }
}

/** As Prometheus writes numbers: `NaN`, `+Inf` and `-Inf` too, which are no counts. */
function numberOf(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  return Number.isFinite(value) ? value : Number.NaN
}
