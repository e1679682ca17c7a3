import type { PluginEnv } from '../../contract/plugin.js'
import { type EpochMs, MINUTE, SECOND } from '../../contract/time.js'
import type { Env } from '../env.js'

/** Spans that wait to be sent, some 300 bytes each. Where a collector takes none, newer ones are counted and forgotten. */
const WAITING_SPANS = 2_048
/** Spans of one request: a few hundred kilobytes. */
const SENT_SPANS = 512
/** They are sent so often. */
const SEND_MS = 2 * SECOND
/** A collector that does not answer is given up after so long. */
const COLLECTOR_MS = 5 * SECOND
/** and asked again after a pause that doubles up to this. */
const LONGEST_UNSENT_MS = MINUTE
/** A server that ends waits so long for its last spans to be taken. */
const LAST_SPANS_MS = SECOND

/** Where a span stands: W3C Trace Context's two ids, in hexadecimal. */
export interface Context {
  trace: string
  span: string
}

/** The numbers of OTLP. */
export const SPAN_KINDS = { internal: 1, server: 2, client: 3 } as const
export interface Span extends Context {
  parent: string | null
  name: string
  kind: keyof typeof SPAN_KINDS
  from: EpochMs
  until: EpochMs
  attributes: Record<string, string | number>
  /** Why it failed; null: it did not. */
  failed: string | null
}

export type Post = PluginEnv['fetch']

interface To {
  url: string
  headers?: Record<string, string>
  /** Of whom all spans are. */
  resource: Record<string, string>
}

/** Sends spans by OTLP/HTTP in JSON, when there is time. Nobody waits for it, and what cannot be sent is dropped. */
export class Exporter implements AsyncDisposable {
  /** Since the start. */
  readonly counts = { sent: 0, dropped: 0 }
  private waiting: Span[] = []
  private sending: Promise<void> | null = null
  private failures = 0
  private readonly timer: NodeJS.Timeout
  private dueIn = 0

  constructor(
    private readonly to: To,
    private readonly env: Pick<Env, 'log'>,
    private readonly post: Post,
  ) {
    this.timer = setInterval(() => this.turn(), SEND_MS)
    this.timer.unref()
  }

  take(span: Span): void {
    if (this.waiting.length < WAITING_SPANS) this.waiting.push(span)
    else this.counts.dropped++
  }

  /** Sends what waits, unless a pause is at hand. */
  turn(): Promise<void> {
    this.dueIn -= SEND_MS
    if (this.dueIn <= 0 && this.waiting.length > 0) this.sending ??= this.send(COLLECTOR_MS)
    return this.sending ?? Promise.resolve()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.timer)
    const last = async () => {
      await this.sending
      if (this.failures === 0) await this.send(LAST_SPANS_MS)
    }
    let timer: NodeJS.Timeout | undefined
    const enough = new Promise<void>(done => {
      timer = setTimeout(done, LAST_SPANS_MS)
    })
    await Promise.race([last(), enough])
    clearTimeout(timer)
  }

  private async send(timeoutMs: number): Promise<void> {
    while (this.waiting.length > 0) {
      const spans = this.waiting.splice(0, SENT_SPANS)
      const failed = await this.sent(spans, timeoutMs)
      if (failed === null) {
        this.counts.sent += spans.length
        this.failures = 0
        continue
      }
      this.counts.dropped += spans.length
      // Once for each time that it begins to fail.
      if (this.failures++ === 0) this.env.log('warn', 'traces cannot be sent; some are dropped', { why: failed })
      this.dueIn = Math.min(SEND_MS * 2 ** this.failures, LONGEST_UNSENT_MS)
      break
    }
    this.sending = null
  }

  private async sent(spans: readonly Span[], timeoutMs: number): Promise<string | null> {
    const { url, headers, resource } = this.to
    try {
      const answer = await this.post(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(bodyOf(spans, resource)),
        timeoutMs,
      })
      await answer.cancel()
      return answer.ok ? null : `the collector answered ${answer.status}`
    } catch (error) {
      return (error as Error).message
    }
  }
}

const valueOf = (value: string | number) =>
  typeof value === 'string' ? { stringValue: value } : { intValue: String(Math.round(value)) }
const attributesOf = (of: Record<string, string | number>) =>
  Object.entries(of).map(([key, value]) => ({ key, value: valueOf(value) }))
/** Nanoseconds are more than a double has digits. */
const nanosOf = (ms: number): string => `${BigInt(Math.round(ms * 1_000)) * 1_000n}`

/** An ExportTraceServiceRequest as OTLP has it in JSON. */
export function bodyOf(spans: readonly Span[], resource: Record<string, string>): object {
  return {
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [
          {
            scope: { name: 'epicenter' },
            spans: spans.map(({ trace, span, parent, name, kind, from, until, attributes, failed }) => ({
              traceId: trace,
              spanId: span,
              ...(parent === null ? {} : { parentSpanId: parent }),
              name,
              kind: SPAN_KINDS[kind],
              startTimeUnixNano: nanosOf(from),
              endTimeUnixNano: nanosOf(until),
              attributes: attributesOf(attributes),
              status: failed === null ? {} : { code: 2, message: failed },
            })),
          },
        ],
      },
    ],
  }
}
