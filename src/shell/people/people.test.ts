import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ACTS, mayRole, NEEDS_ROLE, ROLES } from '../../contract/role.js'
import { VERBS } from '../../contract/order.js'
import { DAY, HOUR } from '../../contract/time.js'
import { fakeEnv } from '../../testing/env.js'
import { passwordFault } from './passwords.js'
import { People } from './people.js'

const folder = mkdtempSync(join(tmpdir(), 'epicenter-people-'))
afterAll(() => rmSync(folder, { recursive: true }))
const GOOD = 'correct horse battery'

async function house(data: string | null = null) {
  const env = fakeEnv()
  const people = new People(data, env)
  const key = people.firstKey()!
  await people.join(key, 'ana', GOOD)
  return { env, people, key }
}

describe('people', () => {
  it('the first admin joins by a link that works once and an hour, and another start makes it worthless', async () => {
    const env = fakeEnv()
    const people = new People(null, env)
    const old = people.firstKey()!
    const key = people.firstKey()!
    expect(people.invitation(old)).toBeNull()
    expect(people.invitation(key)).toEqual({ role: 'admin', name: null })
    env.move(HOUR)
    expect(people.invitation(key)).toBeNull()
    const again = people.firstKey()!
    await people.join(again, 'ana', GOOD)
    expect(people.list).toMatchObject([{ name: 'ana', role: 'admin' }])
    expect(people.firstKey()).toBeNull()
    await expect(people.join(again, 'bo', GOOD)).rejects.toThrow('used')
  })

  it('sign in by name and password, in any capitals; a session ends by itself, by its person, or with them', async () => {
    const { env, people } = await house()
    expect(await people.signIn('ana', 'wrong', 'x')).toBeNull()
    expect(await people.signIn('nobody', GOOD, 'x')).toBeNull()
    const one = (await people.signIn('Ana', GOOD, 'Firefox'))!
    const two = (await people.signIn('ana', GOOD, 'x'.repeat(500)))!
    expect(one).not.toBe(two)
    expect(people.find(one)).toMatchObject({
      person: { name: 'ana', role: 'admin' },
      sender: { scopes: ['read', 'commands'] },
    })
    expect(people.sessionsOf('ana').map(each => each.agent.length)).toEqual([7, 120])
    people.end('ana', { session: people.find(one)!.session })
    expect([people.find(one), people.find(two)]).toMatchObject([null, {}])
    people.end('ana', { allBut: null })
    expect(people.find(two)).toBeNull()
    const three = people.begin('ana', '')
    env.move(6 * DAY)
    expect(people.find(three)).not.toBeNull()
    env.move(8 * DAY)
    expect(people.find(three)).toBeNull()
  })

  it('a new password ends all sessions, and one cannot take another’s name', async () => {
    const { people } = await house()
    const session = people.begin('ana', '')
    const key = people.invite({ role: 'viewer', name: 'ana', by: 'ana' })
    await people.join(key, 'somebody else', 'another good one 2')
    expect(people.find(session)).toBeNull()
    expect(people.list).toMatchObject([{ name: 'ana', role: 'admin' }])
    expect(await people.signIn('ana', 'another good one 2', '')).not.toBeNull()
    const guest = people.invite({ role: 'viewer', name: null, by: 'ana' })
    await expect(people.join(guest, 'ANA', GOOD)).rejects.toThrow('somebody called ana')
    await expect(people.join(guest, 'a b', GOOD)).rejects.toThrow('a name has')
    // What failed has not used the link up.
    expect((await people.join(guest, 'bo', GOOD)).role).toBe('viewer')
  })

  it('there is always an admin; whoever goes is signed out', async () => {
    const { people } = await house()
    expect(() => people.setRole('ana', 'viewer', 'ana')).toThrow('only admin')
    expect(() => people.remove('ana', 'ana')).toThrow('only admin')
    await people.join(people.invite({ role: 'responder', name: null, by: 'ana' }), 'bo', GOOD)
    people.setRole('bo', 'admin', 'ana')
    const session = people.begin('ana', '')
    people.remove('ana', 'bo')
    expect(people.find(session)).toBeNull()
    expect(people.audit.map(row => [row.by, row.act, row.about])).toContainEqual(['bo', 'remove', 'ana'])
  })

  it('are kept for their owner alone, without a secret, and a file that is none is named', async () => {
    const { people } = await house(folder)
    const session = people.begin('ana', '')
    const key = people.invite({ role: 'admin', name: null, by: 'ana' })
    const file = join(folder, 'people.json')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const text = readFileSync(file, 'utf8')
    for (const secret of [session, key, GOOD]) expect(text).not.toContain(secret)
    expect(text).toContain('$argon2id$v=19$m=19456,t=2,p=1$')
    expect(new People(folder, fakeEnv()).find(session)).not.toBeNull()
    for (const [content, says] of [
      ['{', 'no JSON'],
      ['{"version":2}', 'version 2'],
      [
        '{"version":1,"people":[{"name":"x","role":"god"}],"invitations":[],"sessions":[],"audit":[]}',
        'holds no people',
      ],
    ] as const) {
      writeFileSync(file, content)
      expect(() => new People(folder, fakeEnv())).toThrow(says)
    }
  })
})

it('a password is long, not odd', () => {
  expect(passwordFault('short', 'ana')).toContain('12 characters at least; this has 5')
  expect(passwordFault('x'.repeat(201), '')).toContain('at most')
  expect(passwordFault('aaaaaaaaaaaaaaa', '')).toContain('different')
  expect(passwordFault('my name is ANA ok', 'ana')).toContain('the name')
  expect(passwordFault('only small letters', 'ana')).toBeNull()
})

it('the table of roles names every verb and act, and a later role may all that an earlier one may', () => {
  expect(Object.keys(NEEDS_ROLE).toSorted()).toEqual([...VERBS, ...ACTS].toSorted())
  for (const act of [...VERBS, ...ACTS]) {
    const may = ROLES.map(role => mayRole(role, act))
    expect(may).toEqual(may.toSorted())
    expect(may.at(-1)).toBe(true)
  }
  expect(VERBS.filter(verb => mayRole('viewer', verb))).toEqual([])
})
