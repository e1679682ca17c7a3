/** Edits between two words, none counted beyond `most`: a letter more, less or another, and two neighbours swapped. */
function edits(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        next[j] = Math.min(next[j]!, before[j - 2]! + 1)
    }
    ;[before, row] = [row, next]
  }
  return row[b.length]!
}

/**
 * Of the known words the one that was probably meant; null where none is near: a third of its letters may differ.
 *
 * @example
 * nearest('chekout', ['search', 'checkout']) // => 'checkout'
 */
export function nearest(word: string, known: Iterable<string>): string | null {
  const plain = word.toLowerCase()
  let best: { word: string; edits: number } | null = null
  for (const each of known) {
    const most = Math.max(1, Math.floor(Math.max(each.length, word.length) / 3))
    const found = edits(plain, each.toLowerCase(), most)
    if (found <= most && (best === null || found < best.edits)) best = { word: each, edits: found }
  }
  return best?.word ?? null
}

/** `; did you mean checkout?`, or which there are, or nothing. */
export function meant(word: string, known: readonly string[]): string {
  const near = nearest(word, known)
  if (near !== null) return `; did you mean ${near}?`
  return known.length > 0 && known.length <= 20 ? `, one of ${known.join(', ')}` : ''
}
