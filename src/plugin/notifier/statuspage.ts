import { PermanentError, TransientError } from '../../contract/error.js'
import type { Delivery, Notifier } from '../../contract/notifier.js'
import { type Fetched, type Plugin, type PluginEnv, plugin } from '../../contract/plugin.js'

export interface StatuspageConfig {
  url: string
  /** As Standard Webhooks writes it: `whsec_` and base64. Statuspage signs nothing; whoever reads the headers can check. */
  secret: string
}

/** Statuspage gives its subscribers so long. */
const TIMEOUT_MS = 30_000
const RETRY_MS = 5_000

interface Sign {
  sign(id: string, at: Date, body: string): string
}

/** Host only: a path or a query often is the receiver's secret. */
const redacted = (url: string): string => new URL(url).host

class Statuspage implements Notifier {
  /** What the receiver has taken of the delivery that is being tried: it is not sent again with the rest. */
  #taken: { id: string; count: number } = { id: '', count: 0 }

  constructor(
    private readonly config: StatuspageConfig,
    private readonly env: Required<Pick<PluginEnv, 'now' | 'fetch'>>,
    private readonly signer: Sign,
  ) {}

  async tell({ id, status = [] }: Delivery): Promise<void> {
    if (this.#taken.id !== id) this.#taken = { id, count: 0 }
    for (const [i, body] of status.entries()) {
      if (i < this.#taken.count) continue
      await this.#send(`${id}_${i}`, JSON.stringify(body))
      this.#taken.count = i + 1
    }
  }

  async #send(id: string, body: string): Promise<void> {
    const at = new Date(this.env.now())
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Epicenter',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': this.signer.sign(id, at, body),
    }
    const where = `tell the subscriber at ${redacted(this.config.url)}`
    let response: Fetched
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      response = await this.env.fetch(this.config.url, { method: 'POST', headers, body, signal, redirect: 'manual' })
    } catch (error) {
      const { name, cause } = error as { name: string; cause?: { code?: string } }
      throw new TransientError(`cannot ${where}: ${cause?.code ?? name}`, RETRY_MS)
    }
    await response.body?.cancel()
    // A redirect is a failure, as Statuspage has it.
    if (response.ok) return
    const text = `cannot ${where}: it answered ${response.status}`
    if (response.status === 410) throw new PermanentError(text)
    const asked = Number(response.headers.get('retry-after'))
    throw new TransientError(text, asked > 0 ? Math.min(asked * 1000, 3_600_000) : RETRY_MS)
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

const statuspage: Plugin<'notifier', StatuspageConfig, Notifier> = plugin({
  kind: 'notifier',
  name: 'statuspage',
  summary: 'a signed POST in the shape of Statuspage’s subscriber webhooks',
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
    return new Statuspage(config, { now: env.now, fetch: env.fetch }, signer)
  },
})
export default statuspage
