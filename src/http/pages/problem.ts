import type { WorkspaceView } from '../../contract/view.js'
import { html } from './html.js'
import type { Speech } from './language.js'
import { page } from './layout.js'

/** Statuses that have a page of their own. */
export type Problem = 400 | 404 | 500 | 503

/** A page of the same frame for what cannot be shown, with a way back. */
export function problemText(
  status: Problem,
  { t }: Speech,
  { title: workspace, clock, now }: WorkspaceView,
  detail?: string,
): string {
  const [title, words] = t.problem[status]
  const main = html`<div class="hero unknown"><p class="soft">${status}</p><h1>${title}</h1><p>${words}</p>${detail ? html`<p>${detail}</p>` : null}<p><a href="/">${t.problem.back}</a></p></div>`
  const frame = { path: '', query: '', workspace, t, clock, now, live: null, script: null, noIndex: true }
  return page({ ...frame, title, description: words, main })
}
