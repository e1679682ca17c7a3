import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readable } from '../../../testing/plugin-contract.js'
import { firstLine, idOf, line, scopeIn, shareIn, timeOf, valuesOf } from './read.js'
import { Rollouts, Versions } from './rollouts.js'
import { changeOf, type ChangeSettings, digest, isWatched, serviceOf, type Told } from './told.js'
import { matches } from '../text.js'

const NOW = Date.UTC(2026, 1, 3, 12)
const settings = (more: Partial<ChangeSettings> = {}): ChangeSettings => ({ services: {}, scope: {}, ...more })
const told = (more: Partial<Told> = {}): Told => ({
  id: ['a'],
  kind: 'deploy',
  of: 'acme/shop',
  title: 'x',
  at: NOW,
  ...more,
})

describe('reading', () => {
  it.each<[unknown, string | undefined]>([
    ['2026-02-03T12:00:00Z', '2026-02-03T12:00:00.000Z'],
    ['2026-02-03 13:00:00 +0100', '2026-02-03T12:00:00.000Z'],
    ['2026-02-03 12:00:00 UTC', '2026-02-03T12:00:00.000Z'],
    ['2026-02-03T11:17:09.000+0000', '2026-02-03T11:17:09.000Z'],
    [NOW, '2026-02-03T12:00:00.000Z'],
    ['2026-02-03T12:00:00', undefined],
    ['tomorrow', undefined],
    [7, undefined],
    [null, undefined],
  ])('takes %j for the time that it is', (value, iso) => {
    const ms = timeOf(value)
    expect(ms === undefined ? undefined : new Date(ms).toISOString()).toBe(iso)
  })
  it.each<[object, number | undefined]>([
    [{ rollout: 0.25 }, 0.25],
    [{ rollout: 25 }, 0.25],
    [{ share: '25 %' }, 0.25],
    [{ percentage: 1 }, 0.01],
    [{ weight: 0 }, 0],
    [{ rollout: -1 }, undefined],
    [{ rollout: 'all' }, undefined],
    [{}, undefined],
  ])('reads the share of %j', (fields, share) => expect(shareIn(fields as never)).toBe(share))
  it('reads labels, one or several, and nothing else', () => {
    expect(scopeIn({ cell: 'a', regions: ['eu', 'us', 'eu'], cities: [7], secret: 'x', tier: {} })).toEqual({
      cell: ['a'],
      region: ['eu', 'us'],
      city: ['7'],
    })
    expect(valuesOf([null, '', '\u200b'])).toEqual([])
  })
  it('cuts what is long and leaves out what nobody sees', () => {
    expect(line(`a\u202e b\n\nc`)).toBe('a b c')
    expect(line('😀'.repeat(20), 10)).toMatch(/^😀{4}…$/u)
    expect(firstLine('\nFix\r\nlong')).toBe('Fix')
    expect(idOf(digest, 'a', undefined, 7)).toBe('a/7')
    expect(idOf(digest, 'x'.repeat(900)).length).toBeLessThanOrEqual(200)
    expect(idOf(digest, `${'x'.repeat(900)}1`)).not.toBe(idOf(digest, `${'x'.repeat(900)}2`))
  })
})

describe('where a change counts', () => {
  it.each<[Partial<Told>, boolean]>([
    [{}, true],
    [{ environment: 'production' }, true],
    [{ environment: 'Prod-EU' }, true],
    [{ environment: 'live' }, true],
    [{ environment: 'staging' }, false],
    [{ environment: 'pre-production' }, false],
    [{ environment: 'non-prod' }, false],
    [{ environment: 'github-pages' }, false],
    [{ environment: 'reproduction' }, false],
    [{ environment: 'x', production: true }, true],
    [{ environment: 'production', production: false }, false],
    [{ hinted: 'shop-api' }, true],
    [{ hinted: 'shop-api-dev' }, false],
  ])('%j: %s', (more, expected) => expect(isWatched(settings(), told(more))).toBe(expected))
  it('is what the settings say', () => {
    const own = settings({ environments: ['eu-*', 'Test'] })
    expect(isWatched(own, told({ environment: 'EU-1' }))).toBe(true)
    expect(isWatched(own, told({ environment: 'test' }))).toBe(true)
    expect(isWatched(own, told({ environment: 'production', production: true }))).toBe(false)
    expect(matches('a.c*', 'abc')).toBe(false)
  })
  it('belongs to the service that is named for it', () => {
    expect(serviceOf(settings(), 'acme/shop')).toBe('shop')
    expect(serviceOf(settings(), '')).toBeUndefined()
    expect(serviceOf(settings({ services: { 'acme/*': 'a', 'acme/shop': 'b' } }), 'acme/shop')).toBe('b')
    expect(serviceOf(settings({ services: { constructor: 'a' } }), 'toString')).toBeUndefined()
    expect(serviceOf(settings({ service: 'all', services: { x: 'a' } }), 'y')).toBe('all')
  })
  it('touches what its sender says, before what the settings say of its environment', () => {
    const own = settings({ scope: { 'prod-*': { cell: ['a', 'b'], region: 'eu' } }, environmentLabel: 'env' })
    expect(changeOf(own, told({ environment: 'prod-eu', scope: { cell: ['c'] } }))).toMatchObject({
      scope: { cell: ['c'], region: ['eu'], env: ['prod-eu'] },
    })
  })
  it('is a fact that the door lets in, whatever its sender wrote', () => {
    const text = fc.string({ unit: 'binary', maxLength: 700 })
    fc.assert(
      fc.property(text, text, text, text, (id, title, environment, version) => {
        const own = settings({ service: 'shop', environments: ['*'], environmentLabel: 'env', versionLabel: 'version' })
        const made = changeOf(own, told({ id: ['x', id], thread: ['x', id], title: line(title), environment, version }))
        expect(readable(made).service).toBe('shop')
      }),
    )
  })
})

describe('what belongs together', () => {
  it('a version that comes again takes back the one before it', () => {
    const versions = new Versions()
    expect(['1', '2', '2', '1', '3'].map((version, i) => versions.note('shop', version, `t${i}`))).toEqual([
      undefined,
      undefined,
      undefined,
      't2',
      undefined,
    ])
    expect(versions.note('shop', '1', 't3')).toBe('t2')
    expect(versions.note('other', '1', 't9')).toBeUndefined()
    expect(versions.before('shop', 't3')).toBe('t2')
    expect(versions.before('shop', 't8')).toBe('t4')
  })
  it('a rollout goes on until everybody or nobody has it, and is another after two weeks', () => {
    const rollouts = new Rollouts()
    const day = 86_400_000
    expect(rollouts.step('f', 'a', 0.1, NOW)).toEqual({ thread: 'a' })
    expect(rollouts.step('f', 'b', 1, NOW + day)).toEqual({ thread: 'a' })
    expect(rollouts.step('f', 'c', 0, NOW + 2 * day)).toEqual({ thread: 'c', reverts: 'a' })
    expect(rollouts.step('f', 'd', 0.5, NOW + 3 * day)).toEqual({ thread: 'd' })
    expect(rollouts.step('f', 'e', 0.7, NOW + 30 * day)).toEqual({ thread: 'e' })
  })
})
