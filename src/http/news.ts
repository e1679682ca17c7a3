import type { App, Changed } from '../shell/app.js'

/** News is told this often at most: reports commit fifty times a second, and a page is made anew for each news. */
const PACE_MS = 500
/** Making pages anew takes at most one part of so many of the time: the next news waits until then. */
const PARTS_OF_TIME = 10
/** But no longer than this: what is told is on the pages within two seconds, however many languages are read. */
const SLOWEST_MS = 1_500

const nothing = (): Changed => ({ services: [], incidents: [], now: 0, reset: false })

/**
 * What changed, told at once, and what comes within {@link PACE_MS} after it together. Listeners and pages go by the same
 * news: an edition is what was told so far, and no page that a script asks for is older than it. So a script that hears
 * of a change and asks for the page finds it there, and a page is made twice a second at most however fast the data
 * moves; less often where many are read.
 */
export class News {
  private count = 0
  private restMs: number
  private heard = nothing()
  private waiting = false
  private pace: NodeJS.Timeout | null = null
  private readonly listeners = new Set<(news: Changed) => void>()
  private readonly stop: () => void

  constructor(
    app: Pick<App, 'onChange'>,
    private readonly paceMs = PACE_MS,
  ) {
    this.restMs = paceMs
    this.stop = app.onChange(changed => this.hear(changed))
  }

  /** Names the state of the data that pages show. It only rises: a demonstration that starts over meets no old page. */
  get edition(): number {
    return this.count
  }

  onNews(listener: (news: Changed) => void): void {
    this.listeners.add(listener)
  }

  /** How long it took to make anew what stood on this news. */
  took(ms: number): void {
    this.restMs = Math.max(this.paceMs, Math.min(SLOWEST_MS, PARTS_OF_TIME * ms))
  }

  private hear({ services, incidents, now, reset }: Changed): void {
    const { heard } = this
    this.heard = {
      services: [...new Set([...heard.services, ...services])],
      incidents: [...new Set([...heard.incidents, ...incidents])],
      now,
      reset: heard.reset || reset,
    }
    this.waiting = true
    // What was before a new start is not shown for even half a second more.
    if (this.pace === null || reset) this.tell()
  }

  private tell(): void {
    const news = this.heard
    this.heard = nothing()
    this.waiting = false
    this.count++
    if (this.pace !== null) clearTimeout(this.pace)
    this.pace = setTimeout(() => {
      this.pace = null
      if (this.waiting) this.tell()
    }, this.restMs).unref()
    for (const listener of this.listeners) listener(news)
  }

  close(): void {
    this.stop()
    if (this.pace !== null) clearTimeout(this.pace)
    this.listeners.clear()
  }
}
