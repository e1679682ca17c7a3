import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { DAY, HOUR, MINUTE } from '../../contract/time.js'
import { fakeEnv } from '../../testing/env.js'
import { Reporters, type Visitor } from './reporters.js'

const folder = mkdtempSync(join(tmpdir(), 'epicenter-reporters-'))
afterAll(() => rmSync(folder, { recursive: true }))

const visitor = (more: Partial<Visitor> = {}): Visitor => ({
  address: '203.0.113.7',
  agent: 'Browser en',
  asn: null,
  pass: null,
  ...more,
})

describe('who reports', () => {
  it('has the same name each time, and another address or browser another', () => {
    const reporters = new Reporters(null, fakeEnv())
    const { reporter } = reporters.name(visitor())
    expect(reporters.name(visitor()).reporter).toBe(reporter)
    expect(reporters.name(visitor({ address: '203.0.113.8' })).reporter).not.toBe(reporter)
    expect(reporters.name(visitor({ agent: 'Phone hi' })).reporter).not.toBe(reporter)
  })
  it('keeps the name with a pass when the address changes; a forged pass is worth nothing', () => {
    const reporters = new Reporters(null, fakeEnv())
    const { reporter, pass } = reporters.name(visitor())
    const elsewhere = visitor({ address: '198.51.100.9' })
    expect(reporters.name({ ...elsewhere, pass }).reporter).toBe(reporter)
    const own = reporters.name(elsewhere).reporter
    for (const forged of ['', '.', 'x', `${reporter}.`, `${reporter}x.${pass.split('.')[1]}`, `x${pass}`])
      expect(reporters.name({ ...elsewhere, pass: forged }).reporter).toBe(own)
    expect(new Reporters(null, fakeEnv(undefined, 2)).name({ ...elsewhere, pass }).reporter).not.toBe(reporter)
  })
  it('prefix and network are names of their own; an ASN goes before the address', () => {
    const reporters = new Reporters(null, fakeEnv())
    const one = reporters.name(visitor())
    const near = reporters.name(visitor({ address: '203.0.113.200' }))
    const far = reporters.name(visitor({ address: '203.0.9.1' }))
    expect([near.prefix, near.network]).toEqual([one.prefix, one.network])
    expect([far.prefix === one.prefix, far.network === one.network]).toEqual([false, true])
    const asn = (address: string) => reporters.name(visitor({ address, asn: '64500' })).network
    expect(asn('203.0.113.7')).toBe(asn('198.51.100.1'))
    expect(new Set([one.reporter, one.prefix, one.network]).size).toBe(3)
  })
  it('keeps its key over a restart in a file that only the owner reads, and no address in it', () => {
    const env = fakeEnv()
    const { reporter } = new Reporters(folder, env).name(visitor())
    expect(new Reporters(folder, env).name(visitor()).reporter).toBe(reporter)
    expect(statSync(join(folder, 'report-keys')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(folder, 'report-keys'), 'utf8')).not.toContain('203.0')
  })
  it('lets a name and a pass live on for a day after their key has turned, then no longer', () => {
    const env = fakeEnv()
    const reporters = new Reporters(null, env)
    env.move(7 * DAY - HOUR)
    const { reporter, pass } = reporters.name(visitor())
    const elsewhere = visitor({ address: '198.51.100.9', pass })
    env.move(2 * HOUR)
    expect(reporters.name(visitor()).reporter).toBe(reporter)
    expect(reporters.name(elsewhere).reporter).toBe(reporter)
    expect(reporters.name(visitor({ address: '203.0.113.8' })).reporter).not.toBe(reporter)
    env.move(DAY)
    expect(reporters.name(visitor()).reporter).not.toBe(reporter)
    expect(reporters.name(elsewhere).reporter).not.toBe(reporter)
  })
})

describe('admit()', () => {
  const take = (reporters: Reporters, name: (i: number) => { prefix: string; network: string }, tries: number) => {
    const out = { counted: 0, marked: 0, passed: 0 }
    for (let i = 0; i < tries; i++) out[reporters.admit(name(i), 'shop')]++
    return out
  }
  it('takes 300 of a prefix, notes 600 more as marked, and no more than that', () => {
    const env = fakeEnv()
    const reporters = new Reporters(null, env)
    expect(take(reporters, () => ({ prefix: 'p', network: 'n' }), 2_000)).toEqual({
      counted: 300,
      marked: 600,
      passed: 1_100,
    })
    env.move(MINUTE)
    expect(take(reporters, () => ({ prefix: 'p', network: 'n' }), 100)).toEqual({ counted: 30, marked: 10, passed: 60 })
    expect(reporters.admit({ prefix: 'other', network: 'n' }, 'shop')).toBe('counted')
  })
  it('takes 6,000 of a network, however many its prefixes', () => {
    const reporters = new Reporters(null, fakeEnv())
    expect(take(reporters, i => ({ prefix: `p${i % 200}`, network: 'n' }), 7_000).counted).toBe(6_000)
  })
  it('takes 60,000 of a service, wherever they come from', () => {
    const reporters = new Reporters(null, fakeEnv())
    expect(take(reporters, i => ({ prefix: `p${i}`, network: `n${i % 5_000}` }), 61_000).counted).toBe(60_000)
  })
})
