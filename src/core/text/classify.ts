import { isExposure, isTakeover } from './first-hand.js'
import {
  ASKED,
  ASKS_HOW,
  ELSEWHEN,
  FINE,
  FIRST_PERSON,
  HEARSAY,
  JEST,
  LAUGHTER,
  NEWS,
  NOT_YET,
  OWN,
  QUALITY,
  RECOVERY,
  SALE,
} from './says-table.js'
import { TROUBLE_BY_KIND } from './kinds-table.js'
import { any, asRead, later } from './words.js'
import { HARMLESS, ME_TOO, TROUBLE } from './trouble-table.js'

/**
 * What a short public text says, by words in many languages. Plain on purpose: the classes decide how much a text may weigh,
 * never whether something is true. What people themselves see or lost ("I can see somebody else's chats", "somebody changed my
 * password") is told from hearsay ("was it hacked?"); news, jests and rumours are no one's own trouble. `ok`: it works for whoever writes;
 * `recovery`: it does again; `question`: asks something else than whether it is down.
 */
export type TextClass =
  | 'exposure'
  | 'takeover'
  | 'quality'
  | 'rumour'
  | 'news'
  | 'ok'
  | 'recovery'
  | 'question'
  | 'spam'
  | 'joke'
  | 'complaint'
  | 'other'

/** A tag that says it all: #ShopDown. */
const DOWN_TAG =
  /#(?!count|lock|break|melt|touch|throw|mark|show|nail|rub|shut)[\p{L}\p{N}_]+(?:down|outage|caido|caída|caiu|enpanne|störung|落ち|崩了)(?![\p{L}\p{N}])/iu
const out = later(() => HARMLESS.map(pattern => new RegExp(any(pattern), 'gu')))
const withoutHarmless = (text: string): string => out().reduce((rest, pattern) => rest.replace(pattern, ' '), text)
/** Characters that are read: whoever writes more has said it by then. So much the rules are tried on (patterns.test.ts). */
const READ_CHARS = 2_000

/** Letters that are held on to ("sooo sloooow"), but for what is laughter or a run of digits. */
const HELD = /(\p{L})\1{2,}/giu
/** A jest takes more words than a complaint that laughs. */
const LAUGHED_CHARS = 60

const isTroubleByKind = (rest: string): boolean => TROUBLE_BY_KIND.some(({ rule }) => rule.test(rest))
const isTrouble = (text: string, rest: string): boolean =>
  ME_TOO.test(text) || DOWN_TAG.test(text) || TROUBLE.test(rest)

/**
 * The class of one text; O(length). Texts in no known language are `other`. The first rule that holds decides: what is sold, seen or lost at
 * first hand, told by others, laughed about, of another time, over; then trouble, and what is left.
 */
export function classify(whole: string): TextClass {
  const text = asRead(
    whole.length > READ_CHARS ? `${whole.slice(0, READ_CHARS / 2)} ${whole.slice(-READ_CHARS / 2)}` : whole,
  )
  if (SALE.test(text)) return 'spam'
  if (isExposure(text)) return 'exposure'
  if (isTakeover(text)) return 'takeover'
  if (HEARSAY.test(text)) return 'rumour'
  if (NEWS.test(text) && !FIRST_PERSON.test(text)) return 'news'
  if (JEST.test(text)) return 'joke'
  const rest = withoutHarmless(text.replace(HELD, '$1'))
  if (
    LAUGHTER.test(text) &&
    (text.length > LAUGHED_CHARS || !OWN.test(text) || !(isTrouble(text, rest) || isTroubleByKind(rest)))
  )
    return 'joke'
  if (ASKS_HOW.test(text)) return 'question'
  if (ELSEWHEN.test(text)) return 'other'
  if (RECOVERY.test(text) && !NOT_YET.test(text)) return 'recovery'
  if (isTrouble(text, rest)) return 'complaint'
  if (FINE.test(text)) return 'ok'
  if (isTroubleByKind(rest)) return 'complaint'
  if (QUALITY.test(text)) return 'quality'
  return ASKED.test(text) ? 'question' : 'other'
}
