/** Signals that wait for the log; beyond it senders are asked to come again. 400 bytes each. */
export const OUTBOX_MAX = 200_000

/** What was made of samples that were taken, until it is durable: what could not be kept is given once more. */
export class Outbox {
  private waiting: object[] = []

  get full(): boolean {
    return this.waiting.length >= OUTBOX_MAX
  }

  push(signals: readonly object[]): void {
    for (const signal of signals) this.waiting.push(signal)
  }

  /** All that waits, with what to call where it could not be kept. */
  take(): { signals: object[]; undone(): void } {
    const signals = this.waiting
    this.waiting = []
    return {
      signals,
      undone: () => {
        this.waiting = [...signals, ...this.waiting]
      },
    }
  }
}
