import { COMMAND_FIELDS } from '../../contract/order.js'
import { type Language, LANGUAGE_TAGS } from '../../contract/people.js'
import type { EpochMs } from '../../contract/time.js'
import { draftOf } from '../../core/words/draft.js'
import type { Line } from '../../core/words/says.js'
import { asOf, nextAfterNow, type Story, type UpdateEvery } from '../../core/words/story.js'
import { draftText } from './markdown.js'
import { sayerOf } from './say.js'

/** Words that go out, in English and in all other languages by tag. */
interface Tongues {
  text: string
  translations: Record<string, string>
}

/** Lines of an update as they go out, cut to the size of a command in each language. */
export function inAllLanguages(lines: readonly Line[], story: Story): Tongues {
  const { en: text, ...translations } = Object.fromEntries(
    LANGUAGE_TAGS.map(tag => [tag, draftText(lines, sayerOf(tag, story), COMMAND_FIELDS.text.chars)]),
  ) as Record<Language, string>
  return { text, translations }
}

/**
 * The other languages of an update that a person sends as it was drafted; null: they changed it, so nobody has it in another one.
 *
 * @param drafted when it was drafted for them
 */
export function translationsOf(text: string, story: Story, drafted: EpochMs, every: UpdateEvery): Tongues | null {
  const then = asOf(story, Math.min(drafted, story.now))
  const found = inAllLanguages(draftOf(then, nextAfterNow(then, every)).lines, then)
  // A browser sends lines as forms have them.
  return found.text === text.replaceAll('\r\n', '\n').trim() ? found : null
}
