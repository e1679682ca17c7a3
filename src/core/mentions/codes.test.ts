import { describe, expect, it } from 'vitest'
import { codeIn } from './codes.js'

const KNOWN = new Map(
  ['eu-west-1', 'lhr01', 'LHR', 'FRA', 'a', 'web', 'v2.41.0', 'free', 'NOT'].map(v => [v.toLowerCase(), v]),
)
const known = (word: string): string | null => KNOWN.get(word.toLowerCase()) ?? null
const nobody = () => null

describe('codeIn()', () => {
  it.each<[string, string | null]>([
    ['Error 502, Ray ID: 8a1b2c3d4e5f6071-LHR', 'LHR'],
    ['cf-ray: 8a1b2c3d4e5f6071-XYZ what is this', 'XYZ'],
    ['X-Amz-Cf-Pop: CDG52-P2', 'CDG'],
    ['Varnish cache-osl6520-OSL 503', 'OSL'],
    ['Varnish cache-lhr-egll1980065-LHR 503', 'LHR'],
    ['500 DEPLOYMENT fra1::x2k9z-1718 sorry', 'FRA'],
    ['request 7Hq2kZ91mmA-AMS failed', 'AMS'],
    ['error at LHR again', 'LHR'],
    ['(pop LHR).', 'LHR'],
    ['colo ZRH is broken', 'ZRH'],
    ['cell eu-west-1 is down', 'eu-west-1'],
    ['says EU-WEST-1, nothing loads', 'eu-west-1'],
    ['cell a is down', 'a'],
    ['since v2.41.0 it crashes', 'v2.41.0'],
    ['edge lhr01: 502.', 'lhr01'],
  ])('reads %j', (text, code) => {
    expect(codeIn(text, known)?.code ?? null).toBe(code)
  })

  it.each([
    'this is NOT working at ALL',
    'a free web app that is down',
    'error at MIT',
    'I am SO MAD, it is DOWN',
    'LHR',
    'the API is gone WHY OMG',
    'half-LHR',
    'well-known-USA',
    'no-op',
    'co-OP',
    'https://example.org/very/long/path',
    '',
  ])('reads no code from %j', text => {
    expect(codeIn(text, known)).toBeNull()
  })

  it('an id is told as one request, a known name is not', () => {
    expect(codeIn('ray 8a1b2c3d4e5f6071-LHR', known)).toEqual({ code: 'LHR', known: true, id: '8a1b2c3d4e5f6071-LHR' })
    expect(codeIn('error at LHR', known)).toEqual({ code: 'LHR', known: true, id: null })
    expect(codeIn('ray 8a1b2c3d4e5f6071-QQQ', known)).toMatchObject({ code: 'QQQ', known: false })
  })

  it('a code that nobody knows is one only in the place of a code', () => {
    expect(codeIn('error at LHR', nobody)).toBeNull()
    expect(codeIn('cell eu-west-1 is down', nobody)).toBeNull()
    expect(codeIn('pop LHR', nobody)?.code).toBe('LHR')
  })

  it('looks at a bounded part of a text', () => {
    expect(codeIn(`${'x '.repeat(400)}pop LHR`, known)).toBeNull()
    expect(codeIn('9'.repeat(100_000), known)).toBeNull()
  })
})
