/** Of what exists, the names that somebody may have meant: for an answer that says more than "no". */

/** Names that are told, nearest first. */
const TOLD = 3
/** Longer ones are compared by their beginning: nobody mistypes the rest. */
const CHARS = 80

/**
 * The names within a third of the word's length in edits, capitals aside, or that contain it.
 *
 * @example
 * nearest('psuh', ['push', 'config-7']) // => ['push']
 */
export function nearest(word: string, names: readonly string[]): string[] {
  const asked = word.slice(0, CHARS).toLowerCase()
  const most = Math.max(1, Math.floor(asked.length / 3))
  return names
    .map(name => ({ name, edits: within(asked, name.slice(0, CHARS).toLowerCase()) }))
    .filter(each => each.edits <= most)
    .sort((a, b) => a.edits - b.edits)
    .slice(0, TOLD)
    .map(each => each.name)
}

const within = (asked: string, name: string): number =>
  asked.length >= 3 && name.includes(asked) ? 0 : edits(asked, name)

/** Insertions, deletions, substitutions and swaps of neighbours (Damerau's distance, without editing a swap again). */
function edits(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, rows[i - 2]![j - 2]! + 1)
      row.push(least)
    }
    rows.push(row)
  }
  return rows[a.length]![b.length]!
}
