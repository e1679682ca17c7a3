import type { Stop } from '../../contract/plugin.js'

/**
 * What tells somebody to stop, for what is made a thousand times a second: an event target of the platform costs more than all else of
 * a short question.
 */
export class Halt implements Stop {
  aborted = false
  private listeners: (() => void)[] = []

  addEventListener(_: 'abort', listener: () => void): void {
    if (!this.aborted && !this.listeners.includes(listener)) this.listeners.push(listener)
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    const at = this.listeners.indexOf(listener)
    if (at >= 0) this.listeners.splice(at, 1)
  }

  readonly abort = (): void => {
    if (this.aborted) return
    this.aborted = true
    const { listeners } = this
    this.listeners = []
    for (const each of listeners) each()
  }
}
