import type { Family } from './course.js'

/** Courses for judging alone: nobody looks at what is made of them while a constant is chosen. */
export const KEPT: Record<string, Family> = {
  /** Whoever signs in anew is hit, so it grows as sessions end; mended at a stroke. */
  sessions(dice) {
    const most = dice.between([0.35, 0.8])
    const tau = dice.between([15, 60])
    const endMin = dice.whole([120, 240])
    const curve: [number, number][] = []
    for (let m = 0; m <= endMin - 3; m += 5) curve.push([m, most * (1 - Math.exp(-m / tau))])
    curve.push([endMin, 0])
    return { curve, halfMin: endMin - 3, endMin, turnover: 0.03 }
  },
  /** From one part of the day into another, with nights in which few are awake. */
  night(dice) {
    const level = dice.between([0.4, 0.9])
    const lasts = dice.whole([360, 720])
    return {
      curve: [
        [0, 0],
        [4, level],
        [lasts - 5, level],
        [lasts, 0],
      ],
      halfMin: lasts - 3,
      endMin: lasts,
      night: dice.between([0.1, 0.35]),
      damping: dice.between([0.5, 0.9]),
    }
  },
  /** Some of the hosts, which no label names: half of them are mended, it comes back on all, then it is over. */
  hosts(dice) {
    const share = dice.between([0.25, 0.6])
    const [first, second, third] = [dice.whole([40, 90]), dice.whole([40, 90]), dice.whole([40, 120])]
    const back = first + second
    const endMin = back + third
    return {
      curve: [
        [0, 0],
        [2, 1],
        [first, 1],
        [first + 4, 0.5],
        [back, 0.5],
        [back + 2, 1],
        [endMin - 3, 1],
        [endMin, 0],
      ],
      halfMin: endMin - 2,
      endMin,
      userShare: share,
    }
  },
  /** Humps of different heights, with next to nothing between. */
  waves(dice) {
    const curve: [number, number][] = [[0, 0]]
    let t = 0
    const heights = Array.from({ length: dice.whole([2, 4]) }, () => dice.between([0.35, 0.95]))
    const width = dice.whole([40, 90])
    for (const height of heights) {
      curve.push([t + width * 0.3, height], [t + width * 0.6, height], [t + width, 0.03 * height])
      t += width
      curve.push([t + dice.whole([5, 25]), 0.03 * height])
      t = curve.at(-1)![0]
    }
    const endMin = Math.ceil(t)
    curve.push([endMin + 1, 0])
    return { curve, halfMin: Math.floor(endMin - width * 0.2 - 25), endMin: endMin + 1 }
  },
}
