import { cut } from './fields.js'

/** Vendors' words as plain text. Everything here takes time linear in the text, since the text is a stranger's. */

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  hellip: '…',
  ndash: '–',
  mdash: '—',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  bull: '•',
  middot: '·',
}

function entity(whole: string, name: string): string {
  if (name.startsWith('#')) {
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10)
    const shows = code >= 32 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) && !(code >= 127 && code < 160)
    return shows ? String.fromCodePoint(code) : ' '
  }
  return ENTITIES[name] ?? whole
}

export const unescaped = (text: string): string =>
  text.replace(/&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});/g, entity)

/** Elements that end a line. */
const BREAKS = new Set(['br', 'p', 'div', 'li', 'ul', 'ol', 'tr', 'table', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr'])
/** Elements whose content nobody reads. */
const SILENT = new Set(['script', 'style', 'template'])

/** The text between tags. A `<` that begins no tag stays what it is. */
function withoutTags(text: string): string {
  let out = ''
  let at = 0
  let lower: string | undefined
  while (at < text.length) {
    const open = text.indexOf('<', at)
    if (open < 0) break
    out += text.slice(at, open)
    const head = /^<\/?([a-zA-Z][a-zA-Z0-9]*)|^<!/.exec(text.slice(open, open + 40))
    const close = head ? text.indexOf('>', open) : -1
    if (!head || close < 0) {
      out += '<'
      at = open + 1
      // Without a single `>` ahead no later `<` can begin a tag either: looking again would be quadratic.
      if (head) return out + text.slice(at)
      continue
    }
    const name = (head[1] ?? '').toLowerCase()
    if (BREAKS.has(name)) out += '\n'
    at = close + 1
    if (SILENT.has(name) && text[open + 1] !== '/') {
      lower ??= text.toLowerCase()
      const end = lower.indexOf(`</${name}`, at)
      if (end < 0) return out
      at = end
    }
  }
  return out + text.slice(at)
}

/** Text without markup: tags gone, entities read, blanks drawn together, at most one empty line in a row. */
export function plain(text: string): string {
  if (text === '') return ''
  const bare = text.includes('<') ? withoutTags(text) : text
  const lines = (bare.includes('&') ? unescaped(bare) : bare)
    .split('\n')
    .map(line => line.replace(/[\s\u00a0]+/g, ' ').trim())
  const kept = lines.filter((line, i) => line !== '' || (i > 0 && lines[i - 1] !== ''))
  return cut(kept.join('\n').trim(), 8_000)
}
