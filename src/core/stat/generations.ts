/**
 * What is remembered for a while and no longer: two generations of a map. Both are asked, only the young one is written, and
 * when it has lasted long enough it takes the place of the old one, which is forgotten whole: no entry is ever looked for.
 */
export interface Generations<Value> {
  /** When the young one began. */
  since: number
  young: Map<string, Value>
  old: Map<string, Value>
}

export const generations = <Value>(): Generations<Value> => ({ since: 0, young: new Map(), old: new Map() })

/** What is remembered of a key; undefined where nothing is. */
export const recall = <Value>({ young, old }: Generations<Value>, key: string): Value | undefined =>
  young.get(key) ?? (old.size > 0 ? old.get(key) : undefined)

/** The young generation becomes the old one. */
export function turnOver<Value>(both: Generations<Value>, at: number): void {
  both.old = both.young
  both.young = new Map()
  both.since = at
}

/** Sets a key as the newest of a map of `most` keys at most; returns the one that was set longest ago where it had to go. */
export function putNewest<Value>(map: Map<string, Value>, key: string, value: Value, most: number): string | undefined {
  map.delete(key)
  const oldest = map.size >= most ? map.keys().next().value : undefined
  if (oldest !== undefined) map.delete(oldest)
  map.set(key, value)
  return oldest
}
