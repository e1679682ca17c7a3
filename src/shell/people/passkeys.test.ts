import { beforeEach, describe, expect, it } from 'vitest'
import { fakeEnv } from '../../testing/env.js'
import { type Bend, openAuthenticator } from './fixtures/authenticator.js'
import { CHALLENGE_MS, Passkeys } from './passkeys.js'
import { People } from './people.js'

const SITE = { origin: 'https://status.example.com', id: 'status.example.com' }
const GOOD = 'correct horse battery'

let env: ReturnType<typeof fakeEnv>
let people: People
let passkeys: Passkeys
let device: ReturnType<typeof openAuthenticator>
beforeEach(async () => {
  env = fakeEnv()
  people = new People(null, env)
  await people.join(people.firstKey()!, 'ana', GOOD)
  passkeys = new Passkeys(people, env)
  device = openAuthenticator(SITE.origin)
})
const register = (bend?: Bend) =>
  passkeys.register(SITE, 'ana', 'my phone', device.create(passkeys.ask(SITE, 'ana'), bend))
const signIn = (bend?: Bend) => passkeys.signIn(SITE, device.get(passkeys.ask(SITE, null), bend))

describe('passkeys', () => {
  it('are added, sign in, are renamed and removed by their person, and it is on the record', async () => {
    await register()
    expect(await signIn()).toBe('ana')
    const [passkey] = people.passkeysOf('ana')
    expect(passkey).toMatchObject({ label: 'my phone', counter: 2, usedAt: env.now() })
    expect(passkeys.ask(SITE, 'ana').known).toEqual([passkey!.id])
    people.renamePasskey('ana', passkey!.id, '  old phone ')
    expect(people.passkeysOf('ana')).toMatchObject([{ label: 'old phone' }])
    people.removePasskey('ana', passkey!.id)
    await expect(signIn()).rejects.toThrow('belongs to nobody here any more')
    expect(people.audit.map(each => each.act)).toEqual([
      'invite',
      'join',
      'add passkey',
      'rename passkey',
      'remove passkey',
    ])
    await people.join(people.invite({ role: 'viewer', name: null, by: 'ana' }), 'bo', GOOD)
    expect(() => people.removePasskey('bo', passkey!.id)).toThrow('no such passkey')
  })

  it('what was asked is good for five minutes, once, and for what it was asked for', async () => {
    await register()
    const asked = passkeys.ask(SITE, null)
    const answer = device.get(asked)
    expect(await passkeys.signIn(SITE, answer)).toBe('ana')
    await expect(passkeys.signIn(SITE, answer)).rejects.toThrow('used already')
    // Two at once with one answer: one of them is too late.
    const twice = device.get(passkeys.ask(SITE, null))
    const both = await Promise.allSettled([passkeys.signIn(SITE, twice), passkeys.signIn(SITE, twice)])
    expect(both.map(each => each.status).toSorted()).toEqual(['fulfilled', 'rejected'])
    const late = device.get(passkeys.ask(SITE, null))
    env.move(CHALLENGE_MS)
    await expect(passkeys.signIn(SITE, late)).rejects.toThrow('more than five minutes')
    const other = passkeys.ask(SITE, 'ana')
    await expect(passkeys.signIn(SITE, device.get(other))).rejects.toThrow('did not ask for that')
    const elsewhere = new Passkeys(people, fakeEnv(env.now(), 2)).ask(SITE, null)
    await expect(passkeys.signIn(SITE, device.get(elsewhere))).rejects.toThrow('did not ask for that')
    const made = Buffer.from(passkeys.ask(SITE, null).challenge, 'base64url')
    made[5]! ^= 0xff
    const longer = { ...asked, challenge: made.toString('base64url') }
    await expect(passkeys.signIn(SITE, device.get(longer))).rejects.toThrow('did not ask for that')
  })

  it.each<[Bend, string]>([
    [{ origin: 'https://status.example.com.evil.example' }, 'on another site than https://status.example.com'],
    [{ origin: 'http://status.example.com' }, 'on another site'],
    [{ rpId: 'evil.example' }, 'made for another site than status.example.com'],
    [{ verified: false }, 'did not ask who you are'],
    [{ type: 'payment.get' }, 'does not fit'],
  ])('%j is refused, at adding and at signing in', async (bend, says) => {
    await expect(register(bend)).rejects.toThrow(says)
    expect(people.passkeysOf('ana')).toEqual([])
    await register()
    await expect(signIn(bend)).rejects.toThrow(says)
    expect(await signIn()).toBe('ana')
  })

  it('another device’s signature, a copy that counts otherwise, and nonsense are refused', async () => {
    await register()
    const known = JSON.parse(device.get(passkeys.ask(SITE, null))) as { id: string; rawId: string }
    const { id, rawId } = known
    const stranger = openAuthenticator(SITE.origin)
    // It has counted further, so that the signature decides.
    for (let n = 0; n < 5; n++) stranger.get(passkeys.ask(SITE, null))
    const forged = { ...JSON.parse(stranger.get(passkeys.ask(SITE, null))), id, rawId }
    delete forged.response.userHandle
    await expect(passkeys.signIn(SITE, JSON.stringify(forged))).rejects.toThrow('does not fit')
    await signIn()
    await expect(signIn({ still: true })).rejects.toThrow('seems to have been copied')
    for (const nonsense of ['', '{', 'null', '[]', '{"response":{}}', '{"id":1,"response":{"clientDataJSON":"e30"}}'])
      await expect(passkeys.signIn(SITE, nonsense)).rejects.toThrow('is no passkey')
  })

  it('go with the password that they stood beside, and nobody has them without one', async () => {
    await register()
    await people.join(people.invite({ role: 'viewer', name: 'ana', by: 'ana' }), '', 'another good one 2')
    await expect(signIn()).rejects.toThrow('belongs to nobody')
    people.enter({ issuer: 'https://login.example', subject: '1' }, { name: 'bo', role: 'viewer' }, '')
    const answer = device.create(passkeys.ask(SITE, 'bo'))
    await expect(passkeys.register(SITE, 'bo', '', answer)).rejects.toThrow('you sign in by the provider')
  })
})
