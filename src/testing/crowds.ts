import type { Observation } from '../contract/signal.js'
import { DAY, MINUTE, type EpochMs } from '../contract/time.js'
import { poisson, sfc32, type Random } from '../core/stat/random.js'
import { report } from './stream.js'

/**
 * Real crowds and false ones, as people's own door sees them: where a report comes from, and nothing that its sender
 * could not forge. Names of networks are plain here; the door hashes them.
 */

/** Where one report comes from. */
export interface Origin {
  prefix: string
  network: string
  allocation: string
}

export type Draw = (random: Random) => Origin

/** Whether a proxy tells numbers of networks; otherwise they are parts of addresses. */
const v4 = (asn: string | null, a: number, b: number, c: number): Origin => ({
  prefix: `${a}.${b}.${c}`,
  network: asn ?? `${a}.${b}`,
  allocation: `${a}.${b & 0xf0}`,
})
const v6 = (asn: string | null, first: number, second: number, third: number): Origin => ({
  prefix: `${first}:${second}:${third}`,
  network: asn ?? `${first}:${second}`,
  allocation: `${first}:${second & 0xf000}`,
})

const below = (random: Random, n: number) => Math.floor(random() * n)

/** A provider of `blocks` /16s that lie apart; its people share so many prefixes of each. */
function provider(random: Random, asn: string | null, blocks: number, prefixes: number): Draw {
  const held = Array.from({ length: blocks }, () => [1 + below(random, 222), below(random, 256)] as const)
  return draw => {
    const [a, b] = held[below(draw, held.length)]!
    return v4(asn, a, b, below(draw, prefixes))
  }
}

/** A carrier that speaks IPv6 alone: all of it in one /32, and so many /48s of it in use. */
function carrier6(random: Random, asn: string | null, used: number): Draw {
  const [first, second] = [0x2001 + below(random, 0x900), below(random, 0x10000)]
  return draw => v6(asn, first, second, below(draw, used))
}

const mix = (parts: readonly [share: number, from: Draw][]): Draw => {
  const all = parts.reduce((sum, [share]) => sum + share, 0)
  return random => {
    let left = random() * all
    for (const [share, from] of parts) if ((left -= share) < 0) return from(random)
    return parts.at(-1)![1](random)
  }
}

const numbered = (known: boolean, n: number) => (known ? `AS${n}` : null)

/** A large country: two mobile carriers behind shared addresses, one of them with IPv6, fixed lines, and a long tail. */
const country = (random: Random, asn: boolean): Draw =>
  mix([
    [0.24, provider(random, numbered(asn, 1), 3, 12)],
    [0.12, carrier6(random, numbered(asn, 2), 4_000)],
    [0.14, provider(random, numbered(asn, 3), 12, 256)],
    [0.1, provider(random, numbered(asn, 4), 8, 256)],
    [0.08, provider(random, numbered(asn, 5), 5, 256)],
    ...Array.from({ length: 120 }, (_, i): [number, Draw] => [
      0.6 / (8 + i),
      provider(random, numbered(asn, 10 + i), 1, 64),
    ]),
  ])

/** Whose people a service has. */
export const PLACES = {
  country,
  /** The whole world. */
  world: (random: Random, asn: boolean) =>
    mix(
      Array.from({ length: 900 }, (_, i): [number, Draw] => [
        1 / (4 + i),
        i % 7 === 3
          ? carrier6(random, numbered(asn, 1_000 + i), 2_000)
          : provider(random, numbered(asn, 1_000 + i), 1 + (i % 5), 128),
      ]),
    ),
  /** A small country that two networks serve, and a few others. */
  twoNetworks: (random: Random, asn: boolean) =>
    mix([
      [0.55, provider(random, numbered(asn, 1), 1, 120)],
      [0.4, provider(random, numbered(asn, 2), 1, 90)],
      ...Array.from({ length: 4 }, (_, i): [number, Draw] => [0.0125, provider(random, numbered(asn, 3 + i), 1, 8)]),
    ]),
  /** A university: one /16, and those who are at home. */
  university: (random: Random, asn: boolean) =>
    mix([
      [0.8, provider(random, numbered(asn, 1), 1, 60)],
      [0.2, country(random, asn)],
    ]),
  /** A service of one mobile carrier that speaks IPv6 alone. */
  oneCarrier6: (random: Random, asn: boolean) => carrier6(random, numbered(asn, 1), 4_000),
} satisfies Record<string, (random: Random, asn: boolean) => Draw>

/** What one party may hold. */
export const HOLDINGS = {
  threePrefixes: random => {
    const [a, b, c] = [1 + below(random, 222), below(random, 256), below(random, 250)]
    return draw => v4(null, a, b, c + below(draw, 3))
  },
  slash16: random => {
    const [a, b] = [1 + below(random, 222), below(random, 256)]
    return draw => v4(null, a, b, below(draw, 256))
  },
  slash13: random => {
    const [a, b] = [1 + below(random, 222), below(random, 32) * 8]
    return draw => v4(null, a, b + below(draw, 8), below(draw, 256))
  },
  slash32: random => {
    const [first, second] = [0x2001 + below(random, 0x900), below(random, 0x10000)]
    return draw => v6(null, first, second, below(draw, 0x10000))
  },
  slash29: random => {
    const [first, second] = [0x2001 + below(random, 0x900), below(random, 0x2000) * 8]
    return draw => v6(null, first, second + below(draw, 8), below(draw, 0x10000))
  },
  twoNumbers: random => {
    const [one, two] = [provider(random, 'AS64500', 4, 256), provider(random, 'AS64501', 4, 256)]
    return draw => (draw() < 0.5 ? one(draw) : two(draw))
  },
  fiveNetworks: random => {
    const all = Array.from({ length: 5 }, () => provider(random, null, 1, 256))
    return draw => all[below(draw, 5)]!(draw)
  },
  botnet200: random => {
    const all = Array.from({ length: 200 }, (_, i) => provider(random, `AS${70_000 + i}`, 1, 1))
    return draw => all[below(draw, 200)]!(draw)
  },
} satisfies Record<string, (random: Random) => Draw>

export interface CrowdStream {
  seed: number
  /** Who reports in quiet times, at how many a minute, for so long. */
  from: Draw
  usual: number
  quietMs: number
  /** Who comes then: how many people, `after` so many minutes, spread over so many minutes. */
  comes?: { from: Draw; people: number; minutes: number; after?: number; text?: (i: number) => string }[]
  /** The quiet goes on so long beside and after it. */
  afterMs?: number
  service?: string
  start?: EpochMs
}

export const CROWD_START = Date.UTC(2031, 4, 5, 9)

/** The signals in order of their time. */
export function crowdStream(options: CrowdStream): Observation[] {
  const {
    seed,
    from,
    usual,
    quietMs,
    comes = [],
    afterMs = 60 * MINUTE,
    service = 'shop',
    start = CROWD_START,
  } = options
  const random = sfc32(seed)
  const out: Observation[] = []
  const add = (at: EpochMs, origin: Origin, text?: string) =>
    out.push(
      report({
        service,
        at,
        id: `${service}-${seed}-${out.length}`,
        reporter: `${service}-${seed}-${out.length}`,
        ...origin,
        ...(text === undefined ? {} : { text }),
      }),
    )
  for (let at = start; at < start + quietMs + afterMs; at += MINUTE) {
    // A day has its night.
    const level = usual * (1 + 0.5 * Math.sin((2 * Math.PI * (at % DAY)) / DAY))
    for (let n = poisson(random, level); n > 0; n--) add(at + below(random, MINUTE), from(random))
  }
  for (const { from: draw, people, minutes, after = 0, text } of comes)
    for (let i = 0; i < people; i++)
      add(start + quietMs + Math.floor((after + random() * minutes) * MINUTE), draw(random), text?.(i))
  return out.sort((a, b) => a.at - b.at)
}
