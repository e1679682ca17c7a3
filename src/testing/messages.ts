import type { Delivery, Message } from '../contract/notifier.js'
import { someEvent } from './store-contract.js'

/** What people are told of an incident, as pages would say it. */
export const someMessage = (more: Partial<Message> = {}): Message => ({
  language: 'en',
  direction: 'ltr',
  name: 'Shop: Cart failing in Germany',
  subject: 'Shop: Cart failing in Germany (major)',
  says: ['About 40% of requests are failing: Germany.'],
  facts: [
    { label: 'Severity', text: 'major' },
    { label: 'Affected', text: 'Germany (40%)' },
    { label: 'Not affected', text: 'France' },
    { label: 'Began', text: '3 Feb, 12:00 UTC' },
    { label: 'Why', text: 'Deploy 4711 (Suspected, 70%)', team: true },
    { label: 'Who has it', text: 'nobody yet', team: true },
  ],
  text: 'About 40% of requests are failing: Germany.\nSeverity: major',
  links: { page: 'https://status.example.com/i/shop-1', room: 'https://status.example.com/console/i/shop-1' },
  words: {
    page: 'Public page',
    room: 'Incident room',
    soFar: 'So far',
    unsubscribe: 'Unsubscribe',
    digest: 'Digest',
    ack: 'Acknowledge',
  },
  severity: 'major',
  kind: 'outage',
  state: 'opened',
  startedAt: '2026-02-03T12:00:00.000Z',
  acknowledged: null,
  assignee: null,
  soFar: [{ at: '2026-02-03T12:05:00.000Z', text: 'Opened: About 40% of requests are failing: Germany.' }],
  ...more,
})

/** A message on its way. */
export const someDelivery = (more: Partial<Delivery> = {}): Delivery => ({
  id: 'msg_shop-1_0',
  event: someEvent('shop-1', 0, { service: 'shop', severity: 'major', at: '2026-02-03T12:05:00.000Z' }),
  title: 'Shop',
  message: someMessage(),
  status: [{ incident: { id: 'x' } }],
  ...more,
})

/** The same incident, over. */
export const overDelivery = (more: Partial<Delivery> = {}): Delivery =>
  someDelivery({
    id: 'msg_shop-1_3',
    event: someEvent('shop-1', 3, { service: 'shop', event: 'resolved', at: '2026-02-03T13:00:00.000Z' }),
    message: someMessage({ state: 'resolved', subject: 'Resolved: Shop: Cart failing in Germany (major)' }),
    ...more,
  })

/** More than any receiver takes: of every text a hundred thousand characters. */
export function endlessMessage(): Message {
  const long = 'Größer 😀 <b>&'.repeat(7_000)
  return someMessage({
    name: long,
    subject: long,
    says: Array.from({ length: 30 }, () => long),
    facts: Array.from({ length: 40 }, (_, i) => ({ label: i % 2 ? long : 'Why', text: long })),
    text: long,
    soFar: Array.from({ length: 20 }, () => ({ at: '2026-02-03T12:05:00.000Z', text: long })),
  })
}
