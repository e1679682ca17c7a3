// What is in a message, however it was packed: protobuf gives numbers and bytes, JSON texts of numbers and hex, and a stranger
// anything. Nothing here throws.

/** A number; NaN where there is none. */
export const numberOf = (value: unknown): number =>
  typeof value === 'number' ? value : typeof value === 'string' && value !== '' ? Number(value) : Number.NaN

/** Of a field that is zero where it is left out. */
export const orZero = (value: unknown): number => (value === undefined || value === null ? 0 : numberOf(value))

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
export const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : NOTHING
const NOTHING = Object.freeze({})

/** Milliseconds of nanoseconds since 1970; 0 where it is not known, NaN where it is none. */
export const msOf = (nanos: unknown): number => orZero(nanos) / 1e6

/** One of an enum by its number, or by its name in JSON, of which the last word tells. */
export function enumOf(value: unknown, names: readonly string[]): number {
  if (typeof value === 'string') {
    const at = names.findIndex(name => value.endsWith(`_${name}`))
    return at < 0 ? orZero(value) : at
  }
  return orZero(value)
}

/** An attribute's value as text: of texts, numbers and true/false; undefined of anything else. */
export function textOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { stringValue, intValue, boolValue, doubleValue } = value as Record<string, unknown>
  if (typeof stringValue === 'string' && stringValue !== '') return stringValue
  // What is not there reads as zero of a message of protobuf.
  const number = Object.hasOwn(value, 'intValue')
    ? intValue
    : Object.hasOwn(value, 'doubleValue')
      ? doubleValue
      : undefined
  if (typeof number === 'number') return String(number)
  if (typeof number === 'string') return String(numberOf(number))
  return typeof boolValue === 'boolean' && Object.hasOwn(value, 'boolValue') ? String(boolValue) : undefined
}

/** Two numbers of 32 bits of an id in hex, from a place on; [0, 0] where there is none. */
export function idOf(value: unknown, from = 0): [number, number] {
  if (typeof value !== 'string' || !/^[\da-f]{16,32}$/i.test(value)) return [0, 0]
  const word = (at: number) => Number.parseInt(value.slice(at, at + 8), 16) || 0
  return [word(from), word(from + 8)]
}
/** Two 32-bit hashes of text (FNV-1a and a second multiplier): for telling apart, not for secrets. */
export function hashOf(text: string, [a, b]: readonly [number, number] = [0x811c9dc5, 0x9747b28c]): [number, number] {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    a = Math.imul(a ^ c, 0x01000193)
    b = Math.imul(b ^ c, 0x5bd1e995) ^ (b >>> 15)
  }
  return [a >>> 0, b >>> 0]
}
/** Two numbers of 32 bits as one key of 53. */
export const keyOf = (a: number, b: number): number => (a >>> 0) * 0x200000 + ((b >>> 0) >>> 11)
/** Spreads the bits of a number, so that sums of many such tell sets apart. */
export function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}
