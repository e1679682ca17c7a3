import { describe, expect, it } from 'vitest'
import { DAY, HOUR, MINUTE } from '../../../contract/time.js'
import { PAGE_THREAD } from '../../../contract/signal.js'
import { saidBy } from './facts.js'
import type { Told } from './facts.js'
import type { VendorNotice, VendorPage } from './reading.js'
import { page } from './reading.js'

const T = Date.UTC(2026, 10, 30, 10)
const NOTHING: Told = { notices: {} }
const place = { service: 'chat', source: 'status.chat.example', seenAt: T }

const outage: VendorNotice = {
  id: 'abc',
  title: 'Elevated errors',
  url: 'https://status.chat.example/incidents/abc',
  status: 'identified',
  open: true,
  impact: 'major',
  parts: [
    { name: 'Web', state: 'ok' },
    { name: 'API', state: 'down' },
  ],
  regions: ['eu-west-1'],
  startedAt: T - HOUR,
  updatedAt: T - 10 * MINUTE,
  resolvedAt: null,
  words: [
    { at: T - HOUR, status: 'investigating', text: 'We are looking into it.' },
    { at: T - 10 * MINUTE, status: 'identified', text: 'It is\nthe database.' },
  ],
}
const down: VendorPage = page('partial', [outage], {
  name: 'Chat',
  sentence: 'Partial System Outage',
  updatedAt: T - 10 * MINUTE,
  parts: outage.parts,
})
const well: VendorPage = page('ok', [], { name: 'Chat', sentence: 'All Systems Operational', updatedAt: T })

describe('what a page says as signals', () => {
  const { signals, told } = saidBy(down, place, NOTHING)

  it('is a notice for each word, verbatim, and one for the page', () => {
    expect(signals).toEqual([
      {
        type: 'fact',
        via: 'notice',
        id: expect.stringMatching(/^[\w-]{22}$/),
        service: 'chat',
        at: T - HOUR,
        seenAt: T,
        title: 'Elevated errors',
        href: outage.url,
        source: place.source,
        thread: 'abc',
        status: 'investigating',
        text: 'We are looking into it.',
        scope: {},
      },
      {
        type: 'fact',
        via: 'notice',
        id: expect.any(String),
        service: 'chat',
        at: T - 10 * MINUTE,
        seenAt: T,
        title: 'Elevated errors',
        href: outage.url,
        source: place.source,
        thread: 'abc',
        status: 'identified',
        impact: 'major',
        parts: [
          { name: 'API', state: 'down' },
          { name: 'Web', state: 'ok' },
        ],
        text: 'It is\nthe database.',
        scope: { component: ['Web', 'API'], region: ['eu-west-1'] },
      },
      {
        type: 'fact',
        via: 'notice',
        id: expect.any(String),
        service: 'chat',
        at: T - 10 * MINUTE,
        seenAt: T,
        title: 'Partial System Outage',
        source: place.source,
        thread: PAGE_THREAD,
        impact: 'major',
        parts: [
          { name: 'Chat', state: 'partial' },
          { name: 'API', state: 'down' },
        ],
        scope: {},
      },
    ])
    expect(new Set(signals.map(each => each.id)).size).toBe(3)
  })

  it('is not told twice, and has the same names where it was forgotten that it was told', () => {
    const later = { ...place, seenAt: T + MINUTE }
    expect(saidBy(down, later, JSON.parse(JSON.stringify(told)) as Told)).toEqual({ signals: [], told })
    const again = saidBy(down, later, { ...told, notices: {} })
    expect(again.signals.map(each => each.id)).toEqual(signals.slice(0, 2).map(each => each.id))
  })

  it('has another name when the page says the same again, later', () => {
    let before = told
    const ids: string[] = []
    for (const [n, each] of [well, down, well, down].entries()) {
      const next = saidBy(each, { ...place, seenAt: T + n * HOUR }, before)
      const whole = next.signals.filter(signal => signal.thread === PAGE_THREAD)
      expect(whole).toHaveLength(1)
      ids.push(...whole.map(signal => signal.id))
      before = next.told
    }
    expect(new Set(ids).size).toBe(4)
  })

  it('tells that it got worse where nobody said a word', () => {
    const worse = { ...down, notices: [{ ...outage, impact: 'critical' as const }] }
    const next = saidBy(worse, { ...place, seenAt: T + MINUTE }, told)
    const fresh = next.signals.filter(each => !signals.some(old => old.id === each.id))
    expect(fresh).toEqual([expect.objectContaining({ thread: 'abc', impact: 'critical', status: 'identified' })])
    expect(fresh[0]).not.toHaveProperty('text')
    expect(saidBy(worse, { ...place, seenAt: T + 2 * MINUTE }, next.told).signals).toEqual([])
  })

  it('tells a new word once, with what is touched by then', () => {
    const word = { at: T, status: 'resolved' as const, text: 'Done.' }
    const over = { ...outage, status: 'resolved' as const, open: false, parts: [], words: [...outage.words, word] }
    const next = saidBy(page('ok', [over], {}), { ...place, seenAt: T + MINUTE }, told)
    const fresh = next.signals.filter(each => !signals.some(old => old.id === each.id))
    expect(fresh.map(each => [each.thread, each.status, each.text])).toEqual([
      ['abc', 'resolved', 'Done.'],
      [PAGE_THREAD, undefined, undefined],
    ])
  })

  it('says when planned work is to be', () => {
    const window = { from: T + DAY, until: T + DAY + HOUR }
    const planned: VendorNotice = {
      ...outage,
      status: 'scheduled',
      open: false,
      impact: 'maintenance',
      startedAt: window.from,
      updatedAt: null,
      words: [],
      window,
    }
    const said = (each: VendorNotice) => saidBy(page('ok', [each], {}), place, NOTHING).signals[0]
    // When it was said is not known: nothing is said in the future.
    expect(said(planned)).toMatchObject({ at: T, status: 'scheduled', impact: 'maintenance', window })
    expect(said({ ...planned, window: { from: T, until: T - 1 } })?.window).toEqual({ from: T })
    expect(said({ ...planned, window: { from: T, until: null } })?.window).toEqual({ from: T })
  })

  it('leaves history alone', () => {
    const old = { ...outage, open: false, status: 'resolved' as const, startedAt: T - 9 * DAY, updatedAt: T - 8 * DAY }
    const ids = (each: VendorNotice) =>
      saidBy(page('ok', [each], {}), place, NOTHING).signals.map(signal => signal.thread)
    expect(ids(old)).toEqual([PAGE_THREAD])
    expect(ids({ ...old, resolvedAt: T - 6 * DAY })).toEqual(['abc', 'abc', PAGE_THREAD])
    expect(ids({ ...old, open: true })).toEqual(['abc', 'abc', PAGE_THREAD])
  })

  it('makes no statement of a page that makes none', () => {
    const [whole] = saidBy(page(null, [], { name: 'Chat' }), place, NOTHING).signals
    expect(whole?.parts).toEqual([{ name: 'Chat' }])
    expect(whole).not.toHaveProperty('impact')
    const [nameless] = saidBy(page('down', []), place, NOTHING).signals
    expect(nameless?.parts).toEqual([{ name: place.source, state: 'down' }])
  })

  it('keeps within what the door takes', () => {
    const long: VendorNotice = {
      ...outage,
      id: 'x'.repeat(300),
      title: `\u202e${'क\u200dष '.repeat(400)}`,
      url: 'javascript:alert(1)',
      parts: [
        ...Array.from({ length: 300 }, (_, n) => ({ name: `Part ${n}`, state: 'ok' as const })),
        { name: 'constructor', state: 'down' },
        { name: '../x', state: 'down' },
        { name: '\u0007', state: 'down' },
      ],
      words: [{ at: T, status: null, text: '😀'.repeat(9000) }],
    }
    const [signal] = saidBy(page('ok', [long]), place, NOTHING).signals
    expect(signal?.thread).toHaveLength(22)
    expect(signal?.title).toHaveLength(500)
    expect(signal?.title).toMatch(/^क\u200dष/)
    expect(signal?.text?.length).toBeLessThanOrEqual(8000)
    expect(signal?.text).not.toMatch(/[\ud800-\udbff]…/)
    expect(signal).not.toHaveProperty('href')
    expect(signal?.parts?.length).toBeLessThanOrEqual(100)
    expect(signal?.parts?.slice(0, 2)).toEqual([
      { name: 'constructor', state: 'down' },
      { name: '../x', state: 'down' },
    ])
    expect(signal?.scope['component']).not.toContain('constructor')
    expect(signal?.scope['component']).not.toContain('../x')
  })
})
