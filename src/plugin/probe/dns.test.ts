import packets from 'dns-packet'
import { describe, expect, it } from 'vitest'
import { BLIND, fakeOutside, REFUSING } from '../../testing/outside.js'
import { testProbe } from '../../testing/plugin-contract.js'
import dns, { type DnsConfig, placeOf } from './dns.js'

const settings: DnsConfig = {
  name: 'shop.example',
  type: 'A',
  servers: ['192.0.2.53'],
  transport: 'udp',
  rcode: 'NOERROR',
  answers: ['192.0.2.1'],
  flags: ['ra'],
  same: true,
}
interface Zone {
  rcode?: number
  flags?: number
  answers?: packets.Answer[]
  name?: string
  /** Bytes of the answer that are left. */
  cut?: number
}
const RA = packets.RECURSION_AVAILABLE
const a = (data: string): packets.Answer => ({ type: 'A', name: 'shop.example', ttl: 60, data })
const answered = (question: Uint8Array, { rcode = 0, flags = RA, answers = [a('192.0.2.1')], name, cut }: Zone) => {
  const { id, questions } = packets.decode(Buffer.from(question))
  const asked = (questions ?? []).map(each => ({ ...each, name: name ?? each.name }))
  return packets.encode({ type: 'response', id: id!, flags: flags | rcode, questions: asked, answers }).subarray(0, cut)
}
/** Servers by their host; without one for it nobody answers. */
const servers = (by: Record<string, Zone>) => () => {
  const outside = fakeOutside()
  const { connect } = outside.env
  outside.env.datagram = async ({ host, bytes, answers }) => {
    const zone = by[host]
    if (zone === undefined) throw Object.assign(new Error(`${host} gave no answer within 5 s`), { code: 'ETIMEDOUT' })
    const said = answered(bytes, zone)
    expect(answers(said)).toBe(true)
    expect(answers(Buffer.from([~said[0]! & 255, said[1]!, ...said.subarray(2)]))).toBe(false)
    return { bytes: said, address: host, phases: { lookup: 1, firstByte: 2, total: 3 } }
  }
  outside.env.connect = connect
  return outside
}
const one = (zone: Zone) => servers({ '192.0.2.53': zone })
testProbe('dns', {
  plugin: dns,
  settings,
  well: one({}),
  ill: [
    REFUSING,
    ['nobody who answers', servers({}), /no answer within/],
    ['a server that fails', one({ rcode: 2, answers: [] }), /answers SERVFAIL, not NOERROR/],
    ['no such name', one({ rcode: 3, answers: [] }), /NXDOMAIN/],
    ['a refusal', one({ rcode: 5, answers: [] }), /REFUSED/],
    ['an empty answer', one({ answers: [] }), /knows no A of this name/],
    ['another address', one({ answers: [a('203.0.113.9')] }), /answers 203.0.113.9, without 192.0.2.1/],
    ['no recursion', one({ flags: 0 }), /without the flag ra/],
    ['an answer to another question', one({ name: 'evil.example' }), /another question/],
    ['half an answer', one({ cut: 20 }), /cannot be read/],
  ],
  blind: BLIND,
})

describe('dns', () => {
  const checked = async (more: Partial<DnsConfig>, by: Record<string, Zone>) => {
    await using probe = await dns.open({ ...settings, ...more }, servers(by)().env)
    return probe.check({ aborted: false, addEventListener() {} })
  }
  const three = { servers: ['a', 'b', 'c'] }
  it('compares servers: one that fails, or says otherwise, is named', async () => {
    const { answers: _, ...open } = settings
    expect((await checked(three, { a: {}, b: {}, c: {} })).outcome).toBe('ok')
    expect(await checked(three, { a: {}, b: { rcode: 2, answers: [] }, c: {} })).toMatchObject({
      outcome: 'degraded',
      why: '1 of 3 servers: b answers SERVFAIL, not NOERROR',
      figures: { serversAnswering: 2 },
    })
    expect((await checked(three, {})).outcome).toBe('bad')
    const other = { answers: [a('203.0.113.9')] }
    await using probe = await dns.open({ ...open, ...three }, servers({ a: {}, b: other, c: {} })().env)
    expect(await probe.check({ aborted: false, addEventListener() {} })).toMatchObject({
      outcome: 'degraded',
      why: 'servers differ: a, c 192.0.2.1; b 203.0.113.9',
    })
  })
  it('takes a name that must not be for well, if that is asked', async () => {
    const { answers: _, ...open } = settings
    await using probe = await dns.open({ ...open, rcode: 'NXDOMAIN' }, one({ rcode: 3, answers: [] })().env)
    expect((await probe.check({ aborted: false, addEventListener() {} })).outcome).toBe('ok')
  })
  it('reads values as zone files write them', async () => {
    const kinds: [DnsConfig['type'], unknown, string][] = [
      ['MX', { preference: 10, exchange: 'Mail.example' }, '10 mail.example'],
      ['TXT', ['v=spf1 ', '-all'], 'v=spf1 -all'],
      ['SRV', { priority: 1, weight: 2, port: 443, target: 'b.example' }, '1 2 443 b.example'],
      ['NS', 'NS1.example', 'ns1.example'],
      ['CAA', { flags: 0, tag: 'issue', value: 'ca.example' }, '0 issue ca.example'],
    ]
    for (const [type, data, value] of kinds) {
      const answer = { type, name: 'shop.example', ttl: 60, data } as packets.Answer
      const found = await checked({ type, answers: [value] }, { '192.0.2.53': { answers: [answer] } })
      expect(found.why ?? 'ok').toBe('ok')
    }
  })
  it('asks again by TCP where an answer is too long for UDP', async () => {
    const outside = servers({ '192.0.2.53': { flags: RA | packets.TRUNCATED_RESPONSE, answers: [] } })()
    outside.env.connect = async () => {
      let said: Buffer = Buffer.alloc(0)
      return {
        address: '192.0.2.53',
        phases: { total: 1 },
        write: async bytes => {
          const answer = answered(Buffer.from(bytes as Uint8Array).subarray(2), {})
          said = Buffer.concat([Buffer.from([answer.length >> 8, answer.length & 255]), answer])
        },
        async *chunks() {
          yield said
        },
        secure: async () => {},
        [Symbol.asyncDispose]: async () => {},
      }
    }
    await using probe = await dns.open(settings, outside.env)
    expect((await probe.check({ aborted: false, addEventListener() {} })).outcome).toBe('ok')
  })
  it.each([
    ['192.0.2.1', '192.0.2.1', 53],
    ['ns.example:5353', 'ns.example', 5353],
    ['2001:db8::1', '2001:db8::1', 53],
    ['[2001:db8::1]:5353', '2001:db8::1', 5353],
  ])('reads the server %s', (server, host, port) => {
    expect(placeOf(server, 53)).toEqual({ host, port })
  })
  it('refuses what is no server', () => {
    expect(dns.check!({ ...settings, servers: ['a b', 'a:99999', '[x'] }).map(each => each.path)).toEqual([
      'servers[0]',
      'servers[1]',
      'servers[2]',
    ])
  })
})
