import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Changed } from '../shell/app.js'
import { News } from './news.js'

const none: Changed = { services: [], incidents: [], now: 1, reset: false }

function world() {
  let listener: (changed: Changed) => void = () => {}
  const news = new News({
    onChange: each => {
      listener = each
      return () => {
        listener = () => {}
      }
    },
  })
  const told: Changed[] = []
  news.onNews(each => told.push(each))
  return { news, told, change: (more: Partial<Changed> = {}) => listener({ ...none, ...more }) }
}

describe('news', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('is told at once, and what follows soon after it together', () => {
    const { news, told, change } = world()
    change({ services: ['a'] })
    expect([news.edition, told]).toEqual([1, [{ ...none, services: ['a'] }]])
    for (let i = 0; i < 25; i++) change({ services: ['a', 'b'], incidents: [`i${i % 2}`], now: 2 + i })
    expect(news.edition).toBe(1)
    vi.advanceTimersByTime(500)
    expect(news.edition).toBe(2)
    expect(told[1]).toEqual({ services: ['a', 'b'], incidents: ['i0', 'i1'], now: 26, reset: false })
    vi.advanceTimersByTime(5_000)
    expect(news.edition).toBe(2)
    change()
    expect(news.edition).toBe(3)
  })

  it('is told twice a second at most, however fast the data moves', () => {
    const { news, change } = world()
    for (let ms = 0; ms < 10_000; ms += 10) {
      change({ services: ['a'] })
      vi.advanceTimersByTime(10)
    }
    expect(news.edition).toBeGreaterThanOrEqual(19)
    expect(news.edition).toBeLessThanOrEqual(21)
  })

  it('is told less often when making the pages takes long, and again as often when it does not', () => {
    const { news, change } = world()
    const told = (ms: number) => {
      const before = news.edition
      for (let i = 0; i < ms; i += 10) {
        change({ services: ['a'] })
        vi.advanceTimersByTime(10)
      }
      return news.edition - before
    }
    news.took(100)
    expect(told(10_000)).toBeLessThanOrEqual(11)
    news.took(10_000)
    expect(told(15_000)).toBeLessThanOrEqual(11)
    expect(told(15_000)).toBeGreaterThanOrEqual(9)
    news.took(3)
    told(2_000)
    expect(told(10_000)).toBeGreaterThanOrEqual(19)
  })

  it('of a new start is told at once, and the edition never returns', () => {
    const { news, told, change } = world()
    change({ services: ['a'] })
    change({ services: ['b'] })
    change({ reset: true })
    expect(news.edition).toBe(2)
    expect(told[1]).toEqual({ services: ['b'], incidents: [], now: 1, reset: true })
    vi.advanceTimersByTime(5_000)
    expect(news.edition).toBe(2)
  })

  it('ends when it is closed', () => {
    const { news, told, change } = world()
    change()
    change()
    news.close()
    vi.advanceTimersByTime(5_000)
    change()
    expect(told).toHaveLength(1)
  })
})
