import type { Where } from '../../contract/incident.js'
import { MINUTE } from '../../contract/time.js'
import { readWhere } from '../ingest/where.js'

/** What a claim comes to, as the record can be asked. */
export type About =
  | { is: 'cause' | 'no-link'; subject: string }
  | { is: 'breach' | 'no-breach' | 'over' | 'recovering' | 'identified' }
  | { is: 'where' | 'uneven'; where: Where }
  | { is: 'components'; components: string[] }
  | { is: 'noticed'; withinMs: number }

const BARE = ['breach', 'no-breach', 'over', 'recovering', 'identified'] as const

/**
 * Reads `cause ID; no-breach` as the questions that the record can be asked; null where one of them is none.
 *
 * @example
 * readAbout('noticed 10m') // => [{ is: 'noticed', withinMs: 600000 }]
 */
export function readAbout(text: string): About[] | null {
  const out: About[] = []
  for (const each of text.split(';')) {
    const [is = '', ...more] = each.trim().split(/\s+/)
    const found = readOne(is, more.join(' '))
    if (found === null) return null
    out.push(found)
  }
  return out
}

function readOne(is: string, rest: string): About | null {
  const bare = BARE.find(each => each === is)
  if (bare) return rest === '' ? { is: bare } : null
  if (rest === '') return null
  switch (is) {
    case 'cause':
    case 'no-link':
      return { is, subject: rest }
    case 'where':
    case 'uneven': {
      const where = readWhere(rest)
      return where && { is, where }
    }
    case 'components': {
      const components = rest.split(',').map(each => each.trim())
      return components.includes('') ? null : { is, components }
    }
    case 'noticed': {
      const minutes = /^(\d{1,4})m$/.exec(rest)?.[1]
      return minutes === undefined ? null : { is, withinMs: Number(minutes) * MINUTE }
    }
    default:
      return null
  }
}

/** What is wrong with such a text; null: nothing. */
export const aboutFault = (text: string): string | null =>
  readAbout(text) === null
    ? 'about is one of `cause ID`, `no-link ID`, `breach`, `no-breach`, `where cell=a,b`, `uneven country=x`, `components a,b`, `over`, `recovering`, `noticed 10m`, `identified`; several have semicolons between'
    : null
