import { expect, it } from 'vitest'
import type { Decision } from '../../contract/oncall/routing.js'
import { messagesSent } from './messages.js'

const decided = (more: Partial<Decision>): Decision => ({
  ...{ at: Date.UTC(2026, 0, 6, 3), about: 'a', service: 'shop', route: null, to: ['chat'], told: true },
  ...{ reason: 'news', because: 'it is news <b>', ...more },
})

it('lists what was sent and what was kept back, the newest first, each with its reason', () => {
  const kept = decided({ told: false, reason: 'root', because: 'the database fails', thread: 'cpu' })
  const text = String(messagesSent([decided({}), kept])).replace(/<time[^>]*>.*?<\/time>/g, '')
  expect(text.indexOf('the database fails')).toBeLessThan(text.indexOf('it is news'))
  expect(text).toContain('<b>sent</b> to chat')
  expect(text).toContain('kept back (alert cpu)')
  expect(text).not.toContain('it is news <b>')
  expect(messagesSent([])).toBeNull()
})
