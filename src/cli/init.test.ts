import { describe, expect, it } from 'vitest'
import { parse } from '../shell/config/load.js'
import { STARTER } from './init.js'

describe('the file that init writes', () => {
  it('is right', async () => {
    const { config, findings } = await parse(STARTER, {})
    expect(findings).toEqual([])
    expect(config?.services.map(s => s.id)).toEqual(['shop', 'payments'])
  })
  it('is right with its examples, too', async () => {
    const text = STARTER.replace('notifiers: []', 'notifiers:').replace(/^#( {2}- use| {4}(?:url|secret))/gm, '$1')
    expect((await parse(text, { EPICENTER_WEBHOOK_SECRET: 'A'.repeat(32) })).config?.notifiers.length).toBe(1)
  })
})
