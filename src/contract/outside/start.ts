// What `epicenter init` asks, and writes of what it is answered.

/** A question of `epicenter init` about what somebody has. */
export interface Question {
  /** Of the answer, such as `url`. */
  name: string
  /** What is asked for, in a few words: `its address`. */
  asks: string
  /** What is taken where nothing is answered. */
  usual: string
}

/** An answer to each question, and what every plug-in is told: the `service` it is about, and a fresh `secret`. */
export type Answers = Readonly<Record<string, string>>

/** What `epicenter init` needs to write a use of a plug-in, and to say what is left to be done. */
export interface Start {
  /** What one has, as people call it, in small letters: the first name is shown, any of them is understood. */
  has: readonly [string, ...string[]]
  /** Asked in this order. */
  asks: readonly Question[]
  /** Settings as the configuration file has them. */
  settings(answers: Answers): Record<string, unknown>
  /** What is to be done at the other end, for a receiver at this address. */
  next?(at: string, answers: Answers): string
}
