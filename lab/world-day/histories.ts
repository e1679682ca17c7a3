import type { Notice } from '../../src/contract/signal.js'
import { TEXT_CHARS } from '../../src/contract/limits.js'
import { type EpochMs, MINUTE } from '../../src/contract/time.js'
import vendorPage from '../../src/plugin/source/vendor-page.js'
import { pluginEnv } from '../../src/shell/outside/env.js'
import { json, Web } from './web.js'

// A recorded history of a vendor's page, played again: at each time the page says what it said by then, and is asked as a page is.

interface GoogleIncident {
  id: string
  begin: string
  created: string
  end?: string
  updates: { when: string; text: string }[]
}
interface AwsEvent {
  date: string
  description: string
}

/** A word of the record: when it was there first, and all that was said. */
interface Word {
  at: EpochMs
  text: string
}
export interface History {
  platform: 'google' | 'aws'
  words: Word[]
  /** The page as it was. */
  at(now: EpochMs): string
}

export function googleHistory(text: string): History {
  const all = JSON.parse(text) as GoogleIncident[]
  const time = (iso: string) => Date.parse(iso)
  const words = all.flatMap(each => each.updates.map(({ when, text }) => ({ at: time(when), text })))
  return {
    platform: 'google',
    words,
    at: now =>
      JSON.stringify(
        all.flatMap(each => {
          const updates = each.updates.filter(({ when }) => time(when) <= now)
          if (updates.length === 0) return []
          const { end, ...rest } = each
          return [{ ...rest, updates, ...(end !== undefined && time(end) <= now ? { end } : {}) }]
        }),
      ),
  }
}

/** An archive has each event as it ended: it is there from its date on. */
export function awsHistory(text: string): History {
  const { archive } = JSON.parse(text) as { archive: AwsEvent[] }
  const time = ({ date }: AwsEvent) => Number(date) * 1_000
  return {
    platform: 'aws',
    words: archive.map(each => ({ at: time(each), text: each.description })),
    at: now => JSON.stringify({ current: [], archive: archive.filter(each => time(each) <= now) }),
  }
}

/** Letters and figures alone: how a text is marked up and spaced is no word of it. */
const bare = (text: string): string =>
  text
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/&[#\w]+;/g, ' ')
    .replaceAll(/[^\p{L}\p{N}]+/gu, '')

/** Which words were told, how often, and what was told that nobody said. */
export async function playHistory(
  history: History,
): Promise<{ words: number; told: number; twice: number; invented: string[] }> {
  let now = 0
  await using web = new Web(() => json(history.at(now)))
  await web.listen()
  const env = { ...web.outside(pluginEnv({ now: () => now, log: () => {} }, true)), now: () => now }
  const settings = { platform: history.platform, url: 'https://status.example/', services: [{ service: 'cloud' }] }
  await using source = await vendorPage.open({ ...settings, everySeconds: 120 }, env)
  const stop = new AbortController().signal
  let state: unknown
  // The same word may be handed over again, under its id: it counts once.
  const byId = new Map<string, string>()
  /** What is one word by its incident, its time and its text. */
  const words = new Set<string>()
  for (const at of [...new Set(history.words.map(each => each.at))].sort((a, b) => a - b)) {
    now = at + MINUTE
    const batch = await source.poll!(state, stop)
    state = batch.state
    for (const { id, thread, at: saidAt, text } of batch.signals as Notice[])
      if (text !== undefined) {
        byId.set(id, text)
        words.add(`${thread} ${saidAt} ${text}`)
      }
  }
  const texts = [...byId.values()]
  const said = history.words.map(each => bare(each.text))
  const told = texts.map(bare)
  const whole = said.join('\n')
  return {
    words: said.length,
    // A long word is cut, and an archive's text is told line by line.
    told: said.filter(each => told.some(text => text !== '' && (each.startsWith(text) || each.includes(text)))).length,
    twice: byId.size - words.size,
    invented: texts.filter(text => text.length < TEXT_CHARS && !whole.includes(bare(text))).slice(0, 5),
  }
}
