import { describe, expect, it } from 'vitest'
import { binned, calibrationChart } from './chart.js'

const chart = {
  title: 'A < B',
  said: 'said',
  was: 'was',
  from: 0,
  until: 1,
  ticks: [0, 0.5, 1],
  format: (value: number) => `${Math.round(100 * value)} %`,
}

describe('binned()', () => {
  it('sorts pairs by what was said: median, middle 80 % and count of each bin that holds any', () => {
    const pairs = Array.from({ length: 10 }, (_, i) => ({ said: 0.25, was: i / 10 }))
    expect(binned([...pairs, { said: 1, was: 0.7 }], [0, 0.5, 1])).toEqual([
      { said: 0.25, was: 0.5, low: 0.1, high: 0.9, count: 10 },
      { said: 1, was: 0.7, low: 0.7, high: 0.7, count: 1 },
    ])
  })
})

describe('calibrationChart()', () => {
  it('draws what was right on the diagonal, higher when more came true, and says its figures', () => {
    const svg = calibrationChart({
      ...chart,
      dots: [
        { said: 0.5, was: 0.5, count: 4 },
        { said: 0.5, was: 1, count: 1 },
      ],
    })
    const [even, more] = [...svg.matchAll(/<circle class="dot" cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)">/g)]
    const [[x1, y1], [x2, y2]] = [
      ...svg.matchAll(/class="ideal" x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)"/g),
    ].map(
      m =>
        [
          [Number(m[1]), Number(m[2])],
          [Number(m[3]), Number(m[4])],
        ] as const,
    )[0]!
    expect(Number(even![1])).toBeCloseTo((x1 + x2) / 2, 0)
    expect(Number(even![2])).toBeCloseTo((y1 + y2) / 2, 0)
    expect(Number(more![2])).toBeCloseTo(y2, 0)
    expect(Number(even![3])).toBe(2 * Number(more![3]))
    expect(svg).toContain('said 50 %, was 100 %, 1 times')
    expect(svg).toContain('A &lt; B')
  })
})
