import type { EpochMs } from '../contract/time.js'

/** Says which place of a scenario file breaks which rule, and with what value. */
export class ScenarioError extends Error {
  override name = 'ScenarioError'
  constructor(
    /** Dotted path from the root of the file, e.g. `world.regions[2].diurnal`. */
    readonly path: string,
    readonly rule: string,
    readonly value: unknown,
  ) {
    super(`${path}: ${rule}, got ${show(value)}`)
  }
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

export type Fields = Record<string, unknown>
type Reader<T> = (value: unknown, path: string) => T

export function fail(path: string, rule: string, value: unknown): never {
  throw new ScenarioError(path, rule, value)
}

export const fields: Reader<Fields> = (value, path) =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : fail(path, 'must be an object', value)

export const text: Reader<string> = (value, path) =>
  typeof value === 'string' && value !== '' ? value : fail(path, 'must be a text that is not empty', value)

export const flag: Reader<boolean> = (value, path) =>
  typeof value === 'boolean' ? value : fail(path, 'must be true or false', value)

/** A number within [low, high]. */
export function number(low: number, high: number): Reader<number> {
  return (value, path) =>
    typeof value === 'number' && value >= low && value <= high
      ? value
      : fail(path, `must be a number from ${low} to ${high}`, value)
}

export const share = number(0, 1)

export const time: Reader<EpochMs> = (value, path) => {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms) ? fail(path, 'must be an ISO 8601 time', value) : ms
}

export function list<T>(item: Reader<T>): Reader<T[]> {
  return (value, path) =>
    Array.isArray(value) ? value.map((entry, i) => item(entry, `${path}[${i}]`)) : fail(path, 'must be a list', value)
}

/** A map from names to values. */
export function map<T>(item: Reader<T>): Reader<Record<string, T>> {
  return (value, path) =>
    Object.fromEntries(Object.entries(fields(value, path)).map(([key, entry]) => [key, item(entry, `${path}.${key}`)]))
}

export function oneOf<const T extends string>(...allowed: T[]): Reader<T> {
  return (value, path) =>
    allowed.includes(value as T) ? (value as T) : fail(path, `must be one of ${allowed.join(' ')}`, value)
}

/** Reads `holder[key]`; null and absent give the fallback. */
export function optional<T, F>(holder: Fields, key: string, path: string, read: Reader<T>, fallback: F): T | F {
  const value = holder[key]
  return value === undefined || value === null ? fallback : read(value, path === '' ? key : `${path}.${key}`)
}

/** Reads `holder[key]`, which must be there. */
export function required<T>(holder: Fields, key: string, path: string, read: Reader<T>): T {
  return read(holder[key], path === '' ? key : `${path}.${key}`)
}
