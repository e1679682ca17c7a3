import { afterEach, describe, expect, it } from 'vitest'
import { AddressError, RefusedError, TransientError } from '../../../contract/error.js'
import { pluginEnv } from '../../../shell/outside/env.js'
import { type MailRules, type MailServer, mailServer, refusal } from '../../../testing/mail.js'
import { overDelivery, someDelivery } from '../../../testing/messages.js'
import email from '../email.js'

const outside = pluginEnv({ now: () => Date.now(), log: () => {} }, true)
const ANA = 'ana@example.com'
const LEAVE = 'https://status.example.com/subscription/x/leave'
const to = { address: ANA, leave: LEAVE, manage: { words: 'Choose', url: 'https://status.example.com/subscription/x' } }
let server: MailServer
afterEach(() => server[Symbol.asyncDispose]())

async function world(rules: MailRules = {}) {
  server = await mailServer(rules)
  const settings = { host: '127.0.0.1', port: server.port, security: 'none', from: 'Shop <status@example.com>', to: [] }
  return email.open({ ...settings, timeoutSeconds: 30, audience: 'team' } as never, outside)
}
const failure = async (rules: MailRules): Promise<Error> => {
  await using notifier = await world(rules)
  // Awaited here: it is ended once this returns.
  return await notifier.tellOne!(to, [someDelivery()]).then(
    () => new Error('it was taken'),
    (error: Error) => error,
  )
}

describe('a letter to one subscriber', () => {
  it('is for everybody, has both links, and the same id when it comes again', async () => {
    await using notifier = await world()
    await notifier.tellOne!(to, [someDelivery()])
    await notifier.tellOne!(to, [someDelivery()])
    const [first, again] = await server.letters()
    expect(server.readers).toEqual([[ANA], [ANA]])
    expect(again!.messageId).toBe(first!.messageId)
    expect(first!.text).not.toMatch(/Deploy 4711|Incident room/)
    for (const text of [first!.text, String(first!.html)]) expect(text).toContain(to.manage.url)
    expect(server.raw[0]).toContain(`List-Unsubscribe: <${LEAVE}>`)
    expect(server.raw[0]).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click')
  })
  it('that asks to confirm is of no list yet; one about several things is one', async () => {
    await using notifier = await world()
    await notifier.tellOne!({ address: ANA, leave: null, manage: null }, [someDelivery()])
    await notifier.tellOne!(to, [someDelivery(), overDelivery()])
    expect(server.raw[0]).not.toContain('List-Unsubscribe')
    expect((await server.letters())[1]!.subject).toMatch(/^Digest \(2\)/)
  })
  it('goes over a connection that others went over', async () => {
    let connections = 0
    const options = { onConnect: (_: unknown, done: () => void) => (connections++, done()) } as never
    await using notifier = await world({ options })
    for (let i = 0; i < 5; i++) await notifier.tellOne!(to, [someDelivery({ id: `m${i}` })])
    expect([server.raw.length, connections]).toEqual([5, 1])
  })
  it.each<[string, string, boolean]>([
    ['5.1.1 no such user', 'AddressError', true],
    ['5.1.2 no such domain', 'AddressError', true],
    ['5.2.2 mailbox full', 'AddressError', false],
    ['5.7.1 not from you', 'AddressError', false],
    ['who is that', 'AddressError', false],
  ])('whose address is refused (550 %s) says whether there is nobody', async (text, name, nobody) => {
    expect(await failure({ reader: () => refusal(550, text) })).toMatchObject({ name, nobody })
  })
  it.each<[string, MailRules, new (...args: never[]) => Error]>([
    ['that is put off comes again', { reader: () => refusal(451, '4.7.1 later') }, TransientError],
    ['that is called wrong is tried a few times', { letter: () => refusal(550, '5.7.1 spam') }, RefusedError],
    [
      'of a sender that is refused waits for people, and blames nobody',
      { options: { onMailFrom: (_, __, done) => done(refusal(550)) } },
      TransientError,
    ],
  ])('%s', async (_, rules, kind) => {
    const error = await failure(rules)
    expect(error).toBeInstanceOf(kind)
    expect(error).not.toBeInstanceOf(AddressError)
  })
})

describe('an address of mail', () => {
  const { addressIn } = email.subscribers!
  it.each([
    ['Ana.B+x@Example.COM', 'Ana.B+x@example.com'],
    [' jörg@bücher.example ', 'jörg@bücher.example'],
  ])('%s is kept as %s', async (text, kept) => {
    server = await mailServer()
    expect(addressIn(text)).toBe(kept)
  })
  it.each([
    '',
    'a',
    '@example.com',
    'a@b',
    'a..b@example.com',
    '.a@example.com',
    'a@-x.example',
    'a@example.com,b@example.com',
    'a@example.com\nTo: b@example.com',
    `${'a'.repeat(65)}@example.com`,
  ])('is not "%s"', async text => {
    server = await mailServer()
    expect(addressIn(text)).toBeNull()
  })
})
