import fc from 'fast-check'

/** Something that has to bear whatever it is given. */
export interface Target {
  name: string
  /** What is given to it, and what it must do, as one sentence. */
  about: string
  open(): Promise<Opened>
}

export interface Opened {
  /** One case of it: fails where it broke its word. */
  property: fc.IAsyncPropertyWithHooks<unknown>
  close(): Promise<void>
}

/** What somebody does to bytes; `at` and `to` are shares of their length, so that it makes sense of any length. */
interface Edit {
  kind: 'flip' | 'cut' | 'insert' | 'overwrite' | 'drop' | 'double'
  at: number
  to: number
  bytes: Uint8Array
}

const share = fc.double({ min: 0, max: 1, noNaN: true, noDefaultInfinity: true })
/** What breaks readers: lengths, ends, quotes, numbers at their bounds, other alphabets, broken UTF-8. */
const BREAKERS = [
  '"',
  '\\',
  '\\u0000',
  '\n',
  '\r\n',
  '{',
  '[[[[',
  '}',
  ']',
  ',',
  ':',
  '0',
  '-1',
  '1e999',
  '9007199254740993',
  '-0',
  'null',
  'NaN',
  '__proto__',
  'constructor',
  '\u202e',
  '\u0000',
  '漢😀',
  '2026-02-30T25:61:00Z',
  '0001-01-01T00:00:00Z',
  '+275760-09-13T00:00:00.001Z',
  '%',
  '../',
  '<script>',
  ' '.repeat(300),
  'x'.repeat(5_000),
].map(each => new TextEncoder().encode(each))
const bytes = fc.oneof(
  fc.constantFrom(...BREAKERS, Uint8Array.of(0xff), Uint8Array.of(0xc0, 0x80), Uint8Array.of(0xed, 0xa0, 0x80)),
  fc.uint8Array({ minLength: 1, maxLength: 12 }),
)
const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom('flip', 'cut', 'insert', 'overwrite', 'drop', 'double'),
  ...{ at: share, to: share, bytes },
})
/** None, one or some edits, one after the other. */
export const edits: fc.Arbitrary<Edit[]> = fc.array(edit, { maxLength: 5 })
export const someEdits: fc.Arbitrary<Edit[]> = fc.array(edit, { minLength: 1, maxLength: 5 })

/** A part that is doubled or dropped reaches over so much at most: what lies behind it is read as well. */
const REACH = 400

/** What comes of one `cut` at 0.5 is the first half */
export function edited(given: Uint8Array, changes: readonly Edit[]): Buffer {
  let out = Buffer.from(given)
  for (const change of changes) {
    const at = Math.min(out.length, Math.floor(change.at * (out.length + 1)))
    if (change.kind === 'cut') out = out.subarray(0, at)
    else if (change.kind === 'flip') {
      out = Buffer.from(out)
      if (at < out.length) out[at]! ^= 1 << (change.bytes[0]! & 7)
    } else if (change.kind === 'insert') out = Buffer.concat([out.subarray(0, at), change.bytes, out.subarray(at)])
    else if (change.kind === 'overwrite')
      out = Buffer.concat([out.subarray(0, at), change.bytes, out.subarray(at + change.bytes.length)])
    else {
      const end = Math.min(out.length, at + Math.ceil(change.to * REACH))
      const part = change.kind === 'double' ? [out.subarray(at, end), out.subarray(at, end)] : []
      out = Buffer.concat([out.subarray(0, at), ...part, out.subarray(end)])
    }
  }
  return out
}

/** Values that no sender means where something else is expected. */
const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, '', 0, -1, 1e308, 2 ** 53, '9'.repeat(400), true, [], {}, [[]], 'NaN', '\ud800', '\0'),
  fc.constantFrom<unknown>('1970-01-01T00:00:00Z', '9999-12-31T23:59:59Z', { __proto__x: 1 }, 'x'.repeat(3_000)),
  fc.jsonValue({ maxDepth: 2 }),
)
type Bend = { pick: number; what: 'replace' | 'remove' | 'double' | 'wrap' | 'name'; with: unknown }
/** What somebody does to a value: which of its places, and what stands there then. */
export const bends: fc.Arbitrary<Bend[]> = fc.array(
  fc.record({ pick: fc.nat(), what: fc.constantFrom('replace', 'remove', 'double', 'wrap', 'name'), with: odd }),
  { maxLength: 4 },
)

type Holder = Record<string, unknown>
function placesOf(value: unknown, found: [holder: Holder, key: string][] = []): [Holder, string][] {
  if (typeof value === 'object' && value !== null)
    for (const key of Object.keys(value)) {
      found.push([value as Holder, key])
      placesOf((value as Holder)[key], found)
    }
  return found
}

export function bent(whole: unknown, changes: readonly Bend[]): unknown {
  const root = { value: structuredClone(whole) }
  for (const { pick, what, with: given } of changes) {
    const by = structuredClone(given)
    const places = placesOf(root)
    if (places.length === 0) break
    const [holder, key] = places[pick % places.length]!
    if (what === 'remove') delete holder[key]
    else if (what === 'double') holder[key] = [holder[key], holder[key]]
    else if (what === 'wrap') holder[key] = { [key]: holder[key] }
    else if (what === 'name')
      Object.defineProperty(holder, '__proto__', { value: by, enumerable: true, configurable: true, writable: true })
    else holder[key] = by
  }
  // Nothing is left where the whole was removed.
  return root.value ?? null
}

/** @throws with a sentence where something is not as it has to be */
export function must(holds: boolean, what: () => string): void {
  if (!holds) throw new Error(what())
}
