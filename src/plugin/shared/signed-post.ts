import { PermanentError, RefusedError, TransientError } from '../../contract/error.js'
import type { Answered } from '../../contract/notifier.js'
import type { Fault, Fetched, PluginEnv } from '../../contract/plugin.js'
import { POST_RETRY_MS, retryAfterOf, RETRY_MAX_MS, WRONG } from './post.js'

/** Where a notifier posts to, and what it signs with. */
export interface Address {
  url: string
  /** As Standard Webhooks writes it: `whsec_` and base64. */
  secret: string
}

export const ADDRESS = {
  type: 'object',
  required: ['url', 'secret'],
  additionalProperties: false,
  properties: {
    url: { type: 'string', pattern: '^https?://' },
    secret: { type: 'string', pattern: '^(whsec_)?[A-Za-z0-9+/=]{24,}$', writeOnly: true },
  },
} as const

/** What a webhook will be opened with: said by `check`, so that no server starts with one that it cannot use. */
export function faultsOf({ url, secret }: Address): Fault[] {
  const faults: Fault[] = []
  const at = URL.canParse(url) && /^https?:\/\/[^/?#]/i.test(url) && !/\s/.test(url) ? new URL(url) : null
  const value = withoutCredentials(url).slice(0, 80)
  if (at === null) faults.push({ path: 'url', rule: 'a whole address, such as https://example.org/hooks', value })
  else if ([at.username, at.password].some(each => !decodes(each)))
    faults.push({ path: 'url', rule: 'an address in which name and password are percent-encoded', value })
  // The receiver's reader is as strict.
  const plain = secret.replace(/^whsec_/, '')
  if (plain.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(plain))
    faults.push({
      path: 'secret',
      rule: 'whsec_ and base64, with the = at its end',
      value: `a text of ${secret.length} characters, not shown`,
    })
  return faults
}

/** An address without name and password. */
const withoutCredentials = (text: string): string => text.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/?#]*@/i, '$1…@')

function decodes(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

/** Posts bodies to one address, signed as Standard Webhooks says; what goes wrong is told as final or as passing. */
export class SignedPost {
  private constructor(
    private readonly url: string,
    /** Name and password that stood in the address, as Basic authentication. */
    private readonly basic: string | null,
    /** The receiver in words, without its path or query, which often are its secret. */
    private readonly receiver: string,
    private readonly timeoutMs: number,
    private readonly env: Pick<PluginEnv, 'now' | 'fetch'>,
    private readonly sign: (id: string, at: Date, body: string) => string,
  ) {}

  /** @param receiver what the address is, as `the webhook`. @throws PermanentError on a secret that is none */
  static async open(address: Address, env: PluginEnv, receiver: string, timeoutMs: number): Promise<SignedPost> {
    const { Webhook } = await import('standardwebhooks')
    const { now, fetch } = env
    const { url, host, basic } = addressOf(address.url)
    const where = `${receiver} at ${host}`
    try {
      const signer = new Webhook(address.secret)
      const sign = (id: string, at: Date, body: string) => signer.sign(id, at, body)
      return new SignedPost(url, basic, where, timeoutMs, { now, fetch }, sign)
    } catch {
      throw new PermanentError('the secret of a webhook is whsec_ and base64')
    }
  }

  /** @throws TransientError when it may be tried again, RefusedError when the receiver calls this message wrong, PermanentError when the receiver is gone for good (410) */
  async send(id: string, body: string): Promise<Answered> {
    const at = new Date(this.env.now())
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Epicenter',
      ...(this.basic === null ? {} : { authorization: this.basic }),
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': this.sign(id, at, body),
    }
    let response: Fetched
    try {
      // A redirect is a failure: the receiver's address is the one that was configured.
      response = await this.env.fetch(this.url, { method: 'POST', headers, body, timeoutMs: this.timeoutMs })
    } catch (error) {
      // The reason alone: it may repeat the address.
      const { name, code } = error as { name: string; code?: string }
      throw new TransientError(`cannot tell ${this.receiver}: ${code ?? name}`, POST_RETRY_MS)
    }
    await response.cancel()
    if (response.ok) return { said: String(response.status) }
    const text = `cannot tell ${this.receiver}: it answered ${response.status}`
    if (response.status === 410) throw new PermanentError(text)
    if (WRONG.has(response.status)) throw new RefusedError(text, POST_RETRY_MS)
    const asked = retryAfterOf(response, this.env.now()) ?? 0
    throw new TransientError(text, asked > 0 ? Math.min(asked, RETRY_MAX_MS) : POST_RETRY_MS)
  }
}

/** Credentials in an address are sent as a header: no address that holds them is ever asked for, told or logged. */
function addressOf(text: string): { url: string; host: string; basic: string | null } {
  if (!URL.canParse(text)) throw new PermanentError('the url of a webhook is a whole address')
  const url = new URL(text)
  const [name, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)]
  url.username = url.password = ''
  const basic = name + password === '' ? null : `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
  return { url: url.href, host: url.host, basic }
}
