/** A name as the settings write it: parts between dots, `*` for any one, `{label}` for one that becomes a label. */
export interface Pattern {
  text: string
  parts: readonly string[]
}

export const PATTERN_RULE = 'parts between dots, each a name, * or {label}'
const PART = /^(?:[^{}*]+|\*|\{[A-Za-z_]\w*\})$/

/** @throws RangeError for what is none */
export function patternOf(text: string): Pattern {
  const parts = text.split('.')
  if (!parts.every(part => PART.test(part))) throw new RangeError(PATTERN_RULE)
  return { text, parts }
}

/**
 * The labels that a name has by this pattern, null where it has another. A label or `*` at the beginning stands for one part or
 * more: `{component}.requests` is `shop.checkout.requests` of component `shop.checkout`.
 */
export function labelsIn(name: string, { parts }: Pattern): Record<string, string> | null {
  const given = name.split('.')
  const first = parts[0] ?? ''
  const open = first === '*' || first.startsWith('{')
  const more = given.length - parts.length
  if (more < 0 || (more > 0 && !open)) return null
  const labels: Record<string, string> = {}
  for (const [i, part] of parts.entries()) {
    const text = i === 0 && open ? given.slice(0, more + 1).join('.') : (given[i + more] ?? '')
    if (text === '') return null
    if (part.startsWith('{')) labels[part.slice(1, -1)] = text
    else if (part !== '*' && part !== text) return null
  }
  return labels
}
