import { isolated } from '../pages/direction.js'
import { DAY, MINUTE, SECOND, type EpochMs } from '../../contract/time.js'
import type { IncidentView, Reader } from '../../contract/view.js'
import type { Env } from '../../shell/env.js'
import type { PublicPost } from '../../shell/delivery/public-post.js'
import { authorization, encrypt, type Vapid } from '../../shell/delivery/push-message.js'
import { backFor, type Watcher, type Watchers } from '../../shell/delivery/watchers.js'

/** Messages on their way at once. */
const PUSHES_AT_ONCE = 16
/** A push service keeps a message for a browser that is off; later it is no news. */
const TTL_SECONDS = DAY / SECOND
/**
 * First pause after a message that a push service did not take; it doubles. So often what is due is looked for, too.
 */
const FIRST_PUSH_RETRY_MS = 30 * SECOND
/** Longest such pause. */
const LONGEST_PUSH_RETRY_MS = 30 * MINUTE
/** Newest incidents of a service in which the end of a trouble is looked for. */
const RECENT_INCIDENTS = 50

export interface Words {
  title: string
  body: string
  lang: string
  dir: 'ltr' | 'rtl'
}

export interface CallbackDeps {
  watchers: Watchers
  vapid: Vapid
  reader: Pick<Reader, 'incidents' | 'service'>
  env: Pick<Env, 'log'>
  /** Whether what they asked about is open to them still. */
  mayHear: (watcher: Watcher) => boolean
  /** The wall's time: tokens and pauses. */
  wallNow: () => EpochMs
  post: PublicPost
  /** Whom a push service may ask about us: mailto: or https:. */
  contact: string
  words: (lang: string, service: string, here: boolean) => Words
}

/**
 * Tells those who asked, each at least once, from what was committed: after a crash the same question gives the same
 * answer, so nobody has to be remembered as "to be notified".
 */
export class Callbacks implements AsyncDisposable {
  #again: Set<string> | null = new Set()
  #running: Promise<void> | null = null
  #stopped = false
  /** Who could not be notified: not before then, and the pause after that. */
  readonly #later = new Map<string, { at: EpochMs; pauseMs: number }>()
  readonly #timer: NodeJS.Timeout

  constructor(private readonly deps: CallbackDeps) {
    this.#timer = setInterval(() => this.wake(null), FIRST_PUSH_RETRY_MS)
    this.#timer.unref()
    this.wake(null)
  }

  /** Services that have news; null: all. */
  wake(services: readonly string[] | null): void {
    if (services === null) this.#again = null
    else if (this.#again !== null) for (const each of services) this.#again.add(each)
    if (this.#stopped) return
    this.#running ??= this.#run()
      .catch(error =>
        this.deps.env.log('error', 'messages to people who wait could not be sent', { why: String(error) }),
      )
      .finally(() => {
        this.#running = null
      })
  }

  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#stopped && (this.#again === null || this.#again.size > 0)) {
      const services = this.#again === null ? null : [...this.#again]
      this.#again = new Set()
      const waiting = this.deps.watchers.waiting(services)
      const now = this.deps.wallNow()
      const ids = new Set(waiting.map(each => each.id))
      for (const id of this.#later.keys()) if (!ids.has(id)) this.#later.delete(id)
      const due = waiting.filter(each => (this.#later.get(each.id)?.at ?? 0) <= now)
      const known = new Map<string, IncidentView[]>()
      for (let i = 0; i < due.length && !this.#stopped; i += PUSHES_AT_ONCE)
        await Promise.all(due.slice(i, i + PUSHES_AT_ONCE).map(each => this.#consider(each, known)))
    }
  }

  async #consider(watcher: Watcher, known: Map<string, IncidentView[]>): Promise<void> {
    const { service } = watcher
    // It was closed since they asked, or opens to others now.
    if (!this.deps.mayHear(watcher)) return this.deps.watchers.drop(watcher.id)
    let incidents = known.get(service)
    if (!incidents)
      known.set(service, (incidents = await this.deps.reader.incidents({ service, limit: RECENT_INCIDENTS })))
    const back = backFor(watcher, incidents)
    if (back !== null) await this.#tell(watcher, back)
  }

  async #tell(watcher: Watcher, { incident, here }: { incident: string; here: boolean }): Promise<void> {
    const { watchers, vapid, reader, env, wallNow, post, contact, words } = this.deps
    const { id, service, endpoint, lang } = watcher
    const title = isolated((await reader.service(service))?.title ?? service)
    const url = `/s/${encodeURIComponent(service)}/back?asked=${id}&lang=${lang}`
    const text = JSON.stringify({ ...words(lang, title, here), url, tag: incident })
    try {
      const headers = {
        authorization: authorization(vapid, endpoint, contact, wallNow()),
        'content-encoding': 'aes128gcm',
        'content-type': 'application/octet-stream',
        ttl: String(TTL_SECONDS),
        urgency: 'normal',
      }
      const { status, retryAfterMs } = await post(endpoint, headers, encrypt(Buffer.from(text), watcher))
      if (status >= 200 && status < 300) return await watchers.markNotified(watcher, incident)
      // Gone for good, or never to be accepted; 429 and 5xx pass.
      if (status !== 429 && status < 500) {
        if (status !== 404 && status !== 410) env.log('warn', 'a push service refused a message', { status })
        return await watchers.drop(id)
      }
      this.#postpone(id, retryAfterMs)
    } catch (error) {
      // The address is a secret of the browser's: only the reason is said.
      const why = (error as { code?: string }).code ?? (error as Error).name
      if (why === 'ENOTPUBLIC') return watchers.drop(id)
      env.log('warn', 'a push service could not be reached', { why })
      this.#postpone(id, null)
    }
  }

  #postpone(id: string, askedMs: number | null): void {
    const pauseMs = Math.min(LONGEST_PUSH_RETRY_MS, 2 * (this.#later.get(id)?.pauseMs ?? FIRST_PUSH_RETRY_MS / 2))
    this.#later.set(id, { at: this.deps.wallNow() + Math.max(pauseMs, askedMs ?? 0), pauseMs })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    await this.idle()
  }
}
