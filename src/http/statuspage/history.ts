import { DAY, type EpochMs } from '../../contract/time.js'
import { offsetMsAt, toLocal, utcOf } from '../../core/calendar/zone.js'
import { englishTitle } from '../pages/status/title.js'
import type { PageView } from './page-view.js'
import type { PublicIncident } from './public-incident.js'

/** `/history.json?page=N`: three months a page, the newest first, as Statuspage's history has them. */

/** Calendar months on a page, as Statuspage has it. */
export const MONTHS_A_PAGE = 3
/** 25 years back. */
export const PAGES_MAX = 100
const MONTHS = 'January February March April May June July August September October November December'.split(' ')

export interface Month {
  name: string
  year: number
  /** Weekday of the first day; Sunday is 0. */
  starts_on: number
  days: number
  incidents: {
    code: string
    name: string
    message: string
    impact: string
    timestamp: string
    epicenter: { started_at: string; resolved_at: string | null }
  }[]
}

/** The three months of a page as [year, month from 1], newest first. */
export function monthsOf(now: EpochMs, zone: string, page: number): [number, number][] {
  const { year, month } = toLocal(now, zone)
  const newest = year * 12 + month - 1 - (page - 1) * MONTHS_A_PAGE
  return Array.from({ length: MONTHS_A_PAGE }, (_, i) => [Math.floor((newest - i) / 12), ((newest - i) % 12) + 1])
}

export function historyOf(picture: PageView, page: number): Month[] {
  const {
    incidents,
    now,
    page: { timeZone },
  } = picture
  return monthsOf(now, timeZone, page).map(([year, month]) => {
    const first = Date.UTC(year, month - 1, 1)
    return {
      name: MONTHS[month - 1] as string,
      year,
      starts_on: new Date(first).getUTCDay(),
      days: Math.round((Date.UTC(year, month, 1) - first) / DAY),
      incidents: incidents
        .filter(each => {
          const local = toLocal(each.startedAt, timeZone)
          return local.year === year && local.month === month
        })
        .map(each => ({
          code: each.id,
          name: englishTitle(each, picture),
          message: each.steps.findLast(step => step.body !== '')?.body ?? '',
          impact: each.impact,
          timestamp: stamp(each, timeZone),
          epicenter: {
            started_at: new Date(each.startedAt).toISOString(),
            resolved_at: each.resolvedAt === null ? null : new Date(each.resolvedAt).toISOString(),
          },
        })),
    }
  })
}

/** `Feb <var data-var='date'>3</var>, <var …>20:12</var> - <var …>23:05</var> UTC`, which scrapers take apart. */
function stamp({ startedAt, resolvedAt }: PublicIncident, zone: string): string {
  const day = (at: EpochMs) => {
    const { month, day } = toLocal(at, zone)
    return `${(MONTHS[month - 1] as string).slice(0, 3)} <var data-var='date'>${day}</var>`
  }
  const clock = (at: EpochMs) => {
    const { hour, minute } = toLocal(at, zone)
    return `<var data-var='time'>${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}</var>`
  }
  const name = zoneName(startedAt, zone)
  if (resolvedAt === null) return `${day(startedAt)}, ${clock(startedAt)} ${name}`
  const sameDay = dayOf(startedAt, zone) === dayOf(resolvedAt, zone)
  return `${day(startedAt)}, ${clock(startedAt)} - ${sameDay ? '' : `${day(resolvedAt)}, `}${clock(resolvedAt)} ${name}`
}

const dayOf = (at: EpochMs, zone: string) => Math.floor(utcOf(toLocal(at, zone)) / DAY)

function zoneName(at: EpochMs, zone: string): string {
  const minutes = Math.round(offsetMsAt(at, zone) / 60_000)
  if (minutes === 0) return 'UTC'
  const size = Math.abs(minutes)
  return `UTC${minutes < 0 ? '-' : '+'}${String(Math.floor(size / 60)).padStart(2, '0')}:${String(size % 60).padStart(2, '0')}`
}
