import { describe, expect, it } from 'vitest'
import { fakeOutside } from '../../testing/outside.js'
import { readable, someRequest, testReceiver } from '../../testing/plugin-contract.js'
import json, { read } from './json.js'

const secret = 'a-secret-of-20-chars'
const config = {
  secret,
  list: '/tickets',
  map: { id: '/number', at: '/opened/at', text: '/subject' },
  labels: { country: '/from/country', 'a/b': '/odd~1name' },
  set: { type: 'observation', via: 'report', service: 'shop', bad: 1, labels: { channel: 'desk' } },
}
const ticket = (number: string) => ({
  number,
  opened: { at: '2026-02-03T12:00:00Z' },
  subject: 'it is broken',
  from: { country: 'DE' },
  'odd/name': 3,
})
const shown = { headers: { authorization: `Bearer ${secret}` } }

testReceiver('json', {
  plugin: json,
  settings: config,
  outside: fakeOutside(),
  good: [
    [someRequest({ tickets: [ticket('1'), ticket('2')] }, shown), 2],
    [someRequest({ tickets: ticket('3') }, shown), 1],
    [someRequest({ tickets: [] }, { query: { key: secret } }), 0],
  ],
  bad: [
    [someRequest({ cards: [] }), /^json\.list$/],
    [someRequest({ tickets: 'none' }), /^json\.list$/],
    [someRequest([]), /^json\.list$/],
  ],
  strangers: [
    someRequest({ tickets: [] }),
    someRequest({ tickets: [] }, { headers: { authorization: `Bearer ${secret}x` } }),
    someRequest({ tickets: [] }, { query: { key: secret.slice(1) } }),
  ],
})

describe('json', () => {
  it('takes each field from where it is said to be', () => {
    expect(read(config, { tickets: [ticket('1')] })).toEqual({
      signals: [
        {
          ...config.set,
          id: '1',
          at: '2026-02-03T12:00:00Z',
          text: 'it is broken',
          labels: { channel: 'desk', country: 'DE', 'a/b': '3' },
        },
      ],
    })
  })
  it('reads demand: how many there were in a window, as a gauge', async () => {
    const set = {
      type: 'observation',
      via: 'gauge',
      service: 'shop',
      name: 'sign-ups',
      measures: 'demand',
      windowMs: 60_000,
    }
    const map = { id: '/id', at: '/until', value: '/count' }
    const windows = [{ id: '20:15-DE', until: '2026-02-03T20:15:00Z', count: 418, country: 'DE' }]
    const taken = read({ list: '/windows', map, labels: { country: '/country' }, set }, { windows })
    if (!('signals' in taken)) throw new Error('refused')
    expect(taken.signals).toMatchObject([{ value: 418, measures: 'demand', labels: { country: 'DE' } }])
    expect(readable(taken.signals[0])).toMatchObject({ service: 'shop' })
  })
  it('leaves out what is not there, and takes nothing that is not the message’s own', () => {
    const made = read({ list: '', map: { id: '/constructor', text: '/a' }, labels: { l: '/b' }, set: {} }, { b: {} })
    expect(made).toEqual({ signals: [{}] })
  })
  it('asks for a token where it has no secret', async () => {
    const { secret: _, ...open } = config
    expect((await json.open(open, fakeOutside().env)).trusts).toBeUndefined()
  })
})
