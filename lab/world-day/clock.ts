import type { EpochMs } from '../../src/contract/time.js'

/** Time that goes by when it is told to: what sleeps wakes when its time has come. */
export class WorldClock {
  private sleepers: { at: EpochMs; wake: () => void }[] = []

  constructor(public at: EpochMs) {}

  readonly now = (): EpochMs => this.at

  readonly sleep = (ms: number): Promise<void> =>
    new Promise(wake => {
      this.sleepers.push({ at: this.at + ms, wake })
    })

  advance(ms: number): void {
    this.at += ms
    const due = this.sleepers.filter(each => each.at <= this.at)
    this.sleepers = this.sleepers.filter(each => each.at > this.at)
    for (const { wake } of due) wake()
  }

  /** Nothing sleeps any longer: the day is over. */
  end(): void {
    this.advance(Number.MAX_SAFE_INTEGER - this.at)
  }
}
