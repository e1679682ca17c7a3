import type { Config } from '../../../contract/config.js'
import type { Section } from '../../../contract/console/settings.js'
import type { App } from '../../../shell/app.js'
import { type Trial, tryUses } from '../../../shell/running/trial.js'
import { mapSamples } from '../../../shell/running/sample.js'
import { type Judged, judgedLines, signalsIn } from '../../../shell/running/judged.js'
import type { SettingsDesk } from '../../../shell/settings/desk.js'

/** So long a source has to say something while somebody waits for the page. */
const TRY_SECONDS = 10
/** Uses that are tried at once: a probe may have a thousand targets. */
const TRIED_MOST = 8
/** Lines, and signals of a sample, that are told of one trial. */
const [LINES_MOST, SIGNALS_MOST] = [30, 5]

/** What came of a trial, in sentences; the first is the answer. */
export interface Told {
  good: boolean
  lines: string[]
}

export const TRIES: Readonly<Partial<Record<Section, string>>> = {
  sources: 'Read it once',
  receivers: 'Open it once',
  probes: 'Look once',
  notifiers: 'Send a test message',
}

/** Reads, looks, or sends once, by the settings of a configuration; nothing is kept of it. */
export async function tryEntry(app: App, config: Config, section: Section, id: string): Promise<Told> {
  if (section === 'notifiers') return tryNotifier(app, config, id)
  const is = (each: { id: string; of?: string | null }) => each.id === id || each.of === id
  const uses = {
    plugins: config.plugins,
    sources: section === 'sources' ? config.sources.filter(is) : [],
    receivers: section === 'receivers' ? config.receivers.filter(is) : [],
    probes: section === 'probes' ? config.probes.filter(is).slice(0, TRIED_MOST) : [],
    notifiers: [],
  }
  const trials = await tryUses(uses, { now: app.env.now, log: () => {} }, TRY_SECONDS)
  if (trials.length === 0) return { good: false, lines: ['There is nothing to try.'] }
  return { good: trials.every(({ outcome }) => outcome !== 'failed'), lines: trials.flatMap(linesOf) }
}

async function tryNotifier(app: App, config: Config, id: string): Promise<Told> {
  const use = config.notifiers.find(each => each.id === id)
  const tried = use === undefined ? null : await app.routing.tryOne(config.plugins, use)
  if (tried === null) return { good: false, lines: ['There is no such channel.'] }
  const { taken, said, tookMs } = tried
  return { good: taken, lines: [`${taken ? 'Taken' : 'Not taken'} after ${Math.round(tookMs)} ms: ${said}`] }
}

function linesOf({ kind, id, outcome, why, judged, pasts }: Trial): string[] {
  const head = `${kind} ${id}: `
  const judgedLines = judged === null ? [] : linesOfJudged(judged)
  if (outcome === 'failed') return [`${head}${why ?? 'it failed'}`, ...judgedLines]
  if (outcome === 'waits') return [`${head}it opens, and waits for what is posted to /in/${id}`]
  if (kind === 'probe') return [`${head}${why ?? 'ok'}`]
  if (outcome === 'silent' && judged === null)
    return [`${head}it can be read, and said nothing within ${TRY_SECONDS} s`]
  return [
    `${head}${judged === null ? 'nothing' : signalsIn(judged)} would be taken`,
    ...judgedLines,
    ...(pasts > 0 ? [`${pasts} counts of the past to learn from`] : []),
  ]
}

const linesOfJudged = (judged: Judged): string[] =>
  judgedLines(judged)
    .slice(0, LINES_MOST)
    .map(line => line.trim())

/** What would become of a sample that somebody pasted, by the settings of a source or a receiver. */
export async function trySample(
  app: App,
  desk: SettingsDesk,
  config: Config,
  { section, id, sample }: { section: Section; id: string; sample: string },
): Promise<Told> {
  const kind = section === 'sources' ? 'source' : 'receiver'
  const use = config[section === 'sources' ? 'sources' : 'receivers'].find(each => each.id === id)
  if (use === undefined) return { good: false, lines: ['There is no such entry.'] }
  const registry = await desk.registry()
  try {
    const plugin = kind === 'source' ? await registry.get('source', use.use) : await registry.get('receiver', use.use)
    const options = { now: app.env.now(), path: '', headers: {} }
    const made = await mapSamples(plugin, use, [Buffer.from(sample)], options)
    const { judged, signals, ignored, refused, dropped } = made
    return {
      good: judged.accepted > 0,
      lines: [
        `${signalsIn(judged)} would be taken.`,
        ...signals.slice(0, SIGNALS_MOST).map(each => JSON.stringify(each).slice(0, 400)),
        ...linesOfJudged(judged),
        ...refused.map(({ rule, message }) => `refused: ${rule}: ${message}`),
        ...dropped.map(({ rule, count }) => `left out: ${count} by ${rule}`),
        ...Object.entries(ignored).map(([why, count]) => `of no use: ${count}, ${why}`),
      ],
    }
  } catch (error) {
    return { good: false, lines: [(error as Error).message] }
  }
}
