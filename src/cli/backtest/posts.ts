import { createWriteStream, type WriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { Config, Use } from '../../contract/config.js'
import { TransientError } from '../../contract/error.js'
import type { IncidentEvent } from '../../contract/incident.js'
import type { Observation } from '../../contract/signal.js'
import type { EpochMs } from '../../contract/time.js'
import { TROUBLED } from '../../core/evidence/people.js'
import { classify } from '../../core/text/classify.js'
import { POST_ARCHIVE, Registry } from '../../plugin/registry.js'
import { load } from '../../shell/config/load.js'
import { sentenceOf } from '../../shell/config/sentence.js'
import { pluginEnv } from '../../shell/outside/env.js'
import { Replay } from '../../shell/replay.js'
import { watchConfig } from '../serve/watch.js'
import { clock, table } from './report.js'

export interface PostsOptions {
  /** How far back, in milliseconds. */
  posts: number
  config?: string
  watch?: string
  /** The usual one, if not given. */
  url?: string
  /** A file for the signals, as `replay` reads them. */
  keep?: string
  json: boolean
}

/** Interruptions in a row, with nothing read between them, until it is given up. */
const INTERRUPTIONS = 5
/** Progress is written so often, to a terminal. */
const PROGRESS_MS = 250

class PostsError extends Error {}

/** What was read of one service. */
interface Heard {
  posts: number
  complaints: number
}

/**
 * Reads the posts of the last hours into the judge that serves, and prints what would have been told, and when; returns the exit code. The
 * hours before them are not known, so what is usual is learned within them.
 */
export async function runPosts(options: PostsOptions): Promise<number> {
  const complain = (text: string) => void process.stderr.write(`epicenter backtest: ${text}\n`)
  try {
    const config = await configOf(options)
    const use = config.sources.find(each => each.use === POST_ARCHIVE.use)
    if (use === undefined)
      throw new PostsError(`the configuration has no source \`use: ${POST_ARCHIVE.use}\` that names services`)
    const events: IncidentEvent[] = []
    const { falseAlarmsPerMonth, services } = config
    const replay = new Replay(event => events.push(event), {
      config: { clock: 'signals', falseAlarmsPerMonth, services },
    })
    const url = options.url ?? POST_ARCHIVE.url
    const since = Date.now() - options.posts
    const keep = options.keep === undefined ? null : createWriteStream(options.keep)
    const heard = await readInto(replay, use, { url, since }, keep, complain)
    replay.end()
    if (keep !== null) await finished(keep.end())
    if (options.json) process.stdout.write(`${JSON.stringify({ since, url, heard, events })}\n`)
    else process.stdout.write(told(url, since, heard, events))
    return 0
  } catch (error) {
    if (!(error instanceof PostsError || error instanceof TransientError)) throw error
    complain(error.message)
    return 2
  }
}

async function configOf({ config: file, watch }: PostsOptions): Promise<Config> {
  if ((file === undefined) === (watch === undefined)) throw new PostsError('give --watch or --config: which services')
  if (watch !== undefined) {
    const { config, why } = await watchConfig(watch)
    if (config === null) throw new PostsError(why)
    return config
  }
  const { config, findings } = await load(file!, process.env)
  if (config === null) throw new PostsError(`${file}: ${findings.map(sentenceOf).join('\n  ')}`)
  return config
}

/** Goes on where it was interrupted; what is read twice counts once. */
async function readInto(
  replay: Replay,
  use: Use,
  { url, since }: { url: string; since: EpochMs },
  keep: WriteStream | null,
  complain: (text: string) => void,
): Promise<Record<string, Heard>> {
  const { registry } = await Registry.open([])
  const plugin = await registry.get('source', POST_ARCHIVE.use)
  const log = (level: string, what: string, detail?: object) =>
    level === 'info' ? undefined : complain(`${what}${detail === undefined ? '' : ` ${JSON.stringify(detail)}`}`)
  const env = pluginEnv({ now: Date.now, log }, use.allowPrivate ?? false)
  await using source = await plugin.open({ ...use.settings, judge: undefined, url, since } as never, env)
  const heard: Record<string, Heard> = {}
  const stop = new AbortController()
  let state: unknown
  for (let tries = 0; ; ) {
    try {
      for await (const batch of source.read!(stop.signal, state)) {
        tries = 0
        state = batch.state
        const lines = batch.signals.map(signal => `${JSON.stringify(signal)}\n`).join('')
        note(heard, batch.signals as Observation[])
        replay.push(Buffer.from(lines))
        keep?.write(lines)
        progress(state)
        if (batch.done === true) return heard
      }
    } catch (error) {
      if (!(error instanceof TransientError) || ++tries > INTERRUPTIONS) throw error
      complain(`${error.message}; it is asked again`)
    }
  }
}

function note(heard: Record<string, Heard>, signals: readonly Observation[]): void {
  for (const { service, text } of signals) {
    const of = (heard[service] ??= { posts: 0, complaints: 0 })
    of.posts++
    if (text !== undefined && TROUBLED.has(classify(text))) of.complaints++
  }
}

let saidAt = 0
function progress(state: unknown): void {
  if (process.stderr.isTTY !== true || performance.now() - saidAt < PROGRESS_MS) return
  saidAt = performance.now()
  const { cursor } = state as { cursor: number }
  process.stderr.write(`\r\u001b[K${clock(cursor / 1_000)} UTC\r`)
}

function told(url: string, since: EpochMs, heard: Record<string, Heard>, events: readonly IncidentEvent[]): string {
  const rows = Object.entries(heard).sort(([, a], [, b]) => b.complaints - a.complaints || b.posts - a.posts)
  const said = events.filter(({ event }) => event !== 'note')
  return [
    `Posts since ${clock(since)} UTC, from ${new URL(url).host}`,
    '',
    rows.length === 0
      ? 'None names a service.'
      : table(
          ['service', 'posts', 'complaints'],
          rows.map(([service, { posts, complaints }]) => [service, posts, complaints]),
        ),
    '',
    said.length === 0
      ? 'Nothing would have been told.'
      : table(
          ['at', 'service', 'event', 'what', 'since'],
          said.map(({ at, service, event, severity, kind, startedAt }) => [
            clock(Date.parse(at)),
            service,
            event,
            [severity, kind].filter(Boolean).join(' ') || '–',
            startedAt === undefined ? '–' : clock(Date.parse(startedAt)),
          ]),
        ),
    '',
  ].join('\n')
}
