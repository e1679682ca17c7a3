import { unturned } from './direction.js'

/**
 * A template tag that escapes by where a value lands. What the author wrote is trusted, every hole is not:
 *
 * - between tags: text, escaped; another `Html` goes in as it is; lists are joined; null, undefined and false are nothing
 * - in a quoted attribute: escaped; in `href`, `src`, `action`, `formaction` only http(s), mailto and local addresses
 * - inside a tag: only `attr(…)`
 * - in `<style>` and `<script>`: only `trusted(…)`
 *
 * An unquoted attribute, an event handler, a `style` attribute or a computed name with a hole in it is the author's
 * mistake and throws the first time the template is used, whatever the value.
 */
export class Html {
  constructor(readonly text: string) {}
  toString(): string {
    return this.text
  }
}
class Attribute extends Html {}

export type Hole = string | number | null | undefined | false | Html | readonly Hole[]
type HoleContext = 'text' | 'value' | 'address' | 'tag' | 'raw'

const contexts = new WeakMap<TemplateStringsArray, HoleContext[]>()
const ADDRESS_NAMES = new Set(['href', 'src', 'action', 'formaction', 'poster', 'xlink:href'])
const SPECIAL: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

export function html(strings: TemplateStringsArray, ...holes: Hole[]): Html {
  let known = contexts.get(strings)
  if (!known) contexts.set(strings, (known = findContexts(strings)))
  let out = strings[0] as string
  for (let i = 0; i < holes.length; i++) {
    const rest = strings[i + 1] as string
    out += fill(known[i] as HoleContext, holes[i], rest) + rest
  }
  return new Html(out)
}

/** ` name="value"`; only ` name` for true; nothing for false and null. `name` is written by the author. */
export function attr(name: string, value: string | number | boolean | null | undefined): Html {
  if (!/^[a-z][a-z:-]*$/.test(name) || forbidden(name)) throw new TypeError(`attr: ${name} may not be set from a value`)
  if (value === false || value === null || value === undefined) return new Attribute('')
  if (value === true) return new Attribute(` ${name}`)
  return new Attribute(` ${name}="${ADDRESS_NAMES.has(name) ? address(String(value)) : escape(String(value))}"`)
}

/** Text of our own making, such as the style sheet; never anything from outside. */
export function trusted(text: string): Html {
  return new Html(text)
}

/** The five special characters; nothing turns the direction of what follows; control characters (which no text needs and some parsers drop) as U+FFFD. */
export function escape(text: string): string {
  return unturned(text)
    .replace(/[&<>"']/g, c => SPECIAL[c] as string)
    .replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g, '\ufffd')
}

/** `rest` is what the author wrote behind the value: an empty base before `/history.rss` is the root, not nowhere. */
function address(value: string, rest = ''): string {
  return /^(?:https?:\/\/|mailto:|[/?#])/i.test(value === '' ? rest : value) ? escape(value) : '#'
}

function forbidden(name: string): boolean {
  return name.startsWith('on') || name === 'style' || name === 'srcdoc'
}

function fill(context: HoleContext, hole: Hole, rest: string): string {
  if (Array.isArray(hole)) return hole.map(each => fill(context, each, rest)).join('')
  if (hole === null || hole === undefined || hole === false) return ''
  if (hole instanceof Attribute !== (context === 'tag'))
    throw new TypeError(`html: only attr() and nothing else stands inside a tag`)
  if (hole instanceof Html && context !== 'value' && context !== 'address') return hole.text
  if (context === 'raw') throw new TypeError('html: only trusted() text stands in a style or script element')
  return context === 'address' ? address(String(hole), rest) : escape(String(hole))
}

/** Reads the author's text once, as an HTML tokenizer would, and notes where each hole stands. */
function findContexts(strings: TemplateStringsArray): HoleContext[] {
  let state: 'text' | 'tag' | 'value' | 'raw' = 'text'
  let element = ''
  let name = ''
  let quote = ''
  let started = false
  return strings.slice(0, -1).map(part => {
    for (let k = 0; k < part.length; k++) {
      const c = part[k] as string
      if (state === 'text' || state === 'raw') {
        const tag = /^<(\/?[a-z][a-z0-9-]*)/i.exec(part.slice(k, k + 32))
        if (!tag || (state === 'raw' && tag[1] !== `/${element}`)) continue
        ;[state, element, name] = ['tag', tag[1] as string, '']
        k += tag[0].length - 1
      } else if (state === 'value') {
        if (c === quote) [state, name] = ['tag', '']
        else started = true
      } else if (c === '>') [state, name] = [element === 'style' || element === 'script' ? 'raw' : 'text', '']
      else if (c === '"' || c === "'") [state, quote, started] = ['value', c, false]
      else name = /\s/.test(c) ? '' : name + c
    }
    if (state === 'tag' && name !== '') throw new TypeError(`html: a hole in an unquoted attribute or a name: ${name}`)
    if (state !== 'value') return state
    const bare = name.replace('=', '').toLowerCase()
    if (forbidden(bare)) throw new TypeError(`html: a hole in ${bare}`)
    const first = !started
    started = true
    return first && ADDRESS_NAMES.has(bare) ? 'address' : 'value'
  })
}
