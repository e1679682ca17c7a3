import type { Decision } from '../../contract/oncall/routing.js'
import { html, type Html } from '../pages/html.js'
import { timeOf } from './layout.js'

/** Decisions that the room lists, the newest. */
const MESSAGES_SHOWN = 60

/** What was sent about an incident and what was kept back, each with its reason. */
export function messagesSent(decisions: readonly Decision[]): Html | null {
  if (decisions.length === 0) return null
  return html`<section><h2>Messages</h2>${decisions.slice(-MESSAGES_SHOWN).toReversed().map(line)}</section>`
}

const line = ({ at, told, to, because, thread }: Decision): Html =>
  html`<p class="said">${timeOf(at)} ${told ? html`<b>sent</b> to ${to.join(', ') || 'nobody'}` : html`kept back`}${thread === undefined ? null : html` (alert ${thread})`}: <span class="soft">${because}</span></p>`
