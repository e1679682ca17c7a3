/**
 * Whose a place is, from the widest circle to the narrowest: network, prefix, address; or token, network, prefix, address.
 * A wider circle holds everything that a narrower one in it holds.
 */
export type Circles = readonly string[]

class Node<Item> {
  count = 0
  readonly within = new Map<string, Node<Item>>()
  /** Of the narrowest circle, oldest first. */
  readonly items = new Set<Item>()
}

/** `out` had to go for it. `full`: nobody holds more than they who ask, so they are refused. */
export type Taken<Item> = { in: true; out: Item | null } | { in: false; full: number }

/**
 * Places that are few, shared by who asks. As long as there is room everybody gets one. When all are taken, or all that a
 * circle may have, whoever holds most gives one up to whoever holds clearly less: first the largest network, in it the
 * largest prefix, in it the largest address, and there the newest. So one party alone may use what nobody else wants, and
 * many small ones always get in. O(circles on each level) when full, O(1) else.
 */
export class Shares<Item extends object> {
  readonly #root = new Node<Item>()
  readonly #held = new Map<Item, Circles>()

  /**
   * @param most places in all
   * @param each places that one circle of each level may have, widest level first
   * @param choose of those that the largest holder has, which one goes; the newest, if not given. Null: none of them.
   */
  constructor(
    readonly most: number,
    private readonly each: readonly number[],
    private readonly choose: (items: ReadonlySet<Item>) => Item | null = newest,
  ) {}

  get size(): number {
    return this.#held.size
  }

  has(item: Item): boolean {
    return this.#held.has(item)
  }

  /** Of one circle. */
  count(circles: Circles): number {
    let node: Node<Item> | undefined = this.#root
    for (const name of circles) node = node?.within.get(name)
    return node?.count ?? 0
  }

  *items(): IterableIterator<Item> {
    yield* this.#held.keys()
  }

  take(circles: Circles, item: Item): Taken<Item> {
    const path = this.#pathOf(circles)
    const limits = [this.most, ...this.each]
    // The narrowest of those that are full: whoever goes must be within all of them.
    let full = -1
    for (let level = 0; level <= circles.length; level++)
      if ((path[level]?.count ?? 0) >= (limits[level] ?? Number.POSITIVE_INFINITY)) full = level
    const out = full < 0 ? null : this.#victim(path, circles, full)
    if (full >= 0 && out === null) return { in: false, full }
    if (out !== null) this.free(out)
    this.#put(circles, item)
    return { in: true, out }
  }

  free(item: Item): void {
    const circles = this.#held.get(item)
    if (circles === undefined) return
    this.#held.delete(item)
    let node = this.#root
    node.count--
    for (const name of circles) {
      const next = node.within.get(name)!
      if (--next.count === 0) node.within.delete(name)
      node = next
    }
    node.items.delete(item)
  }

  #put(circles: Circles, item: Item): void {
    this.#held.set(item, circles)
    let node = this.#root
    node.count++
    for (const name of circles) {
      let next = node.within.get(name)
      if (next === undefined) node.within.set(name, (next = new Node()))
      next.count++
      node = next
    }
    node.items.add(item)
  }

  #pathOf(circles: Circles): (Node<Item> | undefined)[] {
    const path: (Node<Item> | undefined)[] = [this.#root]
    for (const name of circles) path.push(path.at(-1)?.within.get(name))
    return path
  }

  /** Who holds most within the circle that is full, if that is clearly more than the newcomer would then hold there. */
  #victim(path: readonly (Node<Item> | undefined)[], circles: Circles, full: number): Item | null {
    let node = path[full]
    for (let level = full; level < circles.length; level++) {
      if (node === undefined) return null
      const own = node.within.get(circles[level] as string)
      let largest = own
      for (const each of node.within.values()) if (each.count > (largest?.count ?? 0)) largest = each
      if (largest === undefined) return null
      // Afterwards they must not hold more than who made room: else the two would take turns.
      if (largest !== own) return largest.count >= (own?.count ?? 0) + 2 ? this.#within(largest) : null
      node = own
    }
    return null
  }

  #within(node: Node<Item>): Item | null {
    while (node.within.size > 0) node = [...node.within.values()].reduce((a, b) => (b.count > a.count ? b : a))
    return this.choose(node.items)
  }
}

function newest<Item>(items: ReadonlySet<Item>): Item | null {
  let last: Item | null = null
  for (const item of items) last = item
  return last
}
