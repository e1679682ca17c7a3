import { describe, expect, it } from 'vitest'
import type { Observation } from '../../contract/signal.js'
import { HOUR, MINUTE } from '../../contract/time.js'
import { poisson, sfc32 } from '../stat/random.js'
import { post, STREAM_START } from '../../testing/stream.js'
import { emptyOutcome, Fold } from './fold.js'

const CHATTER = [
  'I use the shop a lot',
  'the new shop colours are nice',
  'which plan of the shop is best?',
  'shop works fine here',
]
const NEWS = ['Shop suffers worldwide outage, says Reuters', 'BREAKING: thousands of users report problems with Shop']
const RUMOURS = [
  'was the shop hacked?',
  'they say an undersea cable was cut, hence the shop',
  'it is a DDoS on the shop',
]
const MEMES = [
  'shop is down so I finally met my family',
  'shop down, guess I live here now lol',
  'shop is down 😂 my productivity',
]
const COMPLAINTS = ['shop is down', 'cannot log in to the shop', 'shop gives me error 503', 'shop geht nicht']

/** Some hours of posts, and in the last one others: how many incidents are opened in it. */
function openedBy(hour: readonly (readonly [perMinute: number, texts: readonly string[]])[]): number {
  const random = sfc32(7)
  const fold = new Fold({ clock: 'signals', falseAlarmsPerMonth: 0.1, services: [] })
  const out = emptyOutcome()
  const usual: typeof hour = [
    [2, CHATTER],
    [0.1, COMPLAINTS],
  ]
  let id = 0
  const minutes = (5 * HOUR) / MINUTE
  for (let minute = 0; minute < minutes; minute++) {
    const signals: Observation[] = []
    const last = minute >= minutes - HOUR / MINUTE
    for (const [perMinute, texts] of last ? [...usual, ...hour] : usual)
      for (let n = poisson(random, perMinute); n > 0; n--)
        signals.push(
          post({
            service: 'shop',
            id: `p${++id}`,
            author: `a${id}`,
            at: STREAM_START + minute * MINUTE + Math.floor(random() * MINUTE),
            text: texts[Math.floor(random() * texts.length)]!,
          }),
        )
    for (const signal of signals.sort((a, b) => a.at - b.at)) fold.signal(signal, id, out)
  }
  return out.events.filter(each => each.event === 'opened').length
}

describe('an hour of posts', () => {
  it.each<[what: string, hour: Parameters<typeof openedBy>[0], opened: number]>([
    ['ten times the posts', [[18, CHATTER]], 0],
    ['news all over', [[12, NEWS]], 0],
    ['rumours of a cause', [[12, RUMOURS]], 0],
    ['a meme', [[12, MEMES]], 0],
    [
      'complaints among it',
      [
        [18, CHATTER],
        [5, NEWS],
        [5, MEMES],
        [8, COMPLAINTS],
      ],
      1,
    ],
  ])('with %s opens as many incidents as there are outages', (_, hour, opened) => expect(openedBy(hour)).toBe(opened))
})
