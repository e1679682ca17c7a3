import type { Family } from './course.js'

/** Courses that may be looked at while constants are chosen. */
export const TUNED: Record<string, Family> = {
  /** On and off, as each half of a fleet takes a broken file and drops it again. */
  flapping(dice) {
    const curve: [number, number][] = [[0, 0]]
    const period = dice.whole([10, 40])
    const rounds = dice.whole([5, 9])
    const severity = dice.between([0.4, 0.95])
    for (let i = 0; i < rounds; i++) {
      const from = i * period
      const until = from + Math.round(period * dice.between([0.4, 0.7]))
      curve.push(
        [from + 1, severity],
        [until, severity],
        [until + 1, severity * 0.05],
        [from + period, severity * 0.05],
      )
    }
    const endMin = rounds * period
    curve.push([endMin + 1, 0])
    return { curve, halfMin: endMin - Math.round(period * 0.5), endMin: endMin + 1 }
  },
  /** Down in steps, with time between them. */
  phases(dice) {
    const severity = dice.between([0.5, 0.95])
    const levels = [1, dice.between([0.6, 0.8]), dice.between([0.3, 0.45]), dice.between([0.1, 0.2])]
    const curve: [number, number][] = [[0, 0]]
    let t = 2
    let halfMin = 0
    for (const level of levels) {
      if (level < 0.5 && halfMin === 0) halfMin = t
      curve.push([t, level * severity])
      t += dice.whole([30, 70])
      curve.push([t, level * severity])
      t += 3
    }
    curve.push([t, 0])
    return { curve, halfMin, endMin: t }
  },
  /** Most is back soon, the rest takes hours. */
  tail(dice) {
    const severity = dice.between([0.4, 0.9])
    const most = dice.whole([60, 150])
    const curve: [number, number][] = [
      [0, 0],
      [5, severity],
      [most, severity],
      [most + 20, 0.45 * severity],
    ]
    const halfLife = dice.whole([90, 200])
    for (let i = 1; i <= 4; i++) curve.push([most + 20 + i * halfLife, 0.45 * severity * 2 ** -i])
    const endMin = most + 20 + 5 * halfLife
    curve.push([endMin, 0])
    return { curve, halfMin: most + 15, endMin }
  },
  /** The same for hours, while those who are hit get used to it. */
  plateau(dice) {
    const severity = dice.between([0.3, 1])
    const endMin = dice.whole([180, 420])
    return {
      curve: [
        [0, 0],
        [dice.pick([1, 3, 10]), severity],
        [endMin - 4, severity],
        [endMin, 0],
      ],
      halfMin: endMin - 2,
      endMin,
      turnover: dice.scale([0.008, 0.04]),
      damping: dice.between([0.3, 0.8]),
    }
  },
  /** It grows for an hour or three, as a queue fills up, and is mended in minutes. */
  growth(dice) {
    const severity = dice.between([0.3, 0.8])
    const grows = dice.whole([60, 180])
    const endMin = grows + dice.whole([10, 20])
    return {
      curve: [
        [0, 0],
        [grows, severity],
        [endMin, 0],
      ],
      halfMin: endMin - 5,
      endMin,
    }
  },
  /** Whatever they do, some accounts have it, which no label names; they are mended in two lots. */
  accounts(dice) {
    const [first, second] = [dice.whole([60, 150]), dice.whole([40, 120])]
    const endMin = first + second
    return {
      curve: [
        [0, 0],
        [2, 1],
        [first, 1],
        [first + 3, 0.4],
        [endMin - 3, 0.4],
        [endMin, 0],
      ],
      halfMin: first,
      endMin,
      userShare: dice.between([0.05, 0.2]),
    }
  },
  /** Telemetry is lost with it for most of its time, and comes back before or after. */
  blind(dice) {
    const severity = dice.between([0.4, 0.95])
    const endMin = dice.whole([80, 200])
    return {
      curve: [
        [0, 0],
        [2, severity],
        [endMin - 4, severity],
        [endMin, 0],
      ],
      halfMin: endMin - 2,
      endMin,
      blind: [dice.whole([5, 15]), Math.round(endMin * dice.between([0.6, 1.15]))],
    }
  },
}
