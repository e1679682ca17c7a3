import type { Delivery, Notifier } from '../../contract/notifier.js'
import { type Plugin, plugin } from '../../contract/plugin.js'
import { bounded } from '../shared/message.js'
import { ADDRESS, type Address, faultsOf, SignedPost } from '../shared/signed-post.js'

/** A receiver that takes longer is asked again later. */
const WEBHOOK_TIMEOUT_MS = 10_000

/** The message as a receiver sees it, under the one name of the incident. `type` follows Standard Webhooks: what happened, with dots. */
export function bodyOf({ event, message, test }: Delivery): string {
  const type = test === true ? 'test' : `incident.${event.event}`
  return JSON.stringify({
    type,
    timestamp: event.at,
    data: { ...event, title: message.name, message: bounded(message) },
  })
}

const webhook: Plugin<'notifier', Address, Notifier> = plugin({
  kind: 'notifier',
  name: 'webhook',
  summary: 'a signed POST for each step of an incident (Standard Webhooks)',
  start: {
    has: ['webhook'],
    asks: [{ name: 'url', asks: 'who is told', usual: 'http://127.0.0.1:9000/incident' }],
    settings: ({ url, secret }) => ({ url, secret }),
  },
  config: ADDRESS,
  check: faultsOf,
  // Who configures it names the address; receivers often stand beside the server.
  allowPrivate: true,
  async open(config, env): Promise<Notifier> {
    const post = await SignedPost.open(config, env, 'the webhook', WEBHOOK_TIMEOUT_MS)
    return {
      tell: delivery => post.send(delivery.id, bodyOf(delivery)),
      async [Symbol.asyncDispose](): Promise<void> {},
    }
  },
})
export default webhook
