import { createHmac } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import { REPORT_ADDRESSES, REPORT_WINDOW_MS, REPORTS_PER_ADDRESS } from '../contract/limits.js'
import { DAY, type EpochMs } from '../contract/time.js'
import type { Env } from './env.js'

/** A key lives a week; the one before is kept for a day more, as long as a person counts once. */
const KEY_MS = 7 * DAY
const OVERLAP_MS = DAY
const KEY_BYTES = 32

interface Keys {
  current: string
  since: EpochMs
  before: string | null
}

/**
 * Who reports, without keeping who it is: the address is hashed with a key that is thrown away after a week, and never
 * written down. While two keys overlap, a reporter whom the old key knows keeps the old name and so counts once.
 */
export class Reporters {
  private keys: Keys
  private windows = new Map<string, { start: EpochMs; count: number }>()
  private known = new Map<string, EpochMs>()

  /** `data` null: the key ends with the process. */
  constructor(
    private readonly data: string | null,
    private readonly env: Pick<Env, 'now' | 'random'>,
  ) {
    const file = data === null ? null : join(data, 'report-keys')
    this.keys =
      file !== null && existsSync(file)
        ? (JSON.parse(readFileSync(file, 'utf8')) as Keys)
        : { current: this.newKey(), since: env.now(), before: null }
    this.save()
  }

  /** A name for the address that says nothing about it. */
  name(address: string): string {
    const now = this.env.now()
    this.rotate(now)
    const { current, before } = this.keys
    const old = before === null ? null : hash(before, prefix(address))
    const name =
      old !== null && now - (this.known.get(old) ?? Number.NEGATIVE_INFINITY) < DAY
        ? old
        : hash(current, prefix(address))
    remember(this.known, name, now)
    return name
  }

  /** Milliseconds until the address may report again; 0: now, and it has been counted. */
  wait(address: string): number {
    const now = this.env.now()
    const key = prefix(address)
    const window = this.windows.get(key)
    if (window === undefined || now - window.start >= REPORT_WINDOW_MS) {
      remember(this.windows, key, { start: now, count: 1 })
      return 0
    }
    if (window.count >= REPORTS_PER_ADDRESS) return window.start + REPORT_WINDOW_MS - now
    window.count++
    return 0
  }

  private rotate(now: EpochMs): void {
    const age = now - this.keys.since
    if (age >= KEY_MS)
      this.keys = { current: this.newKey(), since: now, before: age < KEY_MS + OVERLAP_MS ? this.keys.current : null }
    else if (this.keys.before !== null && age >= OVERLAP_MS) this.keys = { ...this.keys, before: null }
    else return
    this.save()
  }

  private newKey(): string {
    return Buffer.from(this.env.random(KEY_BYTES)).toString('base64')
  }

  private save(): void {
    if (this.data === null) return
    const file = join(this.data, 'report-keys')
    writeFileSync(`${file}.new`, JSON.stringify(this.keys), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
}

const hash = (key: string, text: string) => createHmac('sha256', key).update(text).digest('base64url').slice(0, 22)

/** One subscriber: a whole IPv4 address, the first 64 bits of an IPv6 one. */
export function prefix(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '')
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = plain.split('%', 1)[0]!.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups =
    tail === undefined
      ? left
      : [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right]
  return groups
    .slice(0, 4)
    .map(g => Number.parseInt(g, 16).toString(16))
    .join(':')
}

/** Puts at the end and drops the oldest beyond the limit. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > REPORT_ADDRESSES) map.delete(map.keys().next().value!)
}
