import { PermanentError, TransientError } from '../../../contract/error.js'
import type { Fetched, PluginEnv } from '../../../contract/plugin.js'

/** Where a notifier posts to, and what it signs with. */
export interface Address {
  url: string
  /** As Standard Webhooks writes it: `whsec_` and base64. */
  secret: string
}

export const ADDRESS = {
  type: 'object',
  required: ['url', 'secret'],
  properties: { url: { type: 'string', pattern: '^https?://' }, secret: { type: 'string' } },
} as const

const RETRY_MS = 5_000
/** A receiver may ask for patience, an hour at most. */
const RETRY_MAX_MS = 3_600_000

/** Posts bodies to one address, signed as Standard Webhooks says; what goes wrong is told as final or as passing. */
export class SignedPost {
  private constructor(
    private readonly url: string,
    /** The receiver in words, without its path or query, which often are its secret. */
    private readonly receiver: string,
    private readonly timeoutMs: number,
    private readonly env: Required<Pick<PluginEnv, 'now' | 'fetch'>>,
    private readonly sign: (id: string, at: Date, body: string) => string,
  ) {}

  /** @param receiver what the address is, as `the webhook`. @throws PermanentError without a network, or on a secret that is none */
  static async open(address: Address, env: PluginEnv, receiver: string, timeoutMs: number): Promise<SignedPost> {
    const { Webhook } = await import('standardwebhooks')
    const { now, fetch } = env
    if (fetch === undefined) throw new PermanentError('a webhook needs the network')
    if (!URL.canParse(address.url) || new URL(address.url).host === '')
      throw new PermanentError(`the url of ${receiver} is an address such as https://example.com/hook`)
    const where = `${receiver} at ${new URL(address.url).host}`
    try {
      const signer = new Webhook(address.secret)
      return new SignedPost(address.url, where, timeoutMs, { now, fetch }, (id, at, body) => signer.sign(id, at, body))
    } catch {
      throw new PermanentError('the secret of a webhook is whsec_ and base64')
    }
  }

  /** @throws TransientError when it may be tried again, PermanentError when the receiver is gone for good (410) */
  async send(id: string, body: string): Promise<void> {
    const at = new Date(this.env.now())
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Epicenter',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': this.sign(id, at, body),
    }
    let response: Fetched
    try {
      const signal = AbortSignal.timeout(this.timeoutMs)
      // A redirect is a failure: the receiver's address is the one that was configured.
      response = await this.env.fetch(this.url, { method: 'POST', headers, body, signal, redirect: 'manual' })
    } catch (error) {
      // The reason alone: fetch errors may repeat the address.
      const { name, cause } = error as { name: string; cause?: { code?: string } }
      throw new TransientError(`cannot tell ${this.receiver}: ${cause?.code ?? name}`, RETRY_MS)
    }
    await response.body?.cancel()
    if (response.ok) return
    const text = `cannot tell ${this.receiver}: it answered ${response.status}`
    if (response.status === 410) throw new PermanentError(text)
    const asked = Number(response.headers.get('retry-after'))
    throw new TransientError(text, asked > 0 ? Math.min(asked * 1000, RETRY_MAX_MS) : RETRY_MS)
  }
}
