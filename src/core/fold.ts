import type { Order } from '../contract/order.js'
import type { Outcome } from '../contract/outcome.js'
import type { Signal } from '../contract/signal.js'
import type { EpochMs } from '../contract/time.js'
import type { Component, Dependency } from '../contract/topology.js'

export interface EngineConfig {
  clock: 'wall' | 'signals'
  /** What an operator asks for: false incidents a service and 30 days. */
  falseAlarmsPerMonth: number
  services: { id: string; title: string; components: Component[]; dependsOn: Dependency[] }[]
}

export const emptyOutcome = (): Outcome => ({ events: [], rollups: [], services: [], facts: [] })

/**
 * Both halves on one machine: every log entry goes through `watch`, what it finds through `judge`.
 * A fold: the same entries give the same outcome, however they were cut into batches.
 */
export class Fold {
  now: EpochMs = 0

  constructor(private readonly config: EngineConfig) {}

  /** Folds one accepted signal. On the `signals` clock its `seenAt ?? at` moves the time first, and with it the ticks. */
  signal(signal: Signal, position: number, into: Outcome): void {
    if (this.config.clock === 'signals') this.advance(signal.seenAt ?? signal.at, position, into)
  }

  /** A person's order, at the present log time. */
  order(_order: Order, _position: number, _into: Outcome): void {}

  /** Moves log time forward (never back) and runs the ticks that lie between. */
  advance(now: EpochMs, _position: number, _into: Outcome): void {
    if (now > this.now) this.now = now
  }

  /** Structured-clone-able; open() continues exactly where it was taken. */
  snapshot(): unknown {
    return { version: 1, now: this.now }
  }

  static open(_snapshot: unknown, config: EngineConfig): Fold {
    return new Fold(config)
  }
}
