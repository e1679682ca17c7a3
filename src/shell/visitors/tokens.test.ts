import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { TokenConfig } from '../../contract/config.js'
import { DAY } from '../../contract/time.js'
import { fakeEnv } from '../../testing/env.js'
import { addToken, emptyTokens, OWNER, readTokens, tokenFile, Tokens, writeTokens } from './tokens.js'

const folders: string[] = []
const folder = () => {
  folders.push(mkdtempSync(join(tmpdir(), 'epicenter-tokens-')))
  return folders.at(-1)!
}
afterAll(() => folders.forEach(each => rmSync(each, { recursive: true })))
const asked = { name: 'ci', namespace: 'ci', scopes: ['signals' as const], services: null, expiresAt: null }
const env = fakeEnv()
const OWN = 'the-owners-own-token'

/** A server's tokens, and `epicenter token add` beside it. */
function world(configured: TokenConfig[] = []) {
  const data = folder()
  const tokens = new Tokens(data, OWN, configured, env)
  const add = (more: Partial<Parameters<typeof addToken>[1]> = {}) => {
    const file = readTokens(data)!
    const secret = addToken(file, { ...asked, ...more }, env)
    writeTokens(data, file)
    return secret
  }
  const change = (work: (file: NonNullable<ReturnType<typeof readTokens>>) => void) => {
    const file = readTokens(data)!
    work(file)
    writeTokens(data, file)
  }
  return { data, tokens, add, change }
}

describe('Tokens', () => {
  it('knows the owner, what was added beside a running server, and nobody else', () => {
    const { tokens, add } = world()
    expect(tokens.find(OWN)).toEqual({ sender: OWNER })
    expect(tokens.find('ept_guessed')).toEqual({ why: 'wrong' })
    const secret = add({ services: ['shop'] })
    expect(tokens.find(secret)).toEqual({
      sender: { name: 'ci', namespace: 'ci', scopes: ['signals'], services: new Set(['shop']) },
    })
  })
  it('refuses what was revoked or has expired, at once and by name', () => {
    const { tokens, add, change } = world()
    const secret = add()
    expect(tokens.find(secret)).toHaveProperty('sender')
    change(file => {
      file.tokens[0]!.revokedAt = env.now()
    })
    expect(tokens.find(secret)).toEqual({ why: 'revoked', name: 'ci' })
    const short = add({ name: 'short', expiresAt: env.now() + DAY })
    expect(tokens.find(short)).toHaveProperty('sender')
    env.move(DAY)
    expect(tokens.find(short)).toEqual({ why: 'expired', name: 'short' })
  })
  it('keeps hashes alone, readable by the owner alone', () => {
    const { data, add } = world()
    const secret = add()
    expect(readFileSync(tokenFile(data), 'utf8')).not.toContain(secret.slice(4))
    expect(statSync(tokenFile(data)).mode & 0o777).toBe(0o600)
  })
  it('takes those of the configuration, and others when it is read again', () => {
    const { tokens } = world([{ name: 'shop', secret: 'a-secret-of-the-shop', scopes: ['signals'] }])
    expect(tokens.find('a-secret-of-the-shop')).toMatchObject({ sender: { name: 'shop', namespace: 'shop' } })
    tokens.configure([{ name: 'shop', secret: 'another-of-the-shop--', scopes: ['commands'], namespace: 'other' }])
    expect(tokens.find('a-secret-of-the-shop')).toEqual({ why: 'wrong' })
    expect(tokens.find('another-of-the-shop--')).toMatchObject({ sender: { namespace: 'other' } })
  })
  it('keeps those it knew while the file cannot be read, and says so', () => {
    const { data, tokens, add } = world()
    const secret = add()
    expect(tokens.find(secret)).toHaveProperty('sender')
    writeFileSync(tokenFile(data), '{"version":')
    expect(tokens.find(secret)).toHaveProperty('sender')
    expect(env.said.at(-1)).toMatchObject({ level: 'error', detail: { why: expect.stringContaining('tokens.json') } })
  })
  it.each([
    ['no JSON', '{', /tokens\.json cannot be read .*epicenter token add/],
    ['empty', '', /tokens\.json cannot be read/],
    ['of a later version', '{"version":2}', /tokens\.json is of version 2/],
    ['of another shape', '{"version":1}', /tokens\.json holds no tokens/],
  ])('a file that is %s ends the start with its name and the way out', (_, text, why) => {
    const data = folder()
    writeFileSync(tokenFile(data), text)
    expect(() => new Tokens(data, OWN, [], env)).toThrow(why)
  })
  it('a name stands once, and is free again when its token was revoked', () => {
    const file = emptyTokens(env)
    addToken(file, asked, env)
    expect(() => addToken(file, asked, env)).toThrow(/--namespace ci/)
    expect(() => addToken(file, { ...asked, name: 'owner' }, env)).toThrow(/owner/)
    file.tokens[0]!.revokedAt = 1
    addToken(file, asked, env)
    expect(file.tokens).toHaveLength(1)
  })
  it('salts stay over a restart, differ by namespace and by folder, and leave the owner’s ids as they are', () => {
    const one = world()
    const salt = one.tokens.saltOf('ci')
    expect(new Tokens(one.data, OWN, [], env).saltOf('ci')).toEqual(salt)
    expect(one.tokens.saltOf('cd')).not.toEqual(salt)
    expect(world().tokens.saltOf('ci')).not.toEqual(salt)
    expect(one.tokens.saltOf('')).toEqual({ hi: 0, lo: 0 })
  })
})
