import { DAY, type EpochMs } from '../../../contract/time.js'

/** What a day may cost; null: it is not asked. */
export interface Caps {
  tokensPerDay: number
  moneyPerDay: number | null
  /** Money for a million tokens. */
  prices: { input: number; output: number } | null
}

/** What was spent on a day (UTC); kept over restarts. */
export interface Spent {
  day: number
  tokens: number
  money: number
}

/** Tokens that prices are for. */
const PRICED_TOKENS = 1_000_000

/** What questions cost by day, and whether one more is within the caps. */
export class Budget {
  private kept: Spent | null = null

  constructor(private readonly caps: Caps) {}

  /** Of this day; `state` is what was kept by an earlier life. */
  spent(now: EpochMs, state: unknown): Spent {
    const day = Math.floor(now / DAY)
    const known = (this.kept ?? state ?? null) as Spent | null
    this.kept = known?.day === day ? known : { day, tokens: 0, money: 0 }
    return this.kept
  }

  costs(input: number, output: number): number {
    const { prices } = this.caps
    return prices === null ? 0 : (input * prices.input + output * prices.output) / PRICED_TOKENS
  }

  /** Why a question that may take so many tokens is not asked; null: it may be. */
  whyNot({ tokens, money }: Spent, input: number, output: number): string | null {
    const { tokensPerDay, moneyPerDay } = this.caps
    if (tokens + input + output > tokensPerDay)
      return `the ${tokensPerDay} tokens of today are spent but for ${Math.max(0, tokensPerDay - tokens)}`
    if (moneyPerDay !== null && money + this.costs(input, output) > moneyPerDay)
      return `the money of today is spent: ${money.toFixed(4)} of ${moneyPerDay}`
    return null
  }

  spend(input: number, output: number): Spent {
    const { day, tokens, money } = this.kept!
    this.kept = { day, tokens: tokens + input + output, money: money + this.costs(input, output) }
    return this.kept
  }
}
