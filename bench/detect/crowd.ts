/**
 * The spike detector on real report counts, beside what is known to have happened; prints a markdown table.
 *   node --import ./scripts/ts.mjs bench/detect/crowd.ts (bench/detect/crowd.ts) [--shared ../shared] [--false-alarms-per-day 0.033] [--list]
 *
 * Found: an episode raised from one hour before the start to the end of the event (those without an end get three hours). Unexplained: an
 * episode that overlaps no event of its service. Nobody lists most outages of these services, so unexplained does not mean false.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { csvParse } from 'd3-dsv'
import { commonStep, judgeSeries } from '../../src/cli/detect/run.js'
import { readSeriesFile, type SeriesRow } from '../../src/cli/detect/series-file.js'

const HOUR = 3_600_000
const MONTH = 30.44 * 24 * HOUR

interface Event {
  service: string
  from: number
  to: number
  what: string
  major: boolean
}

interface Episode {
  raised: number
  onset: number
  ended: number
  bits: number
  reports: number
}

function events(folder: string): Event[] {
  const known = csvParse(readFileSync(join(folder, 'known-events.csv'), 'utf8')).map(row => ({
    service: row['service'] ?? '',
    from: Date.parse(row['start'] ?? ''),
    to: Date.parse(row['end'] ?? ''),
    what: row['what'] ?? '',
    major: !/minor/.test(row['what'] ?? ''),
  }))
  const official = csvParse(readFileSync(join(folder, 'github-official-incidents.csv'), 'utf8')).map(row => ({
    service: 'github',
    from: Date.parse(row['start_utc'] ?? ''),
    to: Date.parse(row['end_utc'] ?? ''),
    what: `official, ${row['impact']}`,
    major: row['impact'] !== 'minor',
  }))
  return [...known, ...official]
}

function episodes(rows: readonly SeriesRow[], falseAlarmsPerDay: number): Episode[] {
  const found: Episode[] = []
  let open = false
  judgeSeries(rows, commonStep(rows), commonStep(rows), falseAlarmsPerDay, reading => {
    // Worse within an open episode is no new one here.
    if (reading.change === 'raised' && !open) {
      found.push({ raised: reading.at, onset: reading.onset!, ended: reading.at, bits: reading.bits, reports: 0 })
    }
    open = reading.alarm
    const last = found.at(-1)
    if (last === undefined || !open) return
    last.ended = reading.at
    last.bits = Math.max(last.bits, reading.bits)
    last.reports = reading.observedSinceOnset
  })
  return found
}

/** Noise shows this once in 2^20 days, some 2,900 years: whatever made it, something did. */
const SURE_BITS = 20

const iso = (at: number) => new Date(at).toISOString().slice(0, 16)

export function run(folder: string, falseAlarmsPerDay: number, list: boolean): string {
  if (!existsSync(folder)) return `No data: ${folder} is absent; give the folder that holds data/crowd by --shared.`
  const { rows } = readSeriesFile(join(folder, 'reports-20min.csv.gz'), 'series')
  const all = events(folder)
  const lines = [
    `Asked: ${falseAlarmsPerDay} false alarms a day and service, that is ${(falseAlarmsPerDay * 30.44).toFixed(1)} a month.`,
    '',
    '| service | months | reports | episodes | major known events found | minor found | unexplained | a month | of these below 20 bits, a month |',
    '|---|---|---|---|---|---|---|---|---|',
  ]
  const detail: string[] = []
  for (const service of [...new Set(rows.map(row => row.service))].sort()) {
    const own = rows.filter(row => row.service === service).sort((a, b) => a.at - b.at)
    const mine = all.filter(e => e.service === service)
    const got = episodes(own, falseAlarmsPerDay)
    const matches = (e: Event, episode: Episode) => episode.ended >= e.from - HOUR && episode.onset <= e.to
    const found = (e: Event) => got.find(episode => matches(e, episode))
    const major = mine.filter(e => e.major)
    const minor = mine.filter(e => !e.major)
    const unexplained = got.filter(episode => !mine.some(e => matches(e, episode)))
    const months = (own.at(-1)!.at - own[0]!.at) / MONTH
    lines.push(
      `| ${service} | ${months.toFixed(1)} | ${own.reduce((n, row) => n + row.count, 0)} | ${got.length} | ${major.filter(found).length} of ${major.length} | ${minor.filter(found).length} of ${minor.length} | ${unexplained.length} | ${(unexplained.length / months).toFixed(2)} | ${(unexplained.filter(e => e.bits < SURE_BITS).length / months).toFixed(2)} |`,
    )
    for (const e of major) {
      const hit = found(e)
      detail.push(
        `| ${service} | ${iso(e.from)} | ${e.what} | ${hit === undefined ? 'missed' : `${iso(hit.raised)} (${Math.round((hit.raised - e.from) / 60_000)} min), onset ${iso(hit.onset)}, ${hit.bits.toFixed(0)} bits`} |`,
      )
    }
    if (list)
      for (const episode of unexplained)
        detail.push(
          `| ${service} | ${iso(episode.onset)} | unexplained, ${episode.reports} reports, until ${iso(episode.ended)} | ${iso(episode.raised)}, ${episode.bits.toFixed(1)} bits |`,
        )
  }
  return [...lines, '', '| service | event | what | raised |', '|---|---|---|---|', ...detail].join('\n')
}

function option(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`)
  return at > 0 ? (process.argv[at + 1] ?? fallback) : fallback
}

if (process.argv[1]?.endsWith('detect/crowd.ts')) {
  console.log(
    run(
      join(option('shared', '../shared'), 'data/crowd'),
      Number(option('false-alarms-per-day', '0.033')),
      process.argv.includes('--list'),
    ),
  )
}
