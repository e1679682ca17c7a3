import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { fakeEnv } from '../../testing/env.js'
import { writeAside } from './key-file.js'
import { vapidOf } from '../delivery/push-message.js'
import { Reporters } from '../visitors/reporters.js'
import { token } from './secret.js'
import { Watchers } from '../delivery/watchers.js'

const data = mkdtempSync(join(tmpdir(), 'epicenter-keys-'))
afterAll(() => rmSync(data, { recursive: true }))
const env = fakeEnv()

const readers: [name: string, open: () => unknown][] = [
  ['token', () => token(data, env)],
  ['push-key', () => vapidOf(data)],
  ['report-keys', () => new Reporters(data, env)],
]

describe.each(readers)('the file %s', (name, open) => {
  const file = join(data, name)
  it('is made once, whole, for the owner alone', () => {
    open()
    const first = readFileSync(file, 'utf8')
    open()
    expect(readFileSync(file, 'utf8')).toBe(first)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(data).filter(each => each.endsWith('.new'))).toEqual([])
  })
  it.each(['', '\n', '{', '{}', 'null', '"x"', '{"current":"A"}', '\0\0\0\0'])(
    'is named with what to do when it holds %j, and left as it is',
    text => {
      writeFileSync(file, text)
      expect(open).toThrow(file)
      expect(open).toThrow(/(is empty|is broken): put .* back.*, or delete/)
      expect(readFileSync(file, 'utf8')).toBe(text)
    },
  )
})

it('a key whose halves do not belong together is no key', () => {
  rmSync(join(data, 'push-key'))
  const one = vapidOf(data)
  writeFileSync(join(data, 'push-key'), JSON.stringify({ ...one, privateKey: vapidOf(null).privateKey }))
  expect(() => vapidOf(data)).toThrow(/push-key is broken/)
})

it('a broken line among those who wait is named; nobody is dropped silently', async () => {
  const file = join(data, 'watchers.ndjson')
  const text = '{"drop":"a"}\n{"put":{"id":"b"}}\n{"drop":"c"}\n'
  writeFileSync(file, text)
  await expect(Watchers.open(data, env)).rejects.toThrow(`${file} is broken: line 2 is no entry`)
  expect(readFileSync(file, 'utf8')).toBe(text)
})

it('what a crash left beside a file does not hinder the next writing', () => {
  const file = join(data, 'some')
  writeFileSync(`${file}.new`, 'half', { mode: 0o644 })
  writeAside(file, 'whole')
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['whole', 0o600])
})
