import type { Says, State, VendorNotice, VendorPage, VendorPart } from './reading.js'
import { saysOf, worse } from './reading.js'

/**
 * A page that several services share, as one of them: its parts, and the notices that touch them. What names none of its
 * parts is left out, but a notice that names no part at all may mean any, and stays.
 */

const same = (name: string): string => name.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()

/** A part is meant by its name, its id, or a beginning of its name that ends at a word (`Claude API` for `Claude API (api…)`). */
function isMeant(part: VendorPart, wanted: readonly string[]): boolean {
  const name = same(part.name)
  return wanted.some(each => {
    const word = same(each)
    return (
      word === name || each === part.id || (name.startsWith(word) && /^[^\p{L}\p{N}]/u.test(name.slice(word.length)))
    )
  })
}

/** The vendor's highest word, about nothing but what is meant. */
const isAllOf = ({ open, impact, parts }: VendorNotice, wanted: readonly string[]): boolean =>
  open && impact === 'critical' && parts.length > 0 && parts.every(part => isMeant(part, wanted))

const touches = (notice: VendorNotice, wanted: readonly string[]): boolean =>
  notice.parts.length === 0 || notice.parts.some(part => isMeant(part, wanted))

/** @param wanted Names or ids of parts; empty: the whole page. */
export function narrowed(page: VendorPage, wanted: readonly string[]): VendorPage {
  if (wanted.length === 0) return page
  const parts = page.parts.filter(part => isMeant(part, wanted))
  const notices = page.notices.filter(notice => touches(notice, wanted))
  let own: State | null = null
  for (const { state } of parts) own = own === null ? state : worse(own, state)
  // Some of the parts that are meant are down, not all.
  if (own === 'down' && parts.some(({ state }) => state !== 'down')) own = 'partial'
  if (notices.some(notice => isAllOf(notice, wanted))) own = 'down'
  // No such part: the vendor renamed it, and how it is cannot be told from the page.
  const says: Says = parts.length === 0 && page.parts.length > 0 ? 'unknown' : saysOf(own, notices)
  // The page's sentence is about all of it.
  const { sentence: _sentence, name, ...rest } = page
  const called = parts.length > 0 ? parts.map(part => part.name).join(', ') : name
  return { ...rest, ...(called === undefined ? {} : { name: called }), says, parts, notices }
}
