import { existsSync } from 'node:fs'
import type { Config } from '../../contract/config.js'
import type { Decision } from '../../contract/oncall/routing.js'
import type { IncidentEvent } from '../../contract/incident.js'
import type { Order } from '../../contract/order.js'
import type { Change } from '../../contract/signal.js'
import { DAY, type EpochMs } from '../../contract/time.js'
import { load } from '../../shell/config/load.js'
import { realEnv } from '../../shell/env.js'
import { files } from '../../shell/folder/data-folder.js'
import { keepingOf, openStore } from '../../shell/keep.js'
import { Replay } from '../../shell/replay.js'
import { RoutePlay } from '../../shell/routing/play.js'
import { tellFindings } from '../check/run.js'
import { openBytes } from '../replay/run.js'
import type { RouteOptions } from './command.js'

/** Events that are read at once. */
const EVENTS_AT_ONCE = 500

const say = (line: string) => process.stderr.write(`epicenter route: ${line}\n`)

/** Resolves with the exit code. */
export async function runRoute(history: string | undefined, options: RouteOptions): Promise<number> {
  const { config, findings } = await load(options.config, process.env)
  if (config === null) {
    tellFindings(options.config, findings)
    return 2
  }
  if (config.routes === null) {
    say(`${options.config} has no routes: every notifier hears of all news`)
    return 2
  }
  const decisions: Decision[] = []
  const play = new RoutePlay(config, each => decisions.push(each))
  let end: EpochMs
  try {
    end = history === undefined ? await playFolder(play, config, options) : await playSignals(play, config, history)
  } catch (error) {
    say((error as Error).message)
    return 1
  }
  const shown = decisions.filter(each => end - each.at <= options.days * DAY)
  process.stdout.write(
    options.json ? shown.map(each => `${JSON.stringify(each)}\n`).join('') : textOf(shown, options.explain),
  )
  return 0
}

/** What was committed, with what people did, in the order of time. */
async function playFolder(play: RoutePlay, config: Config, { data, days }: RouteOptions): Promise<EpochMs> {
  const folder = data ?? config.data
  const file = files(folder).store
  if (!existsSync(file)) throw new Error(`there is no data in ${folder}`)
  await using store = await openStore(keepingOf(config), realEnv(), { file, readonly: true })
  const { now } = await store.committed()
  const reader = store.reader()
  const all: { at: EpochMs; event?: IncidentEvent; order?: Order }[] = []
  const incidents = new Set<string>()
  for (let cursor = 0; ; ) {
    const read = await store.eventsAfter(cursor, EVENTS_AT_ONCE)
    if (read.length === 0) break
    cursor = read.at(-1)!.cursor
    // Whoever began before the days that are shown is played from its beginning.
    for (const { event } of read) all.push({ at: Date.parse(event.at), event })
    for (const { event } of read) if (now - Date.parse(event.at) <= (days + 1) * DAY) incidents.add(event.incident)
  }
  const mine = all.filter(each => incidents.has(each.event!.incident))
  for (const id of incidents) for (const order of await reader.orders(id)) mine.push({ at: order.at, order })
  for (const { at, event, order } of mine.toSorted((a, b) => a.at - b.at))
    play.take({ events: event === undefined ? [] : [event], orders: order === undefined ? [] : [order] }, at)
  play.until(now)
  return now
}

/** What the engine would have made of signals. */
async function playSignals(play: RoutePlay, config: Config, history: string): Promise<EpochMs> {
  const { falseAlarmsPerMonth, services } = config
  const replay = new Replay(() => {}, {
    config: { clock: 'signals', falseAlarmsPerMonth, services },
    batch: 1,
    outcome: ({ events, services: rows, facts }, now) =>
      play.take(
        {
          events,
          alerts: new Map(rows.map(row => [row.service, row.alerts ?? []])),
          changes: facts.filter((each): each is Change => each.via === 'change'),
        },
        now,
      ),
  })
  for await (const chunk of openBytes(history)) replay.push(chunk)
  replay.end()
  if (replay.counts.accepted === 0) throw new Error(`no signal in ${history === '-' ? 'standard input' : history}`)
  play.until(replay.now)
  return replay.now
}

function textOf(decisions: readonly Decision[], explain: boolean): string {
  const told = decisions.filter(each => each.told)
  const count = new Map<string, number>()
  for (const each of told) for (const to of each.to) count.set(to, (count.get(to) ?? 0) + 1)
  const reasons = new Map<string, number>()
  for (const each of decisions) if (!each.told) reasons.set(each.reason, (reasons.get(each.reason) ?? 0) + 1)
  const lines = [
    ...(explain ? decisions.map(lineOf) : []),
    `sent: ${listed(count) || 'nothing'}`,
    `kept back: ${listed(reasons) || 'nothing'}`,
  ]
  return `${lines.join('\n')}\n`
}

const listed = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([name, n]) => `${name} ${n}`)
    .join(', ')

const lineOf = ({ at, told, to, about, service, thread, reason, because }: Decision): string =>
  [
    new Date(at).toISOString().slice(0, 16),
    told ? `sent to ${to.join(', ')}` : 'kept back',
    thread === undefined ? about : `${service}: ${thread}`,
    `${reason}: ${because}`,
  ].join('  ')
