import type { ConfigSchema as Schema } from '../../../contract/plugin.js'
import type { Entry } from '../../../contract/console/settings.js'
import { shapeOf } from '../../../shell/config/shape.js'
import { yamlOf } from '../../../shell/settings/export.js'
import { mapSecrets } from '../../../shell/settings/shape.js'
import { attr, html, type Html } from '../../pages/html.js'
import { ABOUT, LABELS } from './about.js'
import { type Field, fieldsOf } from './fields.js'
import { choiceIn, type Form, forgetIn, KEPT, nameIn, rowsIn } from './read.js'

/** Rows that wait to be filled in, in each list of a form. */
const BLANK_ROWS = 1
/** So many fields that may be left out stand with the others; more are folded. */
const FOLDED_FROM = 4
/** Ids that a field offers while somebody types; more are known by those who need them. */
const IDS_OFFERED = 400

/** What a form is drawn from. */
export interface Drawn {
  /** What is kept, or what a new one begins with. */
  value: Entry
  /** What was typed and sent before; it stands above what is kept. Null: nothing was. */
  typed: Form | null
  /** What is wrong, by place: `dkim.key`. */
  faults: ReadonlyMap<string, string>
  /** Ids that a text may refer to, by its role or name. */
  known: ReadonlyMap<string, readonly string[]>
  /** The id stays: others refer to it. */
  fixedId: boolean
  /** Names of fields whose secrets are held since they were typed. */
  held: ReadonlySet<string>
}

/** All fields of an entry. */
export function drawFields(schema: Schema, drawn: Drawn): Html {
  const offered = [...drawn.known].map(([name, ids]) =>
    ids.length === 0 || ids.length > IDS_OFFERED
      ? null
      : html`<datalist id="known-${name}">${ids.map(id => html`<option value="${id}"></option>`)}</datalist>`,
  )
  const made = (fields: readonly Field[]) =>
    fields.map(field => draw(field, [field.name], drawn.value[field.name], drawn))
  const all = fieldsOf(schema)
  const first = all.filter(each => each.required || isFirst(each))
  const rest = all.filter(each => !first.includes(each))
  if (rest.length <= FOLDED_FROM) return html`${made(all)}${offered}`
  const said = rest.some(({ name }) => drawn.value[name] !== undefined || hasFault(drawn, name))
  return html`${made(first)}<details class="rest"${attr('open', said || drawn.typed !== null)}><summary>More, which may be left out</summary><div class="fields">${made(rest)}</div></details>${offered}`
}

/** What the plug-in needs, though targets may say it. */
const isFirst = ({ schema }: Field): boolean => schema['first'] === true
const hasFault = ({ faults }: Drawn, name: string): boolean =>
  [...faults.keys()].some(place => place === name || place.startsWith(`${name}.`))

function draw(field: Field, path: readonly string[], value: unknown, drawn: Drawn): Html | null {
  const { as, name } = field
  if (as.kind === 'file')
    return html`<p class="note">${labelOf(name)}: a file of this machine, which only the configuration file may name.</p>`
  if (as.kind === 'group')
    return group(
      field,
      path,
      html`${as.fields.map(each => draw(each, [...path, each.name], in_(value, each.name), drawn))}`,
      drawn,
    )
  if (as.kind === 'rows') return rows(field, as.item, path, value, drawn)
  if (as.kind === 'choices')
    return group(
      field,
      path,
      html`<span class="ticks">${as.words.map(word => {
        const on = drawn.typed === null ? has(value, word) : drawn.typed[choiceIn(path, word)] !== undefined
        return html`<label class="tick"><input type="checkbox" name="${choiceIn(path, word)}"${attr('checked', on)}>${word}</label>`
      })}</span>`,
      drawn,
    )
  return line(field, path, value, drawn)
}

const in_ = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Entry)[name] : undefined
const has = (value: unknown, word: string | number): boolean => Array.isArray(value) && value.includes(word)

/** A field with one control, its label, what is asked and what is wrong. */
function line(field: Field, path: readonly string[], value: unknown, drawn: Drawn): Html {
  const { name, schema, required } = field
  const fault = drawn.faults.get(path.join('.'))
  const id = `f-${path.join('-')}`
  const about = [ABOUT[name], field.secret ? null : askedOf(field), defaultOf(schema)].filter(Boolean).join('; ')
  const marks = {
    invalid: attr('aria-invalid', fault === undefined ? null : 'true'),
    by: attr('aria-describedby', about === '' && fault === undefined ? null : `${id}-about`),
  }
  const label = html`<label for="${id}">${labelOf(name)}${required ? html` <span class="soft">(needed)</span>` : null}</label>`
  const told =
    about === '' && fault === undefined
      ? null
      : html`<span class="note" id="${id}-about">${fault === undefined ? null : html`<b class="wrong">${fault}.</b> `}${about}</span>`
  return html`<div class="one">${label}${control(field, path, value, { id, marks, drawn })}${told}</div>`
}

interface Place {
  id: string
  marks: { invalid: Html; by: Html }
  drawn: Drawn
}

function control(field: Field, path: readonly string[], value: unknown, place: Place): Html {
  const { as, schema, required } = field
  const { id, marks, drawn } = place
  const name = nameIn(path)
  if (field.secret && as.kind !== 'pairs' && as.kind !== 'yaml') return secret(path, value, place, required)
  const text = drawn.typed?.[name] ?? textOf(field, value)
  const needed = attr('required', required)
  switch (as.kind) {
    case 'flag':
      return html`<select id="${id}" name="${name}"${needed}${marks.invalid}${marks.by}>${options(
        [
          ['', ''],
          ['true', 'yes'],
          ['false', 'no'],
        ],
        text,
      )}</select>`
    case 'choice':
      return html`<select id="${id}" name="${name}"${needed}${marks.invalid}${marks.by}>${options(
        ['', ...as.words].map(word => [String(word), String(word)]),
        text,
      )}</select>`
    case 'number':
      return html`<input id="${id}" name="${name}" inputmode="${as.whole ? 'numeric' : 'decimal'}"${needed}${attr('value', text)}${marks.invalid}${marks.by}>`
    case 'lines':
    case 'pairs':
    case 'yaml':
      return html`<textarea id="${id}" name="${name}" rows="${Math.min(12, Math.max(2, text.split('\n').length))}" spellcheck="false"${needed}${marks.invalid}${marks.by}>${text}</textarea>`
    default:
      return as.kind === 'text' && as.long
        ? html`<textarea id="${id}" name="${name}" rows="3"${attr('maxlength', most(schema))}${needed}${marks.invalid}${marks.by}>${text}</textarea>`
        : html`<input id="${id}" name="${name}"${attr('maxlength', most(schema))}${attr('list', listOf(field, drawn))}${attr('readonly', drawn.fixedId && path.length === 1 && path[0] === 'id')}${needed}${attr('value', text)} autocomplete="off" spellcheck="false"${marks.invalid}${marks.by}>`
  }
}

/** Never filled in: what is kept stays unless something is typed, or it is taken away. */
function secret(path: readonly string[], value: unknown, { id, marks, drawn }: Place, required: boolean): Html {
  const typed = drawn.held.has(nameIn(path))
  const held = value !== undefined || typed
  const forget = html`<label class="tick"><input type="checkbox" name="${forgetIn(path)}"${attr('checked', drawn.typed?.[forgetIn(path)] !== undefined)}>take it away</label>`
  return html`<input id="${id}" name="${nameIn(path)}" type="password" autocomplete="new-password"${attr('required', required && !held)}${attr('placeholder', typed ? 'held as you typed it' : held ? 'kept; leave it empty to keep it' : null)}${marks.invalid}${marks.by}>${value !== undefined && !required ? forget : null}`
}

const options = (pairs: readonly (readonly string[])[], chosen: string): Html =>
  html`${pairs.map(([word = '', says = '']) => html`<option value="${word}"${attr('selected', word === chosen)}>${says}</option>`)}`
const most = (schema: Schema): number | null => (schema['maxLength'] as number | undefined) ?? null

/** The list of ids that a text may be one of. */
function listOf({ name, schema }: Field, { known }: Drawn): string | null {
  const of = (schema['role'] as string | undefined) ?? name
  const ids = known.get(of)
  return ids === undefined || ids.length === 0 || ids.length > IDS_OFFERED ? null : `known-${of}`
}

/** What is kept, as the control has it. */
function textOf({ as, schema }: Field, value: unknown): string {
  if (value === undefined || value === null) return ''
  const shown = mapSecrets(schema, value, () => KEPT)
  if (as.kind === 'lines' && Array.isArray(shown)) return shown.map(String).join('\n')
  if (as.kind === 'pairs' && typeof shown === 'object')
    return Object.entries(shown as Entry)
      .map(([name, each]) => `${name}: ${as.secret ? KEPT : String(each)}`)
      .join('\n')
  if (typeof shown === 'object' || as.kind === 'yaml') return yamlOf(shown).trimEnd()
  return String(shown)
}

function rows(field: Field, item: Schema, path: readonly string[], value: unknown, drawn: Drawn): Html {
  const own = Array.isArray(value) ? value : []
  const typed = drawn.typed === null ? 0 : rowsIn(drawn.typed, path)
  const count = Math.max(own.length + BLANK_ROWS, typed + (drawn.typed?.['more'] === path.join('/') ? 1 : 0))
  const fields = fieldsOf(item)
  // An empty row says nothing: none of its fields is needed.
  const each = Array.from({ length: count }, (_, i) => {
    const at = [...path, String(i)]
    const filled = own[i] !== undefined
    const inside = fields.map(one =>
      draw({ ...one, required: one.required && filled }, [...at, one.name], in_(own[i], one.name), drawn),
    )
    const open = i < own.length || drawn.typed !== null
    return html`<details class="row"${attr('open', open)}><summary>${filled ? titleOf(own[i]) : 'One more'}</summary><div class="fields">${inside}</div></details>`
  })
  return group(
    field,
    path,
    html`${each}<button name="more" value="${path.join('/')}" formnovalidate>Room for more</button>`,
    drawn,
  )
}

const titleOf = (row: unknown): string => {
  const { name, title, id, starts } = (row ?? {}) as Record<string, unknown>
  return String(name ?? title ?? id ?? starts ?? 'One')
}

function group({ name, required }: Field, path: readonly string[], inside: Html, drawn: Drawn): Html {
  const fault = drawn.faults.get(path.join('.'))
  return html`<fieldset><legend>${labelOf(name)}${required ? html` <span class="soft">(needed)</span>` : null}</legend>${ABOUT[name] === undefined || name === 'components' ? null : html`<p class="note">${ABOUT[name]}</p>`}${fault === undefined ? null : html`<p class="note"><b class="wrong">${fault}.</b></p>`}${inside}</fieldset>`
}

/**
 * A name of the configuration file, as people read it.
 *
 * @example
 * labelOf('afterMinutes') // => 'After minutes'
 */
export function labelOf(name: string): string {
  const known = LABELS[name]
  if (known !== undefined) return known
  const words = name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** What is asked of a field, where that helps: a text of any kind needs no words. */
function askedOf({ as, schema }: Field): string | null {
  if (as.kind === 'lines') return 'one a line'
  if (as.kind === 'pairs') return 'one a line, as name: value'
  if (as.kind === 'yaml') return 'as the configuration file has it, in YAML'
  if (as.kind === 'number') return shapeOf(schema)
  return null
}

function defaultOf(schema: Schema): string | null {
  const usual = schema['default']
  if (usual === undefined || (typeof usual === 'object' && usual !== null)) return null
  return usual === '' ? null : `usually ${typeof usual === 'boolean' ? (usual ? 'yes' : 'no') : String(usual)}`
}
