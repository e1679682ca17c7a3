import type { FastifyInstance } from 'fastify'
import { unanswered } from '../../core/words/claim.js'
import { draftOf, POLICY } from '../../core/words/draft.js'
import { type Line, line, time } from '../../core/words/says.js'
import { asOf, foldedOf, nextAfterNow, nextDue, publicWords, type Story } from '../../core/words/story.js'
import { MINUTE } from '../../contract/time.js'
import type { App } from '../../shell/app.js'
import { every } from '../../shell/every.js'
import { carryOut } from '../api/orders.js'
import { storyOf } from './reading.js'
import { inAllLanguages } from './tongues.js'

/** Open incidents that are looked at in one turn; more wait for the next. */
const LOOKED_AT = 200

const bare = (lines: readonly Line[]): string =>
  JSON.stringify(lines.filter(each => each.say !== 'next').map(({ say, slots }) => [say, slots]))

/**
 * What an update says that goes out by itself: the draft, or, where it would be what was said last, that nothing has changed.
 * So nothing goes out twice, and the promise of a next word is kept.
 */
export function updateOf(story: Story, nextAt: number | null): Line[] {
  const { lines } = draftOf(story, nextAt)
  const last = publicWords(story).at(-1)?.order
  if (last?.by !== POLICY || unanswered(story).length > 0) return lines
  if (bare(draftOf(asOf(story, last.at - 1), null, []).lines) !== bare(lines)) return lines
  return [
    line('unchanged', { at: time(last.at) }, [last.id], [`order:${last.id}`]),
    ...lines.filter(each => each.say === 'next'),
  ]
}

/** Sends the drafts that are due and that the configuration lets go out by themselves; ids of their incidents. */
export async function sendDue(app: App): Promise<string[]> {
  const { everyMs, send } = app.config.updates
  if (send.length === 0) return []
  const sent: string[] = []
  for (const incident of await app.reader.incidents({ open: true, limit: LOOKED_AT })) {
    if (!send.includes(incident.severity) || everyMs[incident.severity] === undefined) continue
    const { story } = await storyOf(app.reader, incident, app.now)
    const due = nextDue(story, everyMs)
    // The first one does not wait: whoever looks at the page has nothing to read yet.
    if (foldedOf(story) === null || due === null || (publicWords(story).length > 0 && due > app.now)) continue
    const lines = updateOf(story, nextAfterNow(story, everyMs))
    const { text, translations } = inAllLanguages(lines, story)
    const seen = story.orders.at(-1)?.id ?? ''
    const word = { verb: 'say', by: POLICY, why: 'an update was due', text } as const
    await carryOut(app, incident.id, { ...word, seen }, null, { translations })
    sent.push(incident.id)
  }
  return sent
}

/** Looks each minute what is due, where the configuration lets anything go out by itself. */
export function keepPromises(server: FastifyInstance, app: App): void {
  const { log } = app.env
  const idle = () => app.config.updates.send.length === 0
  const timer = every(MINUTE, async () => void (await sendDue(app)), { idle, log })
  server.addHook('preClose', async () => clearInterval(timer))
}
