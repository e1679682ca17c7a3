import { type Line, line, name, time, words } from './says.js'
import type { Story } from './story.js'

/** What a person said that people can do, the newest; null: nobody said anything. */
export function adviceOf({ orders }: Pick<Story, 'orders'>): Line | null {
  const given = orders.findLast(each => each.verb === 'advise' && each.text !== undefined)
  if (given?.text === undefined) return null
  const slots = { by: name(given.by), at: time(given.at), words: words(given.text) }
  return line('todo-said', slots, [given.id], [`order:${given.id}`])
}
