import { PermanentError, RefusedError, TransientError } from '../../contract/error.js'
import type { Delivery, Gathering, Notifier } from '../../contract/notifier.js'
import { type EpochMs, HOUR, MINUTE } from '../../contract/time.js'
import type { Env } from '../env.js'
import { sleep as pause } from '../outside/sleep.js'

/** Messages that wait for one letter: with so many it is sent at once. */
export const DIGEST_MOST = 50
/** Longest pause between two tries; the first is as long as the receiver asks, or a minute. */
const DIGEST_RETRY_MS = 10 * MINUTE
/** What was not taken for so long is given up, as single messages are. */
const DIGEST_GIVE_UP_MS = 24 * HOUR

interface Kept {
  /** What is gathered, oldest first. */
  open: Delivery[]
  /** When the first of these came. */
  since: EpochMs
  /** What is being sent, and stays as it is until it was taken: sent again it is the same. */
  sending: Delivery[]
  triedSince: EpochMs | null
}
const NOTHING: Kept = { open: [], since: 0, sending: [], triedSince: null }

export interface DigestParts {
  /** What was kept; empty before there was anything. */
  kept(): Promise<string>
  keep(text: string): Promise<void>
}

/**
 * A notifier that gathers what it is told and tells it at once. A message is taken when it is kept, so what is gathered outlives
 * the process; then it is on this to see that it is told.
 */
export class Digest implements Notifier {
  private state: Kept | null = null
  private work: Promise<void> = Promise.resolve()
  private running: Promise<void> | null = null
  private readonly stop = new AbortController()
  private nap = new AbortController()

  constructor(
    private readonly name: string,
    private readonly notifier: Notifier & { gathering: Gathering },
    private readonly parts: DigestParts,
    private readonly env: Pick<Env, 'now' | 'log'>,
    private readonly sleep = pause,
  ) {}

  /** Goes on with what was kept. */
  begin(): void {
    void this.change(() => {}).then(() => this.run())
  }

  async tell(delivery: Delivery): Promise<void> {
    await this.change(state => {
      if ([...state.open, ...state.sending].some(each => each.id === delivery.id)) return
      if (state.open.length === 0) state.since = this.env.now()
      state.open.push(delivery)
    })
    this.nap.abort()
    this.run()
  }

  /** Resolves when nothing is gathered any more. */
  async idle(): Promise<void> {
    while (this.running !== null) await this.running
  }

  /** The store starts over: what was gathered is of another time. */
  clear(): Promise<void> {
    return this.change(state => void Object.assign(state, structuredClone(NOTHING)))
  }

  private run(): void {
    this.running ??= this.loop()
      .catch(error => this.env.log('error', 'a digest has stopped', { notifier: this.name, why: String(error) }))
      .finally(() => {
        this.running = null
      })
  }

  private async loop(): Promise<void> {
    while (!this.stop.signal.aborted) {
      const state = this.state!
      if (state.sending.length === 0) {
        if (state.open.length === 0) return
        const wait = state.since + this.notifier.gathering.forMs - this.env.now()
        if (wait > 0 && state.open.length < DIGEST_MOST) {
          await this.doze(wait)
          continue
        }
        await this.change(each => {
          each.sending = each.open.splice(0)
          each.triedSince = this.env.now()
        })
      }
      await this.send(state)
    }
  }

  private async send({ sending, triedSince }: Kept): Promise<void> {
    try {
      await this.notifier.gathering.tell(sending)
    } catch (error) {
      const { message: why } = error as Error
      const detail = { notifier: this.name, messages: sending.length, why }
      const late = this.env.now() - (triedSince ?? 0) > DIGEST_GIVE_UP_MS
      // What it calls wrong is of many messages: the same words would be refused again.
      if (!(error instanceof PermanentError || error instanceof RefusedError || late)) {
        this.env.log('warn', 'a digest could not be delivered; trying again', detail)
        const asked = error instanceof TransientError ? error.retryAfterMs : 0
        return this.doze(Math.min(Math.max(asked, MINUTE), DIGEST_RETRY_MS), this.stop)
      }
      this.env.log('error', 'a digest was given up', detail)
    }
    await this.change(each => {
      each.sending = []
      each.triedSince = null
    })
  }

  private doze(ms: number, by = (this.nap = new AbortController())): Promise<void> {
    return this.sleep(ms, AbortSignal.any([by.signal, this.stop.signal]))
  }

  /** Changes of the state are one after another, and kept before anybody hears of them. */
  private change(change: (state: Kept) => void): Promise<void> {
    const done = this.work.then(async () => {
      this.state ??= { ...structuredClone(NOTHING), ...readKept(await this.parts.kept()) }
      change(this.state)
      await this.parts.keep(JSON.stringify(this.state))
    })
    this.work = done.catch(() => {})
    return done
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort()
    await this.running
    await this.work
    await this.notifier[Symbol.asyncDispose]()
  }
}

const readKept = (text: string): Partial<Kept> => (text === '' ? {} : (JSON.parse(text) as Partial<Kept>))
