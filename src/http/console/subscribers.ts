import type { FastifyInstance } from 'fastify'
import type { Undelivered } from '../../contract/subscribers/subscriber.js'
import type { Subscribers } from '../../shell/subscribers/subscribers.js'
import { html, type Html } from '../pages/html.js'
import { shownAddress } from '../subscribers/pages.js'
import type { Asks } from './asks.js'
import { sendConsole, table, timeOf } from './layout.js'

/** Of what was given up so many are shown; the API has all that is kept. */
const UNDELIVERED_SHOWN = 100

/** Who subscribed, what waits for them, and what could not be delivered and why. */
export function subscribersRoutes(server: FastifyInstance, asks: Asks, subscribers: () => Subscribers | null): void {
  server.get('/console/subscribers', async (request, reply) => {
    const viewer = asks.whoIs(request, reply, 'people')
    if (viewer === null) return reply
    const all = subscribers()
    const main =
      all === null
        ? html`<p>Nobody subscribes here: the configuration has no <code>subscribers</code>.</p>`
        : await overview(all)
    return sendConsole(request, reply, { title: 'Subscribers', path: '/console/subscribers', viewer, main })
  })
}

async function overview(subscribers: Subscribers): Promise<Html> {
  const [counts, { waiting, told, failing }, undelivered] = [
    await subscribers.reads.counts(),
    await subscribers.status(),
    await subscribers.reads.undelivered(),
  ]
  const number = (n: number) => n.toLocaleString('en')
  const sent = Object.entries(told).map(([channel, n]) => `${number(n)} by ${channel}`)
  return html`<p>Delivered since the start: ${sent.join(', ')}. ${number(waiting)} messages wait.</p>
${
  failing.length === 0
    ? null
    : html`<section class="needs"><h2>Receivers that take nothing</h2>${table(
        'Receivers that take nothing',
        ['Receiver', 'Failures in a row', 'Next try', 'Why'],
        failing.map(each => [
          html`<code>${each.queue}</code>`,
          number(each.failures),
          timeOf(each.pausedUntil),
          each.why,
        ]),
      )}</section>`
}
<section><h2>Who</h2>${
    counts.length === 0
      ? html`<p>Nobody has subscribed yet.</p>`
      : table(
          'Subscribers',
          ['Page', 'By', 'State', 'How many'],
          counts.map(each => [each.page, each.channel, each.state, number(each.count)]),
        )
  }<p class="note"><code>epicenter subscribers</code> lists, adds and removes them.</p></section>
<section><h2>Not delivered</h2>${undelivered.length === 0 ? html`<p>Nothing was given up.</p>` : table('Messages that were given up', ['When', 'Whom', 'Message', 'Tries', 'Why'], undelivered.slice(0, UNDELIVERED_SHOWN).map(rowOf))}</section>`
}

const rowOf = ({ at, channel, address, message, tries, why }: Undelivered) => [
  timeOf(at),
  html`<bdi>${channel === 'email' ? address : shownAddress(address)}</bdi>`,
  html`<code>${message}</code>`,
  String(tries),
  why,
]
