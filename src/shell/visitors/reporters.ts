import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import {
  REPORT_NETWORKS,
  REPORT_PREFIXES,
  REPORTERS_KNOWN,
  REPORTS_MARKED,
  REPORTS_PER_NETWORK,
  REPORTS_PER_PREFIX,
  REPORTS_PER_SERVICE,
  SERVICES_PER_WORKSPACE,
} from '../../contract/limits.js'
import { DAY, type EpochMs } from '../../contract/time.js'
import { allocationOf, networkOf, prefixOf, subscriberOf } from './address.js'
import { Buckets } from './buckets.js'
import { circlesOf } from './circles.js'
import type { Env } from '../env.js'
import { readWhole, writeAside } from '../folder/key-file.js'
import { sameSecret } from '../folder/secret.js'
import type { Circles } from './shares.js'

/** A key lives a week; the one before is kept for a day more, as long as a person counts once. */
const KEY_MS = 7 * DAY
/** How long the key before is kept. */
const OVERLAP_MS = DAY
/** Bytes of a key for HMAC-SHA-256. */
const KEY_BYTES = 32
/** Networks and allocations name thousands of subscribers and no person; what is usual for them is learned over weeks. */
const WIDE_KEY_MS = 90 * DAY
/** Characters of user agent and languages that tell people behind one address apart. */
const AGENT_CHARS = 400

interface Keys {
  current: string
  since: EpochMs
  before: string | null
  /** For networks and allocations. A file of an earlier version has none. */
  wide?: { key: string; since: EpochMs }
}

const KEYS_FILE = 'report-keys'

/** The keys that are kept; null where none were made yet. @throws PermanentError on a file that holds none */
export const keysIn = (data: string): Keys | null =>
  readWhole(
    join(data, KEYS_FILE),
    text => asKeys(JSON.parse(text)),
    'put it back from a backup, or delete it: then a new key is made, and whoever reported today may be counted once more',
  )

function asKeys(kept: unknown): Keys | null {
  const { current, since, before } = (kept ?? {}) as Partial<Keys>
  const isKey = (key: unknown): key is string =>
    typeof key === 'string' && Buffer.from(key, 'base64').length === KEY_BYTES
  if (!isKey(current) || typeof since !== 'number' || !(before === null || isKey(before))) return null
  return { current, since, before }
}

/** Who asks, as the request says it. */
export interface Visitor {
  address: string
  /** Browser and languages: many people share an address, fewer of them these too. */
  agent: string
  /** What a proxy of ours says of the network; null: nothing. */
  asn: string | null
  /** The pass that an earlier answer gave. */
  pass: string | null
}

/** Names that say nothing of whom they name, and are worthless once their key is thrown away. */
export interface Named {
  reporter: string
  prefix: string
  network: string
  allocation: string
  /** Shown with the next report it keeps the name when the address changes. */
  pass: string
}

/** What becomes of a report at the door. `marked`: noted as beyond a limit; `passed`: not even that. Both are thanked. */
export type Admission = 'counted' | 'marked' | 'passed'

/**
 * Who reports, without keeping who it is: addresses are hashed with a key that is thrown away after a week, and never
 * written down. While two keys overlap, a reporter whom the old key knows keeps the old name and so counts once.
 */
export class Reporters {
  private keys: Keys
  private known = new Map<string, EpochMs>()
  private readonly prefixes = new Buckets(REPORTS_PER_PREFIX, REPORT_PREFIXES)
  private readonly networks = new Buckets(REPORTS_PER_NETWORK, REPORT_NETWORKS)
  private readonly services = new Buckets(REPORTS_PER_SERVICE, SERVICES_PER_WORKSPACE)
  private readonly marked = new Buckets(REPORTS_MARKED, SERVICES_PER_WORKSPACE)

  /** `data` null: the key ends with the process. */
  constructor(
    private readonly data: string | null,
    private readonly env: Pick<Env, 'now' | 'random'>,
  ) {
    const kept = data === null ? null : keysIn(data)
    this.keys = kept ?? { current: this.newKey(), since: env.now(), before: null }
    this.save()
  }

  /** A pass of ours is believed; without one the name comes from address and browser. */
  name({ address, agent, asn, pass }: Visitor): Named {
    const now = this.env.now()
    this.rotate(now)
    const { current, before } = this.keys
    const wide = this.wideKey(now)
    const what = `${subscriberOf(address)} ${agent.slice(0, AGENT_CHARS)}`
    let reporter = pass === null ? null : this.read(pass)
    if (reporter === null) {
      const old = before === null ? null : hash(before, 'reporter', what)
      const remembered = old !== null && now - (this.known.get(old) ?? Number.NEGATIVE_INFINITY) < DAY
      reporter = remembered ? old : hash(current, 'reporter', what)
    }
    this.known.delete(reporter)
    this.known.set(reporter, now)
    if (this.known.size > REPORTERS_KNOWN) this.known.delete(this.known.keys().next().value!)
    return {
      reporter,
      prefix: hash(current, 'prefix', prefixOf(address)),
      network: hash(wide, 'network', asn ?? networkOf(address)),
      allocation: hash(wide, 'allocation', allocationOf(address)),
      pass: `${reporter}.${hash(current, 'pass', reporter)}`,
    }
  }

  /** Where somebody asks from, hashed: told apart and counted, and worthless once the key is thrown away. */
  circles(address: string, asn: string | null): Circles {
    const { current } = this.keys
    return circlesOf(address, asn).map((circle, level) => hash(current, `circle ${level}`, circle))
  }

  /** Takes a token of prefix, network and service each: an empty one of them is enough to be kept out of the counts. */
  admit({ prefix, network }: Pick<Named, 'prefix' | 'network'>, service: string): Admission {
    const now = this.env.now()
    const within =
      this.prefixes.take(prefix, now) && this.networks.take(network, now) && this.services.take(service, now)
    if (within) return 'counted'
    return this.marked.take(service, now) ? 'marked' : 'passed'
  }

  private read(pass: string): string | null {
    const [reporter = '', seal = ''] = pass.split('.', 2)
    const keys = [this.keys.current, this.keys.before].filter(key => key !== null)
    return keys.some(key => sameSecret(seal, hash(key, 'pass', reporter))) ? reporter : null
  }

  private rotate(now: EpochMs): void {
    // A clock that was ahead must not let a key live for as long as it was.
    if (this.keys.since > now + OVERLAP_MS) this.keys = { ...this.keys, since: now }
    const age = now - this.keys.since
    if (age >= KEY_MS)
      this.keys = { current: this.newKey(), since: now, before: age < KEY_MS + OVERLAP_MS ? this.keys.current : null }
    else if (this.keys.before !== null && age >= OVERLAP_MS) this.keys = { ...this.keys, before: null }
    else return
    this.save()
  }

  private wideKey(now: EpochMs): string {
    if (this.keys.wide === undefined || now - this.keys.wide.since >= WIDE_KEY_MS) {
      this.keys.wide = { key: this.newKey(), since: now }
      this.save()
    }
    return this.keys.wide.key
  }

  private newKey(): string {
    return Buffer.from(this.env.random(KEY_BYTES)).toString('base64')
  }

  private save(): void {
    if (this.data === null) return
    writeAside(join(this.data, KEYS_FILE), JSON.stringify(this.keys))
  }
}

const hash = (key: string, what: string, text: string) =>
  createHmac('sha256', key).update(`${what}\n${text}`).digest('base64url').slice(0, 22)
