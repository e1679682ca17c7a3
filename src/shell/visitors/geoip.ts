import { readFile, stat } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { type AsnResponse, type CityResponse, Reader } from 'mmdb-lib'
import type { GeoipConfig } from '../../contract/outside/where.js'
import { GEOIP_BYTES, LABEL_VALUE_CHARS } from '../../contract/limits.js'
import { HOUR } from '../../contract/time.js'
import { plainAddress } from './address.js'

/** What a database says of where an address is. What it does not know is null. */
export interface Place {
  /** Two letters, ISO 3166-1. */
  country: string | null
  /** The largest part of the country, in English, with its country: `Bavaria, DE`. */
  region: string | null
  /** The number of the network, without letters. */
  asn: string | null
}

export const NOWHERE: Place = { country: null, region: null, asn: null }

/** A newer file in the place of the old one is found within so long. */
const LOOK_AGAIN_MS = HOUR
/** An address that every database of its kind can be asked for: what is damaged fails at it. */
const TRIED = ['192.0.2.1', '8.8.8.8', '203.0.113.255']
/** What databases of each kind call themselves: GeoLite2-City, DBIP-City-Lite; GeoLite2-ASN, GeoIP2-ISP. */
const KINDS = { city: /city|enterprise|insights|location/i, asn: /asn|isp/i }
type Kind = keyof typeof KINDS
const KIND_NAMES: Record<Kind, string> = { city: 'cities', asn: 'networks' }

export type Fault = { rule: string; value: string }
type Opened = { reader: Reader<CityResponse & AsnResponse>; mtimeMs: number }

/** Opens one file, or says what is wrong with it, as a rule of the configuration that it breaks. */
async function openFile(file: string, kind: Kind): Promise<Opened | Fault> {
  let bytes: Buffer
  let mtimeMs: number
  try {
    const found = await stat(file)
    mtimeMs = found.mtimeMs
    if (found.size > GEOIP_BYTES) return { rule: `a file of at most ${GEOIP_BYTES} bytes`, value: `${found.size}` }
    bytes = await readFile(file)
  } catch (error) {
    return { rule: 'a file that can be read', value: `${file}: ${(error as NodeJS.ErrnoException).code ?? 'no'}` }
  }
  let reader: Opened['reader']
  try {
    reader = new Reader(bytes)
  } catch {
    return { rule: 'a database in the format of MaxMind (.mmdb)', value: file }
  }
  const { databaseType, searchTreeSize } = reader.metadata
  try {
    if (!(searchTreeSize > 0 && searchTreeSize < bytes.length)) throw new RangeError('its tree is longer than the file')
    for (const address of TRIED) reader.get(address)
  } catch {
    return { rule: 'a database that is whole: this one is damaged, fetch it again', value: file }
  }
  if (!KINDS[kind].test(databaseType))
    return { rule: `a database of ${KIND_NAMES[kind]}`, value: `${file} is one of ${databaseType.slice(0, 60)}` }
  return { reader, mtimeMs }
}

/** What is wrong with the files that a configuration names. */
export async function faultsOf(config: GeoipConfig): Promise<{ kind: Kind; fault: Fault }[]> {
  const opened = await Promise.all(
    filesOf(config).map(async ([kind, file]) => ({ kind, found: await openFile(file, kind) })),
  )
  return opened.flatMap(({ kind, found }) => ('rule' in found ? [{ kind, fault: found }] : []))
}

const filesOf = ({ city, asn }: GeoipConfig): [Kind, string][] => [
  ...(city === undefined ? [] : [['city', city] as [Kind, string]]),
  ...(asn === undefined ? [] : [['asn', asn] as [Kind, string]]),
]

/**
 * Where addresses are, by databases that the operator brings (MaxMind's format; each lies in memory whole). An address is looked
 * up and forgotten: nothing of it is kept here. A file that was replaced is read anew within an hour; one that cannot be read
 * then changes nothing.
 */
export class Geoip {
  #lookedAt: number
  #looking: Promise<void> | null = null

  private constructor(
    private readonly files: [Kind, string][],
    private readonly opened: Partial<Record<Kind, Opened>>,
    private readonly nowMs: () => number,
    private readonly log: (what: string, detail: Record<string, unknown>) => void,
  ) {
    this.#lookedAt = nowMs()
  }

  /**
   * @param nowMs milliseconds that only go forward
   * @param log is told of a newer file that cannot be read
   * @throws Error with the rule that a file breaks
   */
  static async open(
    config: GeoipConfig,
    nowMs: () => number,
    log: (what: string, detail: Record<string, unknown>) => void,
  ): Promise<Geoip> {
    const files = filesOf(config)
    const opened: Partial<Record<Kind, Opened>> = {}
    for (const [kind, file] of files) {
      const found = await openFile(file, kind)
      if ('rule' in found) throw new Error(`geoip.${kind} must be ${found.rule}; got ${found.value}`)
      opened[kind] = found
    }
    return new Geoip(files, opened, nowMs, log)
  }

  /** What is not a public address, what no database knows and what a database says oddly is nowhere. */
  of(address: string): Place {
    if (this.nowMs() - this.#lookedAt >= LOOK_AGAIN_MS) void this.look()
    const plain = plainAddress(address)
    if (plain === null) return NOWHERE
    const city = this.#get('city', plain)
    const asn = this.#get('asn', plain)?.autonomous_system_number
    const country = city?.country?.iso_code
    const code = typeof country === 'string' && /^[A-Z]{2}$/.test(country) ? country : null
    const name = city?.subdivisions?.[0]?.names?.en
    return {
      country: code,
      region: code !== null && isPlain(name) ? `${name}, ${code}` : null,
      asn: Number.isSafeInteger(asn) && (asn as number) > 0 ? String(asn) : null,
    }
  }

  /** Reads again what was replaced. */
  look(): Promise<void> {
    this.#lookedAt = this.nowMs()
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null
    })
    return this.#looking
  }

  async #look(): Promise<void> {
    for (const [kind, file] of this.files) {
      const mtimeMs = await stat(file).then(
        found => found.mtimeMs,
        () => null,
      )
      if (mtimeMs === null || mtimeMs === this.opened[kind]?.mtimeMs) continue
      const found = await openFile(file, kind)
      if ('rule' in found) this.log('a newer database of addresses cannot be used; the old one goes on', found)
      else this.opened[kind] = found
    }
  }

  #get(kind: Kind, address: string) {
    const reader = this.opened[kind]?.reader
    // A tree of the old addresses would be walked with the first bits of a new one.
    if (reader === undefined || (isIPv6(address) && reader.metadata.ipVersion === 4)) return null
    try {
      return reader.get(address)
    } catch {
      // A record that cannot be read.
      return null
    }
  }
}

/** A name as people write it: what stands in a database becomes a label, and so text on pages. */
const isPlain = (name: unknown): name is string =>
  typeof name === 'string' && name.length <= LABEL_VALUE_CHARS / 2 && /^[\p{L}\p{M}\p{N} .,'’()/-]+$/u.test(name)
