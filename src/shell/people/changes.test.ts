import { expect, it } from 'vitest'
import { fakeEnv } from '../../testing/env.js'
import { changedSince } from './changes.js'
import { People } from './people.js'

const GOOD = 'correct horse battery'

it('somebody is told what was changed of how they get in since they came the time before, and no more', async () => {
  const people = new People(null, fakeEnv())
  await people.join(people.firstKey()!, 'ana', GOOD)
  await people.join(people.invite({ role: 'viewer', name: null, by: 'ana' }), 'bo', GOOD)
  const acts = (name: string) => changedSince(people.audit, name).map(each => `${each.by} ${each.act}`)
  const signIn = () => people.signIn('bo', GOOD, 'x')
  await signIn()
  expect(acts('bo')).toEqual([])
  people.setRole('bo', 'responder', 'ana')
  const key = people.invite({ role: 'viewer', name: 'bo', by: 'ana' })
  await people.join(key, 'bo', GOOD)
  await signIn()
  expect(acts('bo')).toEqual(['ana role', 'ana invite', 'bo password'])
  // They have seen it.
  await signIn()
  expect(acts('bo')).toEqual([])
  expect(acts('ana')).toEqual([])
})
