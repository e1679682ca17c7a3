import type { Env } from './env.js'

/** What changed, told after it was committed. `reset`: everything did, the demonstration started over. */
export interface Changed {
  services: string[]
  incidents: string[]
  now: number
  reset: boolean
}

/** Those who want to hear of changes; one that fails keeps nobody from hearing. */
export class Changes {
  private readonly listeners = new Set<(changed: Changed) => void>()

  constructor(private readonly log: Env['log']) {}

  onChange = (listener: (changed: Changed) => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  announce(changed: Changed): void {
    for (const listener of this.listeners) {
      try {
        listener(changed)
      } catch (error) {
        this.log('error', 'a listener failed', { why: String(error) })
      }
    }
  }
}
