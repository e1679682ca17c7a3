import { SECTION_ACTS, SECTIONS, type Section } from '../../../contract/console/settings.js'
import { mayRole } from '../../../contract/role.js'
import type { Listed, SettingsDesk } from '../../../shell/settings/desk.js'
import { isUse } from '../../../shell/settings/shape.js'
import { html, type Html } from '../../pages/html.js'
import type { Known } from '../asks.js'
import { pager, table, timeOf, finder } from '../layout.js'
import { SECTION_WORDS } from './about.js'

/** Entries on one page of a list. */
const ON_PAGE = 50
/** Rows of the audit that its page shows, the newest. */
const CHANGES_SHOWN = 200

export const pathOf = (section: Section, id?: string): string =>
  `/console/settings/${section}${id === undefined ? '' : `/e/${encodeURIComponent(id)}`}`

/** All lists, with how long each is and where the rest is set. */
export function overview(desk: SettingsDesk, viewer: Known): Html {
  const rows = SECTIONS.map(section => {
    const all = desk.list(section)
    const here = all.filter(each => each.kept !== null).length
    return [
      html`<a href="${pathOf(section)}">${SECTION_WORDS[section].title}</a>`,
      SECTION_WORDS[section].about,
      String(all.length - here),
      String(here),
    ]
  })
  const others = [
    ['/console/on-call', 'On call', 'Who is on call now, swaps and cover.'],
    ['/console/mutes', 'Mutes', 'Incidents about which no messages are sent.'],
    ...(mayRole(viewer.role, 'settings')
      ? [['/console/tokens', 'Tokens', 'Programs that may send, read or command.']]
      : []),
  ]
  return html`${fixed(desk)}<section>${table('Settings', ['List', 'What it is', 'By the file', 'Set here'], rows)}</section><section><h2>Beside them</h2><ul>${others.map(([to = '', name, about]) => html`<li><a href="${to}">${name}</a>: ${about}</li>`)}</ul></section><section><h2>As a file</h2><p>What <code>epicenter.yaml</code> says stays its own; what is set here stands behind it, and counts the same. <a href="/console/settings/export.yaml">Both as one file (YAML)</a>, without secrets. <a href="/console/settings/history">What was changed here</a>.</p></section>`
}

export const fixed = (desk: SettingsDesk): Html | null =>
  desk.whyFixed === null ? null : html`<p class="note">${desk.whyFixed}</p>`

/** One list, searched and by pages. */
export function listPage(
  desk: SettingsDesk,
  section: Section,
  viewer: Known,
  { q = '', page = '1' }: Partial<Record<string, string>>,
): Html {
  const word = q.trim().toLowerCase()
  const found = desk.list(section).filter(each => word === '' || textOf(each).toLowerCase().includes(word))
  const at = Math.max(1, Math.min(Number.parseInt(page, 10) || 1, Math.ceil(found.length / ON_PAGE)))
  const shown = found.slice((at - 1) * ON_PAGE, at * ON_PAGE)
  const may = desk.whyFixed === null && mayRole(viewer.role, SECTION_ACTS[section])
  const { one, about } = SECTION_WORDS[section]
  const rows = shown.map(each => [
    html`<a href="${pathOf(section, each.id)}${each.shadowed ? '?kept=1' : ''}">${each.id}</a>`,
    textOf(each),
    whoSays(each),
  ])
  return html`<p>${about}</p>${fixed(desk)}${may ? html`<p><a class="button" href="${pathOf(section)}/new">Add a ${one}</a></p>` : null}${finder(pathOf(section), q, `Find a ${one}`)}<section>${rows.length === 0 ? html`<p>${word === '' ? `No ${one} yet.` : `No ${one} is called so.`}</p>` : table(SECTION_WORDS[section].title, [isUse(section) ? 'Id' : 'Name', 'What', 'Said by'], rows)}${pager(pathOf(section), { q, page: at, pages: Math.ceil(found.length / ON_PAGE), count: found.length })}</section>`
}

/** What an entry is, in a line. Nothing of it may be a secret: names, titles and plug-ins alone. */
function textOf({ id, value }: Listed): string {
  const { use, kind, title, name, service, components, starts } = value
  const parts = [use ?? kind, title ?? name, service, starts].filter(each => typeof each === 'string')
  const count = Array.isArray(components) ? `${components.length} components` : null
  const text = [...parts, count].filter(each => each !== null).join(', ')
  return text === id ? '' : text
}

const whoSays = ({ kept, shadowed }: Listed): Html =>
  kept === null
    ? html`<code>epicenter.yaml</code>`
    : html`${shadowed ? html`<b>set aside:</b> the file says one of this name; ` : null}${kept.by}, ${timeOf(kept.at)}`

/** What was changed in the console, the newest first. */
export function historyPage(desk: SettingsDesk): Html {
  const rows = desk.document.audit
    .slice(-CHANGES_SHOWN)
    .toReversed()
    .map(({ at, by, act, section, id, fields }) => [
      timeOf(at),
      by,
      WORDS[act],
      html`<a href="${pathOf(section, id)}">${section} ${id}</a>`,
      fields.join(', '),
    ])
  return rows.length === 0
    ? html`<p>Nothing was changed here.</p>`
    : table('What was changed', ['When', 'By', 'What', 'Which', 'Fields'], rows)
}

const WORDS = {
  add: 'added',
  change: 'changed',
  remove: 'taken away',
  back: 'put back: the server could not work with it',
}
