import type { Labels, Observation, ObservationVia, Signal } from '../contract/signal.js'
import type { EpochMs } from '../contract/time.js'

/** One signal and the time at which it reaches the product. */
export interface Arrival {
  seen: EpochMs
  signal: Signal
}

/** The parts of an observation that its kind decides. */
export type Rest = Pick<Observation, 'total'> &
  Partial<Pick<Observation, 'bad' | 'slow' | 'windowMs' | 'latencyMs' | 'reporter' | 'author' | 'text' | 'lang'>>

/**
 * Where drawn observations go. Ids come from the seed, the concern, the tick and a count within the tick, so a signal
 * has the same id whichever others are played beside it.
 */
export class Emitter {
  private prefix = ''
  private count = 0

  constructor(
    private readonly service: string,
    private readonly seed: number,
    private readonly send: (arrival: Arrival) => void,
  ) {}

  /** To be called before the observations of a concern and tick. */
  open(concern: string, tick: number): void {
    this.prefix = `${this.seed.toString(36)}.${concern}.${tick.toString(36)}.`
    this.count = 0
  }

  observe(via: ObservationVia, at: EpochMs, labels: Labels, rest: Rest, seen: EpochMs = at): void {
    const signal: Observation = {
      type: 'observation',
      via,
      id: `${via[0]}${this.prefix}${(this.count++).toString(36)}`,
      service: this.service,
      at,
      ...(seen > at ? { seenAt: seen } : {}),
      labels,
      ...rest,
    }
    this.send({ seen, signal })
  }

  /** The same sink for another service. */
  for(service: string): Emitter {
    return new Emitter(service, this.seed, this.send)
  }
}
