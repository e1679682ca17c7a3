import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { DAY, HOUR, MINUTE } from '../contract/time.js'
import { fakeEnv } from '../testing/env.js'
import { prefix, Reporters } from './reporters.js'

const folder = mkdtempSync(join(tmpdir(), 'epicenter-reporters-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('prefix()', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::1', '2001:db8:1:2'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ])('%s is subscriber %s', (address, subscriber) => expect(prefix(address)).toBe(subscriber))
})

describe('Reporters', () => {
  it('gives an address the same name, and another one another', () => {
    const reporters = new Reporters(null, fakeEnv())
    const name = reporters.name('203.0.113.7')
    expect(reporters.name('203.0.113.7')).toBe(name)
    expect(reporters.name('203.0.113.8')).not.toBe(name)
    expect(name).not.toContain('203')
  })
  it('keeps its key over a restart in a file that only the owner reads, and no address in it', () => {
    const env = fakeEnv()
    const name = new Reporters(folder, env).name('203.0.113.7')
    expect(new Reporters(folder, env).name('203.0.113.7')).toBe(name)
    expect(statSync(join(folder, 'report-keys')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(folder, 'report-keys'), 'utf8')).not.toContain('203')
  })
  it('lets a name live on for a day after its key has turned, then no longer', () => {
    const env = fakeEnv()
    const reporters = new Reporters(null, env)
    env.move(7 * DAY - HOUR)
    const name = reporters.name('203.0.113.7')
    env.move(2 * HOUR)
    expect(reporters.name('203.0.113.7')).toBe(name)
    expect(reporters.name('203.0.113.8')).not.toBe(name)
    env.move(DAY)
    expect(reporters.name('203.0.113.7')).not.toBe(name)
  })
  it('lets an address report ten times in ten minutes, and others as before', () => {
    const env = fakeEnv()
    const reporters = new Reporters(null, env)
    for (let i = 0; i < 10; i++) expect(reporters.wait('203.0.113.7')).toBe(0)
    env.move(4 * MINUTE)
    expect(reporters.wait('203.0.113.7')).toBe(6 * MINUTE)
    expect(reporters.wait('203.0.113.8')).toBe(0)
    env.move(6 * MINUTE)
    expect(reporters.wait('203.0.113.7')).toBe(0)
  })
})
