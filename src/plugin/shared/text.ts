/**
 * A text without the characters of `ends` at its end. A pattern would try each stretch of them anew from each of its places.
 *
 * @example
 * withoutEnd('a//', '/') // => 'a'
 */
export function withoutEnd(text: string, ends: string): string {
  let end = text.length
  while (end > 0 && ends.includes(text[end - 1]!)) end--
  return text.slice(0, end)
}

/**
 * Whether a text is what a pattern with `*` says, in any case. Each piece is looked for once, from where the one before ended:
 * the first place that fits is as good as any later one.
 */
export function matches(pattern: string, text: string): boolean {
  const pieces = pattern.toLowerCase().split('*')
  const whole = text.toLowerCase()
  const [first, last] = [pieces[0]!, pieces.at(-1)!]
  if (pieces.length === 1) return whole === first
  if (!whole.startsWith(first) || whole.length < first.length + last.length || !whole.endsWith(last)) return false
  let from = first.length
  for (const piece of pieces.slice(1, -1)) {
    const at = whole.indexOf(piece, from)
    if (at < 0) return false
    from = at + piece.length
  }
  return from <= whole.length - last.length
}
