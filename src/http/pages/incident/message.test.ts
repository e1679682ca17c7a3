import { describe, expect, it } from 'vitest'
import { LANGUAGE_TAGS } from '../../../contract/people.js'
import type { Order } from '../../../contract/order.js'
import { MINUTE } from '../../../contract/time.js'
import { sentences } from '../../../core/incident/sentences.js'
import { NOON, readerOf, service, story } from '../../statuspage/fixture.js'
import { messageComposer, messageOf, trialMessage } from './message.js'

const WHERE = { home: 'https://status.example.com', zone: 'UTC' }
const shop = service('shop', ['cart', 'login'])
const germany = { where: { country: ['DE'] }, share: 0.4, interval: [0.3, 0.5] as [number, number] }
const cause = (state: 'suspected' | 'confirmed' | 'ruled_out') => ({
  subject: 'd-1',
  title: 'Deploy 4711',
  state,
  probability: 0.7,
  because: [],
})

const plain = story(
  'shop-1',
  'shop',
  {
    minutes: 30,
    event: 'opened',
    severity: 'major',
    kind: 'outage',
    startedAt: new Date(NOON - 33 * MINUTE).toISOString(),
    segments: [germany],
    unaffected: { country: ['FR'] },
    causes: [cause('suspected')],
  },
  { minutes: 20, event: 'updated', severity: 'critical', causes: [cause('confirmed')] },
  { minutes: 5, event: 'resolved', severity: 'minor' },
)
const incident = { ...plain, events: plain.events.map(each => ({ ...each, says: sentences(each) })) }
const order = (verb: Order['verb'], minutes: number, more: Partial<Order> = {}): Order => ({
  type: 'order',
  id: `o-${minutes}`,
  at: NOON - minutes * MINUTE,
  incident: 'shop-1',
  verb,
  by: 'ana',
  why: '',
  ...more,
})
const orders = [order('ack', 25), order('assign', 10, { person: 'bo' })]
const at = (seq: number, language: (typeof LANGUAGE_TAGS)[number] = 'en') =>
  messageOf(incident, shop, orders, incident.events[seq]!, { language, ...WHERE })
const fact = (seq: number, label: string) => at(seq).facts.find(each => each.label === label)?.text

describe('a message', () => {
  it('says in one line what fails and where, and links to page and room', () => {
    expect(at(0)).toMatchObject({
      name: 'Shop in Germany failing',
      subject: 'Shop in Germany failing (major)',
      severity: 'major',
      state: 'opened',
      startedAt: '2026-02-03T11:27:00.000Z',
      links: {
        page: 'https://status.example.com/i/shop-1',
        room: 'https://status.example.com/console/i/shop-1',
      },
    })
    expect(at(0).says).toEqual([
      'Germany: about 40% of requests are failing.',
      'Suspected, not confirmed: Deploy 4711.',
    ])
  })
  it('says who is hit, who is fine, since when, what is suspected, and who has it', () => {
    expect(fact(0, 'Who is affected')).toBe('Germany (40%)')
    expect(fact(0, 'Who is not affected')).toBe('France')
    expect(fact(0, 'Began')).toBe('11:27 UTC')
    expect(fact(0, 'Why')).toBe('Deploy 4711 (Suspected, 70%)')
    expect(fact(0, 'Who has it')).toBe('nobody yet')
    for (const { label, text } of at(0).facts) expect(at(0).text).toContain(`${label}: ${text}`)
  })
  it('tells what was known by its event and nothing later, however late it is sent', () => {
    expect(fact(1, 'Why')).toBe('Deploy 4711 (Confirmed)')
    expect(at(1)).toMatchObject({ severity: 'critical', acknowledged: 'ana', assignee: 'ana' })
    expect(fact(1, 'Who has it')).toBe('ana; seen by ana')
    expect(at(2)).toMatchObject({ state: 'resolved', severity: 'critical', assignee: 'bo' })
    expect(at(2).subject).toBe('Resolved: Shop in Germany failing (critical)')
    expect([0, 1, 2].map(seq => at(seq).soFar.length)).toEqual([1, 2, 3])
  })
  it('keeps apart what is for the team alone', () => {
    expect(
      at(0)
        .facts.filter(each => each.team)
        .map(each => each.label),
    ).toEqual(['Why', 'Who has it'])
  })
  it('is in the language that was asked for, in each the same facts', () => {
    const counts = new Set(LANGUAGE_TAGS.map(language => at(0, language).facts.length))
    expect([...counts]).toEqual([at(0).facts.length])
    expect(new Set(LANGUAGE_TAGS.map(language => at(0, language).text)).size).toBe(LANGUAGE_TAGS.length)
    expect(at(0, 'de').subject).toContain('Deutschland')
    expect(at(0, 'ar').direction).toBe('rtl')
  })
  it('lets nobody begin a line with a name', () => {
    const evil = { ...shop, title: 'Shop\r\nBcc: everybody@example.com' }
    const { subject, name } = messageOf(incident, evil, [], incident.events[0]!, { language: 'en', ...WHERE })
    for (const text of [subject, name]) expect(text).not.toMatch(/[\r\n]/)
  })
  it('is composed from what was committed, and from the event alone where all else was forgotten', async () => {
    const compose = messageComposer(readerOf({ incidents: [incident] }), () => WHERE)
    expect((await compose(incident.events[0]!, 'en')).name).toMatch(/^Shop.* in Germany failing$/)
    const none = messageComposer(readerOf({}), () => WHERE)
    expect((await none(incident.events[0]!, 'en')).subject).toContain('in Germany failing')
  })
  it('is a test in every language', () => {
    const subjects = LANGUAGE_TAGS.map(language => trialMessage(NOON, { language, ...WHERE }).subject)
    expect(new Set(subjects).size).toBe(LANGUAGE_TAGS.length)
  })
})
