import { randomBytes } from 'node:crypto'
import packets from 'dns-packet'
import {
  type Checked,
  type Phases,
  type Plugin,
  plugin,
  type PluginEnv,
  type Probe,
  type Stop,
} from '../../contract/plugin.js'
import { Amiss, Talk } from '../shared/talk.js'
import { whyUnreachable } from '../shared/unreachable.js'

export const DNS_TYPES = ['A', 'AAAA', 'CAA', 'CNAME', 'MX', 'NS', 'PTR', 'SOA', 'SRV', 'TXT'] as const
/** Marks of an answer: of an authority, checked by DNSSEC, recursion is on offer. */
export const DNS_FLAGS = ['aa', 'ad', 'ra'] as const

export interface DnsConfig {
  name: string
  type: (typeof DNS_TYPES)[number]
  /** `192.0.2.1`, `ns.example:5353`, `[2001:db8::1]:53`. */
  servers: string[]
  transport: 'udp' | 'tcp' | 'tls'
  rcode: string
  /** Each of them has to be among the answers. */
  answers?: string[]
  flags: (typeof DNS_FLAGS)[number][]
  /** Whether all servers have to give the same answers. */
  same: boolean
}

interface Answered {
  server: string
  values: string[]
  phases: Phases
}
type Decoded = packets.DecodedPacket & { rcode: string; flag_qr: boolean; flag_tc: boolean }

/** For the answer of each server; resolvers are left for another one after a second or two. */
const SERVER_MS = 4_000
/** What is read of an answer by UDP; what is larger comes by TCP. */
const UDP_BYTES = 1_232

/** Host and port of a server as it is written; null: it cannot be read. */
export function placeOf(server: string, usual: number): { host: string; port: number } | null {
  const bracket = server.startsWith('[') ? server.indexOf(']') : -1
  // One colon stands before a port, several within an address.
  const colon = server.indexOf(':', bracket + 1)
  const bare = bracket < 0 && colon >= 0 && server.includes(':', colon + 1)
  const end = bracket >= 0 ? bracket + 1 : bare || colon < 0 ? server.length : colon
  const host = bracket >= 0 ? server.slice(1, bracket) : server.slice(0, end)
  const rest = server.slice(end)
  const port = rest === '' ? usual : Number(/^:(\d{1,5})$/.exec(rest)?.[1])
  return /^[^\s[\]]+$/.test(host) && port >= 1 && port <= 65_535 ? { host, port } : null
}

class DnsProbe implements Probe {
  constructor(
    private readonly config: DnsConfig,
    private readonly env: PluginEnv,
  ) {}

  async check(stop: Stop): Promise<Checked> {
    const { servers, same } = this.config
    const asked = await Promise.all(servers.map(server => this.asked(server, stop)))
    const well = asked.filter(each => 'values' in each)
    const ill = asked.filter(each => 'why' in each)
    const blind = asked.filter(each => 'ours' in each)
    // Only what all have in common is said where some of them could not be asked.
    if (blind.length > 0 && well.length + ill.length === 0) throw blind[0]!.ours
    const phases = slowest(well)
    const about = { phases, figures: { serversAnswering: well.length } }
    const names = (of: { server: string }[]) => of.map(each => each.server).join(', ')
    if (ill.length > 0) {
      const [first] = ill
      if (servers.length === 1)
        return { outcome: 'bad', why: first!.why, ...(first!.phases ? { phases: first!.phases } : {}) }
      const why = `${ill.length} of ${servers.length} servers: ${ill.map(each => `${each.server} ${each.why}`).join('; ')}`
      return { outcome: well.length === 0 ? 'bad' : 'degraded', why, ...about }
    }
    const said = new Map<string, Answered[]>()
    for (const each of well) {
      const key = each.values.join(', ')
      said.set(key, [...(said.get(key) ?? []), each])
    }
    if (same && said.size > 1)
      return {
        outcome: 'degraded',
        why: `servers differ: ${[...said].map(([values, of]) => `${names(of)} ${values || 'nothing'}`).join('; ')}`.slice(
          0,
          400,
        ),
        ...about,
      }
    return { outcome: 'ok', ...about }
  }

  private async asked(
    server: string,
    stop: Stop,
  ): Promise<Answered | { server: string; why: string; phases?: Phases } | { server: string; ours: unknown }> {
    let phases: Phases | undefined
    // One that is silent takes no time of the others'.
    const end = new AbortController()
    const timer = setTimeout(() => end.abort(), SERVER_MS)
    stop.addEventListener('abort', () => end.abort(), { once: true })
    if (stop.aborted) end.abort()
    try {
      const found = await this.answerOf(server, end.signal)
      phases = found.phases
      return { server, values: this.judged(found.packet), phases }
    } catch (error) {
      if (end.signal.aborted) return { server, why: 'gives no answer' }
      if (error instanceof Amiss) return { server, why: error.message, ...(phases === undefined ? {} : { phases }) }
      try {
        return { server, why: whyUnreachable(error) }
      } catch (ours) {
        return { server, ours }
      }
    } finally {
      clearTimeout(timer)
    }
  }

  private async answerOf(server: string, stop: Stop): Promise<{ packet: Decoded; phases: Phases }> {
    const { name, type, transport, flags } = this.config
    const id = randomBytes(2).readUInt16BE(0)
    const question = packets.encode({
      type: 'query',
      id,
      flags: packets.RECURSION_DESIRED | (flags.includes('ad') ? packets.AUTHENTIC_DATA : 0),
      questions: [{ type, name }],
      additionals: [{ type: 'OPT', name: '.', udpPayloadSize: UDP_BYTES, flags: 0, options: [] } as never],
    })
    const place = placeOf(server, transport === 'tls' ? 853 : 53)!
    if (transport === 'udp') {
      const { bytes, phases } = await this.env.datagram({
        ...place,
        bytes: question,
        answers: heard => heard.length >= 12 && ((heard[0]! << 8) | heard[1]!) === id,
        signal: stop,
      })
      const packet = this.decoded(Buffer.from(bytes), id)
      if (!packet.flag_tc) return { packet, phases }
    }
    const connection = await this.env.connect({ ...place, ...(transport === 'tls' ? { tls: true } : {}), signal: stop })
    await using talk = new Talk(connection, stop)
    const length = Buffer.alloc(2)
    length.writeUInt16BE(question.length)
    await talk.say(Buffer.concat([length, question]))
    const size = (await talk.bytes(2)).readUInt16BE(0)
    return { packet: this.decoded(await talk.bytes(size), id), phases: talk.phases }
  }

  /** @throws Amiss for what is no answer to this question */
  private decoded(bytes: Buffer, id: number): Decoded {
    let packet: Decoded
    try {
      packet = packets.decode(bytes) as Decoded
    } catch {
      throw new Amiss('its answer cannot be read')
    }
    const { name, type } = this.config
    const [asked] = packet.questions ?? []
    const fits = packet.id === id && packet.flag_qr
    if (!fits || (asked !== undefined && (plain(asked.name) !== plain(name) || asked.type !== type)))
      throw new Amiss('it answers another question')
    return packet
  }

  /** The values that it gives, in order. @throws Amiss where they are not as they should be */
  private judged(packet: Decoded): string[] {
    const { rcode, answers = [], flags, type } = this.config
    if (packet.rcode !== rcode) throw new Amiss(`answers ${packet.rcode}, not ${rcode}`)
    const missing = flags.filter(flag => (packet as unknown as Record<string, unknown>)[`flag_${flag}`] !== true)
    if (missing.length > 0) throw new Amiss(`answers without the flag ${missing.join(', ')}`)
    const values = (packet.answers ?? [])
      .filter(each => each.type === type)
      .map(each => valueOf((each as { data?: unknown }).data))
    if (rcode === 'NOERROR' && values.length === 0) throw new Amiss(`knows no ${type} of this name`)
    const lacking = answers.filter(each => !values.includes(plain(each)))
    if (lacking.length > 0) throw new Amiss(`answers ${values.join(', ').slice(0, 200)}, without ${lacking.join(', ')}`)
    return values.toSorted()
  }

  async [Symbol.asyncDispose]() {}
}

/** Names are the same in capitals, and with a dot at their end. */
const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '')

/** A value as zone files write it. */
function valueOf(data: unknown): string {
  if (typeof data === 'string') return plain(data)
  if (Array.isArray(data)) return data.map(each => String(each)).join('')
  if (data instanceof Uint8Array) return Buffer.from(data).toString('utf8')
  const of = data as Record<string, unknown>
  if ('exchange' in of) return `${of['preference'] ?? 0} ${plain(String(of['exchange']))}`
  if ('target' in of) return `${of['priority']} ${of['weight']} ${of['port']} ${plain(String(of['target']))}`
  if ('mname' in of) return `${plain(String(of['mname']))} ${of['serial']}`
  if ('tag' in of) return `${of['flags'] ?? 0} ${of['tag']} ${of['value']}`
  return JSON.stringify(data)
}

function slowest(of: Answered[]): Phases {
  return of.reduce<Phases>((worst, { phases }) => (phases.total > worst.total ? phases : worst), { total: 0 })
}

const dns: Plugin<'probe', DnsConfig, Probe> = plugin({
  kind: 'probe',
  name: 'dns',
  summary: 'asks name servers for a name, looks at code, flags and answers, and whether all of them say the same',
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['name', 'servers'],
    properties: {
      name: { type: 'string', minLength: 1, maxLength: 253 },
      type: { enum: [...DNS_TYPES], default: 'A' },
      servers: { type: 'array', minItems: 1, maxItems: 20, items: { type: 'string', minLength: 1, maxLength: 270 } },
      transport: { enum: ['udp', 'tcp', 'tls'], default: 'udp' },
      rcode: { enum: ['NOERROR', 'NXDOMAIN', 'SERVFAIL', 'REFUSED', 'NOTAUTH'], default: 'NOERROR' },
      answers: { type: 'array', minItems: 1, maxItems: 100, items: { type: 'string', minLength: 1, maxLength: 500 } },
      flags: { type: 'array', items: { enum: [...DNS_FLAGS] }, default: [] },
      same: { type: 'boolean', default: true },
    },
  },
  check: ({ servers }) =>
    servers.flatMap((value, i) =>
      placeOf(value, 53) === null
        ? [{ path: `servers[${i}]`, rule: 'a server such as 192.0.2.1, ns.example:5353 or [2001:db8::1]:53', value }]
        : [],
    ),
  open: async (config, env) => new DnsProbe(config, env),
})
export default dns
