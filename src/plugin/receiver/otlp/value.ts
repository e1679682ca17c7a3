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
  const other = intValue || boolValue || doubleValue
  return typeof other === 'number' || typeof other === 'boolean' || typeof other === 'string'
    ? String(other)
    : undefined
}

/** The first eight bytes of an id as two numbers of 32 bits, [0, 0] where there is none. */
export function idOf(value: unknown): [number, number] {
  if (value instanceof Uint8Array) return value.length < 8 ? NO_ID : [word(value, 0), word(value, 4)]
  if (typeof value !== 'string' || !/^[\da-f]{16}/i.test(value)) return NO_ID
  return [Number.parseInt(value.slice(0, 8), 16), Number.parseInt(value.slice(8, 16), 16)]
}
const NO_ID: [number, number] = [0, 0]
const word = (b: Uint8Array, at: number): number =>
  (b[at]! * 0x1000000 + (b[at + 1]! << 16) + (b[at + 2]! << 8) + b[at + 3]!) >>> 0

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
