import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { BLIND, fakeTalk, REFUSING, type Talks } from '../../testing/outside.js'
import { testProbe } from '../../testing/plugin-contract.js'
import websocket, { type WebsocketConfig } from './websocket.js'

const settings: WebsocketConfig = { url: 'wss://shop.example/live', protocols: ['chat'] }
const accept = (key: string) => createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
const frame = (opcode: number, payload: string | Buffer) => {
  const bytes = Buffer.from(payload as string)
  const length = bytes.length < 126 ? [bytes.length] : [126, bytes.length >> 8, bytes.length & 255]
  return Buffer.concat([Buffer.from([0x80 | opcode, ...length]), bytes])
}
/** Takes a client's frame apart. */
const unmasked = (bytes: Buffer) => {
  const mask = bytes.subarray(2, 6)
  return {
    opcode: bytes[0]! & 15,
    text: bytes
      .subarray(6)
      .map((byte, i) => byte ^ mask[i % 4]!)
      .toString(),
  }
}
/** A server that opens as it should, and answers frames as it is told. */
const serving =
  (answer: (opcode: number, text: string) => Buffer | null, opens = (key: string) => accept(key)): Talks =>
  say => {
    let open = false
    return heard => {
      if (open) {
        const { opcode, text } = unmasked(heard)
        const said = answer(opcode, text)
        if (said !== null) say(said)
        return
      }
      open = true
      const key = /Sec-WebSocket-Key: (.*)\r\n/.exec(heard.toString())![1]!
      const head = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${opens(key)}\r\nSec-WebSocket-Protocol: chat`
      say(`HTTP/1.1 101 Switching Protocols\r\n${head}\r\n\r\n`)
    }
  }
const pong = serving((opcode, text) => (opcode === 9 ? frame(10, text) : null))
const refuses =
  (head: string): Talks =>
  say =>
  () =>
    say(`${head}\r\n\r\n`)
testProbe('websocket', {
  plugin: websocket,
  settings,
  well: () => fakeTalk(pong),
  ill: [
    REFUSING,
    [
      'a plain answer',
      () => fakeTalk(refuses('HTTP/1.1 200 OK\r\ncontent-type: text/html')),
      /status 200, where a WebSocket/,
    ],
    ['a refusal', () => fakeTalk(refuses('HTTP/1.1 429 Too Many')), /status 429/],
    ['no HTTP', () => fakeTalk(refuses('SSH-2.0-x')), /does not speak HTTP: "SSH/],
    [
      'a lie',
      () =>
        fakeTalk(
          serving(
            () => null,
            () => 'bm90IGl0',
          ),
        ),
      /is no WebSocket/,
    ],
    [
      'an end with a reason',
      () => fakeTalk(serving(() => frame(8, Buffer.from('\u0003\u00f5full', 'latin1')))),
      /closes with 1013 "full"/,
    ],
    [
      'frames that are masked',
      () => fakeTalk(serving(() => Buffer.from([0x8a, 0x80, 0, 0, 0, 0]))),
      /breaks the rules/,
    ],
    [
      'frames of any size',
      () => fakeTalk(serving(() => Buffer.from([0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0]))),
      /more than 131072/,
    ],
    [
      'half an answer',
      () =>
        fakeTalk((say, hangUp) => {
          const inner = serving(() => null)(say, hangUp)
          return heard => (inner(heard), hangUp())
        }),
      /hangs up/,
    ],
  ],
  blind: BLIND,
})

describe('websocket', () => {
  const checked = async (more: Partial<WebsocketConfig>, talks: Talks) => {
    const outside = fakeTalk(talks)
    await using probe = await websocket.open({ ...settings, ...more }, outside.env)
    return { ...(await probe.check({ aborted: false, addEventListener() {} })), to: outside.to }
  }
  it('sends a text and waits for a message that is as it should be, with others and pings between', async () => {
    const said: string[] = []
    const talks = serving((opcode, text) => {
      said.push(`${opcode} ${text}`)
      if (opcode !== 1) return null
      return Buffer.concat([frame(1, 'welcome'), frame(9, 'there?'), frame(1, JSON.stringify({ ok: 'x'.repeat(200) }))])
    })
    const found = await checked({ send: 'subscribe', json: [{ path: '$.ok' }] }, talks)
    expect(found.outcome).toBe('ok')
    expect(said.slice(0, 2)).toEqual(['1 subscribe', '10 there?'])
    expect(found.to).toMatchObject([{ host: 'shop.example', port: 443, tls: { alpn: ['http/1.1'] } }])
  })
  it('asks for one of its protocols', async () => {
    expect((await checked({ protocols: ['other'] }, pong)).why).toBe('it speaks none of other')
  })
})
