import { describe, expect, it } from 'vitest'
import { PermanentError, TransientError } from '../../contract/error.js'
import type { Notice } from '../../contract/signal.js'
import { fakeOutside, type Said } from '../../testing/outside.js'
import { testSource } from '../../testing/plugin-contract.js'
import epicenter, { type EpicenterConfig } from './epicenter.js'

const settings: EpicenterConfig = {
  url: 'https://inside.example/',
  services: [{ service: 'chat', theirs: 'messages' }],
  everySeconds: 60,
}
const at = (minute: number) => `2026-02-03T11:${String(minute).padStart(2, '0')}:00.000Z`
const event = (seq: number, minute: number, name: string, more: object = {}) => ({
  at: at(minute),
  event: name,
  incident: 'i1',
  seq,
  service: 'messages',
  ...more,
})
const opened = event(0, 5, 'opened', {
  title: 'Messages failing',
  severity: 'major',
  components: ['send'],
  segments: [{ where: { region: ['eu', 'us'] }, share: 0.4, interval: null }],
  says: [{ text: '40 % of requests fail.', refs: [] }],
})
const incident = (...events: object[]) => ({ id: 'i1', service: 'messages', title: 'Messages failing', events })
const stories = [incident(opened), { ...incident({ ...opened, incident: 'i2' }), id: 'i2', service: 'other' }]
const later = [
  incident(
    opened,
    event(1, 30, 'recovering'),
    event(2, 50, 'resolved'),
    event(3, 55, 'note', { says: [{ text: 'Sorry.' }] }),
  ),
]
const running = { aborted: false, addEventListener() {} }
const open = async (answer: () => Said, more: Partial<EpicenterConfig> = {}) => {
  const outside = fakeOutside(answer)
  const source = await epicenter.open({ ...settings, ...more }, outside.env)
  return { outside, poll: async (state?: unknown) => source.poll!(state, running) }
}
const json = (value: unknown): Said => ({ body: JSON.stringify(value) })

let said: object[] = []
testSource('epicenter', {
  plugin: epicenter,
  settings,
  world: () => {
    said = stories
    return fakeOutside(() => json(said))
  },
  more: () => {
    said = later
  },
  counts: [1, 4],
})

describe('another instance', () => {
  it('is told event by event, in its words, with its parts, its segments and how bad it calls it', async () => {
    const { outside, poll } = await open(() => json(stories))
    const { signals } = await poll()
    expect(outside.asked[0]?.url).toBe('https://inside.example/api/v1/incidents?limit=200')
    expect(signals).toEqual([
      {
        type: 'fact',
        via: 'notice',
        id: expect.any(String),
        thread: expect.any(String),
        service: 'chat',
        at: Date.parse(at(5)),
        seenAt: Date.UTC(2026, 1, 3, 12),
        title: 'Messages failing',
        href: 'https://inside.example/i/i1',
        source: 'inside.example',
        status: 'investigating',
        impact: 'major',
        parts: [{ name: 'send' }],
        text: '40 % of requests fail.',
        labels: { exchange: 'inside.example' },
        scope: { component: ['send'], region: ['eu', 'us'] },
      },
    ])
  })

  it('goes through the states of an incident, and stays resolved whatever is said afterwards', async () => {
    const { poll } = await open(() => json(later))
    const { signals } = await poll()
    expect((signals as Notice[]).map(each => each.status)).toEqual([
      'investigating',
      'monitoring',
      'resolved',
      'resolved',
    ])
  })

  it('is taken whole, under the ids it has there, where no services are named', async () => {
    const { poll } = await open(() => json(stories), { services: undefined as never })
    expect(((await poll()).signals as Notice[]).map(each => each.service)).toEqual(['messages', 'other'])
  })

  it('is unknown where it answers something else, and asks for a token where it wants one', async () => {
    for (const body of ['<!doctype html>', '{"incidents":[]}', ''])
      await expect((await open(() => ({ body }))).poll(), body).rejects.toThrow(TransientError)
    await expect((await open(() => ({ status: 500 }))).poll()).rejects.toThrow(TransientError)
    await expect((await open(() => ({ status: 401 }))).poll()).rejects.toThrow(PermanentError)
    const { outside, poll } = await open(() => json([]), { token: 'abc' })
    await poll()
    expect(outside.asked[0]?.headers?.['authorization']).toBe('Bearer abc')
  })

  it('passes over what is no event and what was only noted', async () => {
    const odd = [
      null,
      7,
      { id: 'x' },
      incident(event(0, 5, 'note', { title: 'a thought' })),
      { ...incident({ seq: 'a' }, { seq: 1, at: 'never' }), id: 'i9' },
    ]
    expect((await (await open(() => json(odd))).poll()).signals).toEqual([])
  })
})
