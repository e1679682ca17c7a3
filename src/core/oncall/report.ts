import { HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import { inHours } from '../calendar/hours.js'
import type { Shift } from './rota.js'

/** How the load is shared: hours on call, those of nights and weekends apart, and how far each is from an even share. */
export interface Share {
  person: string
  hours: number
  nights: number
  weekends: number
  /** Of an even share of all hours, 1 being even. */
  ofEven: number
}

const NIGHT = { from: '22:00', until: '07:00' }
const WEEKEND: { days: ('saturday' | 'sunday')[] } = { days: ['saturday', 'sunday'] }
/** Hours are counted in steps of this. */
const STEP_MS = 15 * MINUTE

/** @param people all among whom it is shared, those who had none of it too */
export function fairShare(shifts: readonly Shift[], people: readonly string[], zone: string): Share[] {
  const shares = new Map<string, Share>()
  for (const person of people) shares.set(person, { person, hours: 0, nights: 0, weekends: 0, ofEven: 0 })
  let all = 0
  for (const { from, until, person } of shifts) {
    if (person === null) continue
    const share = shares.get(person) ?? { person, hours: 0, nights: 0, weekends: 0, ofEven: 0 }
    shares.set(person, share)
    for (let at: EpochMs = from; at < until; at += STEP_MS) {
      const hours = Math.min(STEP_MS, until - at) / HOUR
      share.hours += hours
      all += hours
      if (inHours(NIGHT, at, zone)) share.nights += hours
      if (inHours(WEEKEND, at, zone)) share.weekends += hours
    }
  }
  const even = all / Math.max(1, shares.size)
  for (const each of shares.values()) each.ofEven = even === 0 ? 1 : each.hours / even
  return [...shares.values()].toSorted((a, b) => b.hours - a.hours || (a.person < b.person ? -1 : 1))
}
