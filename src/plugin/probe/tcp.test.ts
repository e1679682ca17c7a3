import { describe, expect, it } from 'vitest'
import { BLIND, fakeTalk, REFUSING, type Talks } from '../../testing/outside.js'
import { testProbe } from '../../testing/plugin-contract.js'
import tcp, { type TcpConfig } from './tcp.js'

const settings: TcpConfig = { host: 'shop.example', port: 7, send: 'hello', matches: '^echo: hel+o' }
const echo: Talks = say => heard => say(`echo: ${heard.toString()}`)
testProbe('tcp', {
  plugin: tcp,
  settings,
  well: () => fakeTalk(echo),
  ill: [
    REFUSING,
    ['silence and an end', () => fakeTalk((_, hangUp) => hangUp), /hangs up without an answer/],
    [
      'half an answer',
      () => fakeTalk((say, hangUp) => () => (say('echo: he'), hangUp())),
      /hangs up in the middle of "echo: he"/,
    ],
    ['an answer without end', () => fakeTalk(say => () => say('x'.repeat(300_000))), /more than 262144 bytes/],
  ],
  blind: BLIND,
})

describe('tcp', () => {
  it('is content with a connection where nothing is asked, and tells its parts', async () => {
    const outside = fakeTalk(() => () => {})
    await using probe = await tcp.open({ host: 'shop.example', port: 7 }, outside.env)
    const found = await probe.check({ aborted: false, addEventListener() {} })
    expect(found).toMatchObject({ outcome: 'ok', phases: { lookup: 1, connect: 2 } })
    expect(outside.to).toMatchObject([{ host: 'shop.example', port: 7 }])
  })
  it('reads an answer that comes in pieces', async () => {
    const outside = fakeTalk(say => () => (say('ec'), say('ho: he'), say('llo')))
    await using probe = await tcp.open(settings, outside.env)
    expect((await probe.check({ aborted: false, addEventListener() {} })).outcome).toBe('ok')
  })
})
