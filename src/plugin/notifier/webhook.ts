import { PermanentError, TransientError } from '../../contract/error.js'
import type { Delivery, Notifier } from '../../contract/notifier.js'
import { type Fetched, type Plugin, type PluginEnv, plugin } from '../../contract/plugin.js'

export interface WebhookConfig {
  url: string
  /** As Standard Webhooks writes it: `whsec_` and base64. */
  secret: string
}

/** A receiver that takes longer is asked again later. */
const TIMEOUT_MS = 10_000
const RETRY_MS = 5_000

interface Sign {
  sign(id: string, at: Date, body: string): string
}

/** The message as a receiver sees it. `type` follows Standard Webhooks: what happened, with dots. */
export function message({ event, title }: Delivery): string {
  return JSON.stringify({ type: `incident.${event.event}`, timestamp: event.at, data: { title, ...event } })
}

/** Host only: a path or a query often is the receiver's secret. */
const redacted = (url: string): string => new URL(url).host

class Webhook implements Notifier {
  constructor(
    private readonly config: WebhookConfig,
    private readonly env: Required<Pick<PluginEnv, 'now' | 'fetch'>>,
    private readonly signer: Sign,
  ) {}

  async tell(delivery: Delivery): Promise<void> {
    const body = message(delivery)
    const at = new Date(this.env.now())
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Epicenter',
      'webhook-id': delivery.id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': this.signer.sign(delivery.id, at, body),
    }
    const where = `tell the webhook at ${redacted(this.config.url)}`
    let response: Fetched
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      response = await this.env.fetch(this.config.url, { method: 'POST', headers, body, signal, redirect: 'manual' })
    } catch (error) {
      // The reason alone: fetch errors may repeat the address.
      const { name, cause } = error as { name: string; cause?: { code?: string } }
      throw new TransientError(`cannot ${where}: ${cause?.code ?? name}`, RETRY_MS)
    }
    await response.body?.cancel()
    if (response.ok) return
    const asked = Number(response.headers.get('retry-after'))
    const text = `cannot ${where}: it answered ${response.status}`
    // Standard Webhooks: 410 means that the receiver is gone for good; everything else may pass.
    if (response.status === 410) throw new PermanentError(text)
    throw new TransientError(text, asked > 0 ? Math.min(asked * 1000, 3_600_000) : RETRY_MS)
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

const webhook: Plugin<'notifier', WebhookConfig, Notifier> = plugin({
  kind: 'notifier',
  name: 'webhook',
  summary: 'a signed POST for each step of an incident (Standard Webhooks)',
  config: {
    type: 'object',
    required: ['url', 'secret'],
    properties: { url: { type: 'string', pattern: '^https?://' }, secret: { type: 'string' } },
  },
  async open(config, env): Promise<Notifier> {
    const { Webhook: Standard } = await import('standardwebhooks')
    if (env.fetch === undefined) throw new PermanentError('a webhook needs the network')
    let signer: Sign
    try {
      signer = new Standard(config.secret)
    } catch {
      throw new PermanentError('notifiers: the secret of a webhook is whsec_ and base64')
    }
    return new Webhook(config, { now: env.now, fetch: env.fetch }, signer)
  },
})
export default webhook
