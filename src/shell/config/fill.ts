import type { Finding } from './finding.js'

/** `${NAME}`, `$${` for the characters themselves, and what looks like the one and is not. */
const REFERENCE = /\$\$\{|\$\{([A-Za-z_]\w*)\}|\$\{/g

export type Vars = Record<string, string | undefined>

/** A configuration with its references filled in, and where there were any: those values may be secrets, and are texts until the schema says otherwise. */
export interface Filled {
  value: unknown
  filled: Set<string>
  findings: Finding[]
}

/**
 * `${NAME}` stands for an environment variable, alone or within a text, so that secrets need not lie in the file.
 * Texts get their one spelling (NFC), as the names in signals do.
 */
export function fill(value: unknown, vars: Vars): Filled {
  const out: Filled = { value, filled: new Set(), findings: [] }
  out.value = within(value, '', vars, out)
  return out
}

function within(value: unknown, path: string, vars: Vars, out: Filled): unknown {
  if (typeof value === 'string') return text(value, path, vars, out).normalize('NFC')
  if (Array.isArray(value)) return value.map((each, i) => within(each, `${path}/${i}`, vars, out))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, within(each, `${path}/${escaped(key)}`, vars, out)]),
  )
}

const escaped = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1')

function text(value: string, path: string, vars: Vars, out: Filled): string {
  return value.replace(REFERENCE, (whole, name: string | undefined) => {
    if (whole === '$${') return '${'
    if (name === undefined) {
      const rule = 'a reference such as ${NAME}, with letters, digits and _ ($${ for the characters themselves)'
      out.findings.push({ path, rule, value })
      return whole
    }
    out.filled.add(path)
    const found = vars[name]
    if (found === undefined)
      out.findings.push({ path, rule: `a value in the environment variable ${name}`, value: 'nothing' })
    return found ?? whole
  })
}

/** The value at a path as number or true/false, if that is what is asked for there and what the text says. */
export function converted(text: unknown, kind: unknown): unknown {
  if (typeof text !== 'string') return text
  if ((kind === 'integer' || kind === 'number') && /^-?\d+(?:\.\d+)?$/.test(text.trim())) return Number(text)
  if (kind === 'boolean' && /^(?:true|false)$/.test(text.trim())) return text.trim() === 'true'
  return text
}
