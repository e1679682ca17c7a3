import type { Delivery, Notifier } from '../../contract/notifier.js'
import { type Plugin, plugin } from '../../contract/plugin.js'
import { ADDRESS, type Address, faultsOf, SignedPost } from '../shared/signed-post.js'

/** Statuspage gives its subscribers so long. It signs nothing; whoever reads the headers can check ours. */
const SUBSCRIBER_TIMEOUT_MS = 30_000
/** Longest address of a subscriber. */
const ADDRESS_CHARS = 1_000
/** Deliveries that are remembered as taken in part. */
const HALF_MOST = 1_000

class Statuspage implements Notifier {
  /** How many messages of each delivery the receiver has taken: those are not sent again with the rest. */
  readonly #taken = new Map<string, number>()

  constructor(private readonly post: SignedPost) {}

  async tell({ id, status = [] }: Delivery): Promise<void> {
    for (let i = this.#taken.get(id) ?? 0; i < status.length; i++) {
      await this.post.send(`${id}_${i}`, JSON.stringify(status[i]))
      this.#taken.set(id, i + 1)
    }
    this.#taken.delete(id)
    // What was given up half way is told to nobody any more.
    if (this.#taken.size > HALF_MOST) this.#taken.delete(this.#taken.keys().next().value as string)
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

const statuspage: Plugin<'notifier', Address, Notifier> = plugin({
  kind: 'notifier',
  name: 'statuspage',
  summary: 'a signed POST in the shape of Statuspage’s subscriber webhooks',
  config: {
    ...ADDRESS,
    // The page they read; the first, if not given.
    properties: { ...ADDRESS.properties, page: { type: 'string', minLength: 1, maxLength: 50, role: 'page' } },
  },
  check: faultsOf,
  // Who configures it names the address; receivers often stand beside the server.
  allowPrivate: true,
  wantsStatus: true,
  subscribers: {
    channel: 'webhook',
    addressIn: text => {
      const url = URL.canParse(text) && text.length <= ADDRESS_CHARS ? new URL(text) : null
      return url !== null && /^https?:$/.test(url.protocol) && url.username + url.password === '' ? url.href : null
    },
    settings: ({ address, secret }) => ({ url: address, secret }),
  },
  async open(config, env): Promise<Notifier> {
    return new Statuspage(await SignedPost.open(config, env, 'the subscriber', SUBSCRIBER_TIMEOUT_MS))
  },
})
export default statuspage
