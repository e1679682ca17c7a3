import { type KeptEntry, SECTION_ACTS, type Section, type SettingsRow } from '../../../contract/console/settings.js'
import { mayRole } from '../../../contract/role.js'
import type { Finding } from '../../../shell/config/finding.js'
import type { Listed, SettingsDesk } from '../../../shell/settings/desk.js'
import { yamlOf } from '../../../shell/settings/export.js'
import { type EntryShape, isUse, mapSecrets, needsFile } from '../../../shell/settings/shape.js'
import { attr, html, type Html } from '../../pages/html.js'
import type { Known } from '../asks.js'
import { table, timeOf } from '../layout.js'
import { ABOUT, SECTION_WORDS } from './about.js'
import { drawFields } from './draw.js'
import { pathOf } from './lists.js'
import type { Form } from './read.js'
import { type Told, TRIES } from './try.js'

/** What a page of one entry is made from. */
export interface EntryPage {
  section: Section
  /** Null: a new one. */
  entry: Listed | null
  shape: EntryShape
  use: string
  viewer: Known
  typed: Form | null
  findings: readonly Finding[]
  /** What came of trying it. */
  told: Told | null
  conflict: { there: KeptEntry | null; by: SettingsRow | null } | null
  held: { key: string; names: readonly string[] }
  /** A text that was tried. */
  sample: string | null
}

/** A choice of plug-ins, which comes before the form of a new entry of a list of those. */
export async function choicePage(desk: SettingsDesk, section: Section): Promise<Html> {
  const registry = await desk.registry()
  const kind = section.slice(0, -1) as 'source' | 'receiver' | 'probe' | 'notifier'
  const all = await Promise.all(registry.names(kind).map(async name => (await registry.find(kind, name))!))
  const rows = all.map(({ name, summary, config }) =>
    needsFile({ config })
      ? [name, `${summary}; it reads files of the server, so the configuration file alone may use it`]
      : [html`<a href="${pathOf(section)}/new?use=${encodeURIComponent(name)}">${name}</a>`, summary],
  )
  return html`<p>Which kind of ${SECTION_WORDS[section].one}?</p>${table('Kinds', ['Kind', 'What it does'], rows)}`
}

/** One entry: as a form where it may be changed, as YAML where the file says it. */
export function entryPage(desk: SettingsDesk, page: EntryPage): Html {
  const { section, entry, viewer, shape } = page
  const may =
    desk.whyFixed === null && mayRole(viewer.role, SECTION_ACTS[section]) && (entry === null || entry.kept !== null)
  const head = html`<p><a href="${pathOf(section)}">${SECTION_WORDS[section].title}</a>${shape.plugin === null ? null : html` · <b>${shape.plugin.name}</b>: ${shape.plugin.summary}`}</p>`
  return html`${head}${outcome(page)}${may ? form(desk, page) : said(page)}${may ? null : tryForm(page)}${samples(page)}`
}

/** What came of what was asked, before anything else. */
function outcome({ told, conflict, findings, shape }: EntryPage): Html {
  const tried =
    told === null
      ? null
      : html`<div class="told${told.good ? '' : ' no'}" role="status">${told.lines.map(line => html`<p>${line}</p>`)}</div>`
  const wrong =
    findings.length === 0
      ? null
      : html`<div class="told no" role="alert"><p>Nothing was saved. What is wrong:</p><ul>${findings.map(({ path, kept, rule, value }) => html`<li><b>${kept?.at === undefined || kept.at === '' ? path : kept.at}</b>: expected ${rule} (got ${value})</li>`)}</ul></div>`
  return html`${tried}${wrong}${conflict === null ? null : quicker(conflict, shape)}`
}

/** Two saved at once: what the other one left is shown, and what was typed is still there. */
function quicker({ there, by }: NonNullable<EntryPage['conflict']>, { schema }: EntryShape): Html {
  const who = by === null ? 'Somebody' : html`<b>${by.by}</b>, ${timeOf(by.at)},`
  const fields = by === null || by.fields.length === 0 ? null : html` (${by.fields.join(', ')})`
  const now = there === null ? null : yamlOf(mapSecrets(schema, there.value, () => '(not shown)'))
  return html`<div class="told no" role="alert"><p>Nothing was saved: ${who} was quicker${fields}. ${there === null ? 'It is no longer there; saving again makes it anew.' : 'Below is what is there now, and in the form what you typed; saving again puts yours in its place.'}</p>${now === null ? null : html`<pre>${now}</pre>`}</div>`
}

function form(desk: SettingsDesk, page: EntryPage): Html {
  const { section, entry, shape, use, typed, findings, held, conflict } = page
  const faults = new Map(findings.map(each => [placeOf(each.kept?.at ?? each.path), faultOf(each)]))
  const known = new Map<string, readonly string[]>([
    ['service', desk.list('services').map(each => each.id)],
    ['page', desk.list('pages').map(each => each.id)],
    ['rota', desk.list('rotas').map(each => each.id)],
  ])
  const edition = conflict === null ? (entry?.kept?.edition ?? 0) : (conflict.there?.edition ?? 0)
  const fields = drawFields(shape.schema, {
    value: entry?.value ?? {},
    typed,
    faults,
    known,
    fixedId: entry !== null,
    held: new Set(held.names),
  })
  const again = TRIES[section]
  return html`<form method="post" action="${pathOf(section)}" class="fields settings" data-keep><input type="hidden" name="use" value="${use}"><input type="hidden" name="of" value="${entry?.id}"><input type="hidden" name="seen" value="${edition}"><input type="hidden" name="held" value="${held.key}">${held.key === '' ? null : html`<p class="note">Secrets that you typed are held for a quarter of an hour; they need not be typed again.</p>`}${fields}<div class="inline"><button name="do" value="save" class="first">Save</button>${again === undefined ? null : html`<button name="do" value="try">${again}</button>`}</div></form>${entry === null ? null : html`<form method="post" action="${pathOf(section)}" class="inline"><input type="hidden" name="use" value="${use}"><input type="hidden" name="of" value="${entry.id}"><input type="hidden" name="seen" value="${edition}"><details><summary>Take it away</summary><button name="do" value="remove">Take ${entry.id} away</button></details></form>`}`
}

/** A pattern is told by what stands beside the field, where something does. */
function faultOf({ rule, kept, path }: Finding): string {
  const name =
    placeOf(kept?.at ?? path)
      .split('.')
      .at(-1) ?? ''
  return rule.startsWith('a text that matches') && ABOUT[name] !== undefined
    ? 'It is not of this form'
    : `Expected ${rule}`
}

/** `groups[0].components[1]` → `groups.0.components.1`, and the list itself where a line of it is meant. */
const placeOf = (at: string): string => at.replaceAll(/\[(\d+)\]/g, '.$1').replace(/^\./, '')

/** What the file says, which nobody changes here. */
function said({ entry, shape }: EntryPage): Html {
  if (entry === null) return html`<p>That is not for your role.</p>`
  const { use: _, kind: __, ...rest } = entry.value
  const who =
    entry.kept === null
      ? html`<code>epicenter.yaml</code> says this, and it is changed there.`
      : html`${entry.kept.by} set this, ${timeOf(entry.kept.at)}.`
  return html`<p>${who}</p><pre>${yamlOf(mapSecrets(shape.schema, rest, value => (typeof value === 'string' && value.includes('${') ? value : '(not shown)')))}</pre>`
}

function tryForm({ section, entry, viewer, use }: EntryPage): Html | null {
  const says = TRIES[section]
  if (says === undefined || entry === null || !mayRole(viewer.role, 'test')) return null
  return html`<form method="post" action="${pathOf(section)}" class="inline"><input type="hidden" name="use" value="${use}"><input type="hidden" name="of" value="${entry.id}"><button name="do" value="try-saved">${says}</button></form>`
}

/** What would become of a sample, for those that can be shown one. */
function samples({ section, entry, shape, viewer, use, sample }: EntryPage): Html | null {
  const takes = section === 'receivers' || shape.plugin?.maps === true
  if (!isUse(section) || !takes || entry === null || !mayRole(viewer.role, 'test')) return null
  return html`<section><h2>Try a sample</h2><details${attr('open', sample !== null)}><summary>What would become of a text like those that it gets</summary><form method="post" action="${pathOf(section)}" class="fields"><input type="hidden" name="use" value="${use}"><input type="hidden" name="of" value="${entry.id}"><label>Sample<textarea name="sample" rows="8" required spellcheck="false">${sample}</textarea></label><button name="do" value="sample">Show what becomes of it</button></form></details></section>`
}
