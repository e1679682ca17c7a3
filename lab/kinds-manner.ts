import type { Course, Family } from './course.js'
import type { Dice } from './dice.js'

/** Troubles that differ in their manner (slow, failing, on and off) and in what they are of security; may be looked at. */
export const MANNERS: Record<string, Family> = {
  /** Slow, then failing, then on and off: one trouble with three manners. */
  changing(dice) {
    const [slow, failing] = [dice.whole([25, 50]), dice.whole([25, 50])]
    const [severity, waits] = [dice.between([0.3, 0.8]), dice.between([0.4, 0.9])]
    const [period, rounds] = [dice.whole([16, 30]), dice.whole([5, 7])]
    const back = slow + failing
    const fails: [number, number][] = [
      [slow, 0],
      [slow + 1, severity],
      [back, severity],
    ]
    // Off first, as it follows what is on.
    const on = Array.from({ length: rounds }, (_, i) => back + i * period + Math.round(period / 2))
    for (const from of on)
      fails.push(
        [from - Math.round(period / 2) + 1, 0.02],
        [from, 0.02],
        [from + 1, severity],
        [from + period - Math.round(period / 2), severity],
      )
    const endMin = back + rounds * period + 1
    fails.push([endMin, 0])
    return {
      curve: fails,
      effect: 'http_error',
      besides: [
        {
          effect: 'slow',
          curve: [
            [0, 0],
            [2, waits],
            [slow, waits],
            [slow + 1, 0],
          ],
        },
      ],
      manners: [
        { pattern: 'slow', fromMin: 3, untilMin: slow },
        { pattern: 'failing', fromMin: slow, untilMin: back },
        // It is on and off once it has come back twice.
        { pattern: 'intermittent', fromMin: on[1]! + 1, untilMin: endMin },
      ],
      halfMin: endMin - 1,
      endMin,
    }
  },
  /** Some see what belongs to others, which no request fails for. */
  exposure: dice => told(dice, []),
  /** Others get into people's accounts. */
  takeover: dice =>
    told(dice, [
      'someone else logged into my account and changed my password',
      'my account got hacked, I never made these purchases',
      'I am locked out, a stranger changed the email address of my account',
      'there are logins to my account from a country where I have never been',
    ]),
  /** An outage of which everybody asks whether it was an attack. */
  asked(dice) {
    const severity = dice.between([0.4, 0.9])
    const endMin = dice.whole([60, 120])
    return { ...plateau(severity, endMin), security: 'no_evidence', rumour: dice.between([0.3, 0.7]) }
  },
  /** Many times the usual requests, of which a part fails; nothing is taken. */
  flood(dice) {
    const severity = dice.between([0.2, 0.7])
    const endMin = dice.whole([40, 100])
    return { ...plateau(severity, endMin), security: 'no_evidence', rumour: 0.3, surge: dice.between([3, 10]) }
  },
}

function told(dice: Dice, texts: string[]): Course {
  const endMin = dice.whole([90, 180])
  return {
    ...plateau(1, endMin),
    effect: 'wrong_data',
    userShare: dice.between([0.02, 0.1]),
    security: 'suspected',
    texts,
    rumour: 0.2,
  }
}

function plateau(severity: number, endMin: number): Pick<Course, 'curve' | 'halfMin' | 'endMin'> {
  const curve: [number, number][] = [
    [0, 0],
    [3, severity],
    [endMin - 4, severity],
    [endMin, 0],
  ]
  return { curve, halfMin: endMin - 2, endMin }
}
