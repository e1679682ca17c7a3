import type { Reader } from 'protobufjs'

/**
 * Attributes where they lie in the bytes: of a span's fifteen some five are asked for, and building all of them as objects would
 * cost more than everything else that is done with it. These are the tags of KeyValue and AnyValue.
 */
const ATTRIBUTE = { key: 10, value: 18 } as const
const ANY = { text: 10, bool: 16, int: 24, double: 33 } as const

/** Ids of a span, as words of 32 bits: the end of its trace's, its own and its parent's; 0 where there is none. */
export interface Ids {
  trace: number
  own: [number, number]
  parent: [number, number]
}
/** What stands before them in a span. */
const ID = { trace: 10, own: 18, parent: 34 } as const

/** Texts that are remembered by their bytes, and how long such are. */
const TEXTS = 5_000
/** Longer ones are made each time. */
const TEXT_BYTES = 64

/** Texts that come again and again: made once, told by their bytes. */
export class Texts<Value extends { text: string }> {
  private readonly known = new Map<number, Value>()

  /** @param make what is remembered with a text; null: nothing, ever */
  constructor(private readonly make: ((text: string) => Value) | null) {}

  set(value: Value): void {
    this.known.set(hashOfBytes(Buffer.from(value.text), 0, value.text.length), value)
  }

  /** The one of these bytes; undefined where it is not known and is not made. */
  get(bytes: Uint8Array, from: number, to: number): Value | undefined {
    const hash = hashOfBytes(bytes, from, to)
    const found = this.known.get(hash)
    if (found !== undefined && isSame(found.text, bytes, from, to)) return found
    if (this.make === null) return undefined
    const made = this.make(Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString())
    if (found === undefined && to - from <= TEXT_BYTES && this.known.size < TEXTS && isSame(made.text, bytes, from, to))
      this.known.set(hash, made)
    return made
  }
}

/** FNV-1a. */
function hashOfBytes(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  return hash
}
/** Of ASCII alone: what is more is made anew. */
function isSame(text: string, bytes: Uint8Array, from: number, to: number): boolean {
  if (text.length !== to - from) return false
  for (let i = from; i < to; i++) if (bytes[i]! > 127 || text.charCodeAt(i - from) !== bytes[i]) return false
  return true
}

const texts = new Texts(text => ({ text }))

function readId(reader: Reader, tag: number, end: number, into: Ids): void {
  const to = ended(reader, end)
  const { buf, pos } = reader
  if (tag === ID.trace) into.trace = to - pos < 16 ? 0 : word(buf, to - 4)
  else if (to - pos >= 8) {
    const id = tag === ID.own ? into.own : into.parent
    id[0] = word(buf, pos)
    id[1] = word(buf, pos + 4)
  }
  reader.pos = to
}
const word = (b: Uint8Array, at: number): number =>
  ((b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!) >>> 0

/**
 * Visits the attributes of a span between two places of the bytes whose names are known, in the field of this tag; its ids are left
 * in `ids`.
 *
 * @throws RangeError where the bytes are no such messages
 */
export function visitSpan<Name extends { text: string }>(
  reader: Reader,
  tag: number,
  [start, end]: readonly [number, number],
  names: Texts<Name>,
  visit: (name: Name, value: string) => void,
  ids: Ids,
): void {
  reader.pos = start
  ids.trace = ids.own[0] = ids.own[1] = ids.parent[0] = ids.parent[1] = 0
  while (reader.pos < end) {
    const next = reader.uint32()
    if (next !== tag) {
      if (next === ID.trace || next === ID.own || next === ID.parent) readId(reader, next, end, ids)
      else reader.skipType(next & 7)
      continue
    }
    const until = ended(reader, end)
    let name: Name | undefined
    let value: string | undefined
    while (reader.pos < until) {
      const field = reader.uint32()
      if (field === ATTRIBUTE.key) {
        const to = ended(reader, until)
        name = names.get(reader.buf, reader.pos, to)
        reader.pos = to
        // The value of what nobody asks for is not looked at.
        if (name === undefined) reader.pos = until
      } else if (field === ATTRIBUTE.value) {
        const to = ended(reader, until)
        value = valueAt(reader, to)
        reader.pos = to
      } else reader.skipType(field & 7)
    }
    if (reader.pos !== until) throw new RangeError('index out of range')
    if (name !== undefined && value !== undefined) visit(name, value)
  }
  if (reader.pos !== end) throw new RangeError('index out of range')
}

function ended(reader: Reader, most: number): number {
  const length = reader.uint32()
  if (reader.pos + length > most) throw new RangeError('index out of range')
  return reader.pos + length
}

/** As text, or undefined where it is a list, a map, bytes, or nothing. */
function valueAt(reader: Reader, end: number): string | undefined {
  let value: string | undefined
  while (reader.pos < end) {
    const field = reader.uint32()
    if (field === ANY.text) {
      const to = ended(reader, end)
      value = to === reader.pos ? undefined : texts.get(reader.buf, reader.pos, to)!.text
      reader.pos = to
    } else if (field === ANY.int) value = String(reader.int64() as unknown as number)
    else if (field === ANY.bool) value = String(reader.bool())
    else if (field === ANY.double) value = String(reader.double())
    else reader.skipType(field & 7)
  }
  return value
}
