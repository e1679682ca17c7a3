import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PermanentError, RefusedError, TransientError } from '../../contract/error.js'
import type { PluginEnv } from '../../contract/plugin.js'
import { pluginEnv } from '../../shell/outside/env.js'
import { mailServer, type MailRules, type MailServer, pem, PEM_FILE, refusal } from '../../testing/mail.js'
import { overDelivery, someDelivery, someMessage } from '../../testing/messages.js'
import { fakeOutside } from '../../testing/outside.js'
import { testNotifier } from '../../testing/plugin-contract.js'
import email from './email.js'

const settings = {
  host: 'shop.test',
  port: 25,
  security: 'none' as const,
  from: 'Shop status <status@example.com>',
  to: ['ana@example.com', 'bo@example.com'],
  timeoutSeconds: 30,
  audience: 'team' as const,
}
type Settings = Parameters<typeof email.open>[0]

/** The real outside, in which `shop.test` is this machine. */
const said: string[] = []
const outside: PluginEnv = (() => {
  const real = pluginEnv(
    { now: () => Date.now(), log: (_, what, detail) => void said.push(`${what} ${JSON.stringify(detail)}`) },
    true,
  )
  return { ...real, connect: to => real.connect({ ...to, host: '127.0.0.1' }) }
})()

const servers: MailServer[] = []
afterAll(() => Promise.all(servers.map(each => each[Symbol.asyncDispose]())))
async function world(rules: MailRules = {}, more: Partial<Settings> = {}) {
  const server = await mailServer(rules)
  servers.push(server)
  return { server, notifier: await email.open({ ...settings, port: server.port, ...more }, outside) }
}
const failure = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: Error) => error,
  )

describe('by the contract', () => {
  const ANSWERS: Record<number, number> = { 500: 451, 429: 421, 400: 554, 410: 550 }
  let server: MailServer
  let status = 200
  let asked: ReturnType<typeof fakeOutside>['asked'] = []
  beforeAll(async () => {
    server = await mailServer({
      options: { allowInsecureAuth: true, onAuth: (_, __, done) => done(null, { user: 'a' }) },
      letter: raw => {
        if (ANSWERS[status] !== undefined) return refusal(ANSWERS[status] as number, 'hidden')
        asked.push({ url: '', body: raw })
        return null
      },
    })
    servers.push(server)
  })
  testNotifier('email', {
    plugin: email,
    settings: { ...settings, user: 'a', password: 'hidden' },
    receiver: next => {
      const fake = fakeOutside()
      ;[status, asked] = [next, fake.asked]
      let broken = false
      const connect: PluginEnv['connect'] = to =>
        broken ? fake.env.connect(to) : outside.connect({ ...to, port: server.port })
      return { ...fake, env: { ...fake.env, connect }, break: () => void (broken = true) }
    },
    secrets: ['hidden'],
    bytesMost: 250_000,
  })
})

describe('a letter', () => {
  it('is plain text and HTML, with a subject, links and what the team is told', async () => {
    const { server, notifier } = await world()
    expect(await notifier.tell(someDelivery())).toMatchObject({ said: expect.stringContaining('OK') })
    const [letter] = await server.letters()
    expect(letter).toMatchObject({
      subject: someMessage().subject,
      messageId: '<msg_shop-1_0@example.com>',
      from: { text: '"Shop status" <status@example.com>' },
      to: { text: 'ana@example.com, bo@example.com' },
      date: new Date('2026-02-03T12:05:00.000Z'),
    })
    for (const text of [letter!.text, letter!.html as string]) {
      expect(text).toContain('About 40% of requests are failing: Germany.')
      expect(text).toContain('https://status.example.com/console/i/shop-1')
      expect(text).toContain('Deploy 4711')
    }
    expect(letter!.headers.get('auto-submitted')).toBe('auto-generated')
    expect(server.readers).toEqual([settings.to])
  })
  it('is one of a thread: all of an incident refer to one id, under the subject of the first', async () => {
    const { server, notifier } = await world()
    const first = await notifier.tell(someDelivery())
    await notifier.tell(overDelivery({ thread: first!.thread! }))
    await notifier.tell(someDelivery({ id: 'msg_other_0', event: { ...someDelivery().event, incident: 'other' } }))
    const [one, two, other] = await server.letters()
    expect(two!.inReplyTo).toBe(one!.inReplyTo)
    expect(two!.references).toEqual(one!.references)
    expect(two!.subject).toBe(`Re: ${one!.subject}`)
    expect(two!.text).toContain('Resolved: Shop: Cart failing in Germany (major)')
    expect(new Set([one!.messageId, two!.messageId, other!.messageId]).size).toBe(3)
    expect(other!.inReplyTo).not.toBe(one!.inReplyTo)
  })
  it('tells the public no suspects, no names and no room; and leaves a list by one click (RFC 8058)', async () => {
    const unsubscribe = 'https://example.com/leave?who={{address}}'
    const { server, notifier } = await world({}, { audience: 'public', unsubscribe })
    await notifier.tell(someDelivery())
    const letters = await server.letters()
    expect(server.readers).toEqual([['ana@example.com'], ['bo@example.com']])
    for (const [i, letter] of letters.entries()) {
      const own = `https://example.com/leave?who=${encodeURIComponent(settings.to[i] as string)}`
      expect(server.raw[i]).toContain(`List-Unsubscribe: <${own}>`)
      expect(server.raw[i]).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click')
      expect(letter.text).toContain(own)
      // Nobody learns who else reads it.
      expect(server.raw[i]).not.toContain((settings.to[1 - i] as string).split('@')[0] + '@')
      expect(`${letter.text} ${letter.html as string}`).not.toMatch(/4711|nobody yet|console/)
    }
  })
  it('is written from right to left where its language is, and is no markup of others', async () => {
    const { server, notifier } = await world()
    const message = someMessage({
      language: 'ar',
      direction: 'rtl',
      subject: 'المتجر\r\nBcc: all@example.com',
      says: ['<script>'],
    })
    await notifier.tell(someDelivery({ message, id: 'msg\r\nX-Evil: 1' }))
    const [letter] = await server.letters()
    expect(letter!.html).toContain('<html lang="ar" dir="rtl">')
    expect(letter!.html).not.toContain('<script>')
    expect(letter!.bcc).toBeUndefined()
    expect(letter!.headers.has('x-evil')).toBe(false)
    expect(server.readers).toEqual([settings.to])
  })
  it('is one about all that was gathered: of each incident the newest', async () => {
    const { server, notifier } = await world({}, { digestMinutes: 10 })
    const other = someDelivery({
      id: 'msg_bank-1_0',
      event: { ...someDelivery().event, incident: 'bank-1' },
      message: someMessage({ name: 'Bank slow', subject: 'Bank slow (minor)' }),
    })
    expect(notifier.gathering).toMatchObject({ forMs: 600_000 })
    for (let i = 0; i < 2; i++) await notifier.gathering!.tell([someDelivery(), other, overDelivery()])
    const [letter, again] = await server.letters()
    expect(again!.messageId).toBe(letter!.messageId)
    expect(letter!.subject).toBe('Digest (3): Shop: Cart failing in Germany · Bank slow')
    expect(letter!.text).toContain('Resolved: Shop: Cart failing in Germany (major)')
    expect(letter!.text).toContain('Bank slow (minor)')
    expect([...(letter!.html as string).matchAll(/<section/g)]).toHaveLength(2)
    expect((await world()).notifier.gathering).toBeUndefined()
  })
  it('goes to the rest of a list where one of its readers is refused', async () => {
    const { server, notifier } = await world(
      { reader: address => (address.startsWith('ana') ? refusal(550, 'no such user') : null) },
      { unsubscribe: 'https://example.com/leave?who={{address}}' },
    )
    await notifier.tell(someDelivery())
    expect(server.readers).toEqual([['bo@example.com']])
  })
  it('carries the signature of its domain where there is a key', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1_024 })
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
    const server = await mailServer()
    servers.push(server)
    const dkim = { domain: 'example.com', selector: 'one', key: '/key.pem' }
    const env = { ...outside, readText: async (path: string) => (path === '/key.pem' ? key : '') }
    await using notifier = await email.open({ ...settings, port: server.port, dkim }, env)
    await notifier.tell(someDelivery())
    expect(server.raw[0]).toMatch(/^DKIM-Signature:[^]*d=example\.com;[^]*s=one;/)
  })
})

describe('a mail server', () => {
  const cert = pem()
  const tls = { key: cert, cert, disabledCommands: [] }
  const ca = fileURLToPath(PEM_FILE)
  it('is spoken to under STARTTLS, with name and password, and never without', async () => {
    const seen: [boolean, string | undefined][] = []
    const options = {
      ...tls,
      authOptional: false,
      onAuth: (({ username, password }, session, done) => {
        seen.push([session.secure, username])
        done(null, password === 'right' ? { user: username } : {})
      }) as NonNullable<MailRules['options']>['onAuth'] & object,
    }
    const signedIn = { security: 'starttls' as const, ca, user: 'shop' }
    const { server, notifier } = await world({ options }, { ...signedIn, password: 'right' })
    await notifier.tell(someDelivery())
    expect(server.raw).toHaveLength(1)
    expect(seen).toEqual([[true, 'shop']])
    const wrong = await email.open({ ...settings, port: server.port, ...signedIn, password: 'wrong-one' }, outside)
    const error = await failure(wrong.tell(someDelivery()))
    expect(error).toMatchObject({ constructor: TransientError, retryAfterMs: 300_000 })
    expect(error!.message).not.toContain('wrong-one')
    // A server that does not offer it gets no letter.
    const plain = await world({}, signedIn)
    expect(await failure(plain.notifier.tell(someDelivery()))).toBeInstanceOf(TransientError)
    expect(plain.server.raw).toEqual([])
  })
  it('is not believed under a certificate that nobody vouches for', async () => {
    const { server, notifier } = await world({ options: tls }, { security: 'starttls' })
    expect(await failure(notifier.tell(someDelivery()))).toBeInstanceOf(TransientError)
    expect(server.raw).toEqual([])
  })
  it('is spoken to under TLS from the first byte', async () => {
    const { server, notifier } = await world({ options: { ...tls, secure: true } }, { security: 'tls', ca })
    await notifier.tell(someDelivery())
    expect(server.raw).toHaveLength(1)
  })
  it('may put a letter off (greylisting): it is sent again after minutes, the same', async () => {
    const seen: string[] = []
    const { server, notifier } = await world({
      letter: raw => (seen.push(raw), seen.length === 1 ? refusal(451, 'greylisted, try again later') : null),
    })
    const error = await failure(notifier.tell(someDelivery()))
    expect(error).toMatchObject({ constructor: TransientError, retryAfterMs: 120_000 })
    expect(error!.message).toMatch(/^cannot tell the mail server at shop\.test: it answered 451 greylisted/)
    await notifier.tell(someDelivery())
    expect(server.raw).toEqual([seen[0]])
  })
  it.each<[number, unknown]>([
    [550, PermanentError],
    [552, RefusedError],
    [554, RefusedError],
  ])('may refuse a letter for good: %i', async (code, kind) => {
    const { notifier } = await world({ letter: () => refusal(code) })
    expect((await failure(notifier.tell(someDelivery())))!.constructor).toBe(kind)
  })
  it('may put off one reader and refuse another: each of the rest has one letter', async () => {
    let busy = true
    const { server, notifier } = await world(
      {
        reader: address =>
          address.startsWith('late') && busy
            ? refusal(450, 'busy')
            : address.startsWith('gone')
              ? refusal(550, 'no such user')
              : null,
      },
      { to: ['ana@example.com', 'late@example.com', 'gone@example.com'] },
    )
    expect(await failure(notifier.tell(someDelivery()))).toMatchObject({ constructor: TransientError })
    busy = false
    await notifier.tell(someDelivery())
    expect(server.readers).toEqual([['ana@example.com'], ['late@example.com']])
    expect(said.join()).toContain('gone@example.com')
  })
  it('may hang up before it has answered: the letter comes again, with the id by which it is shown once', async () => {
    let hangUp = true
    const { server, notifier } = await world({ hangsUp: () => hangUp })
    expect(await failure(notifier.tell(someDelivery()))).toBeInstanceOf(TransientError)
    hangUp = false
    await notifier.tell(someDelivery())
    const letters = await server.letters()
    expect(letters).toHaveLength(2)
    expect(new Set(letters.map(each => each.messageId)).size).toBe(1)
  })
  it('may be silent: it is left for later, and the letter comes', async () => {
    const silent: Socket[] = []
    const tcp = createServer(socket => void silent.push(socket)).listen(0, '127.0.0.1')
    await once(tcp, 'listening')
    const { port } = tcp.address() as AddressInfo
    await using notifier = await email.open({ ...settings, port, timeoutSeconds: 0.05 }, outside)
    const error = await failure(notifier.tell(someDelivery()))
    expect(error).toMatchObject({ constructor: TransientError, message: expect.stringContaining('ETIMEDOUT') })
    for (const each of silent) each.destroy()
    tcp.close()
  })
  it('may be away', async () => {
    const server = await mailServer()
    await server[Symbol.asyncDispose]()
    await using notifier = await email.open({ ...settings, port: server.port }, outside)
    const error = await failure(notifier.tell(someDelivery()))
    expect(error).toBeInstanceOf(TransientError)
    expect(error!.message).toContain('ECONNREFUSED')
  })
  it.each<[Partial<Settings>, string]>([
    [{ password: 'x' }, 'user'],
    [{ user: 'a', password: 'x' }, 'security'],
    [{ unsubscribe: 'https://' }, 'unsubscribe'],
    [{ to: ['a@example.com', 'a@example.com'] }, 'to'],
  ])('is refused before it is asked where the settings are wrong', (more, path) => {
    expect(email.check!({ ...settings, ...more }).map(each => each.path)).toContain(path)
  })
})
