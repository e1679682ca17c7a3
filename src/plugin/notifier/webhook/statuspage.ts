import type { Delivery, Notifier } from '../../../contract/notifier.js'
import { type Plugin, plugin } from '../../../contract/plugin.js'
import { ADDRESS, type Address, SignedPost } from './signed-post.js'

/** Statuspage gives its subscribers so long. It signs nothing; whoever reads the headers can check ours. */
const TIMEOUT_MS = 30_000

class Statuspage implements Notifier {
  /** What the receiver has taken of the delivery that is being tried: it is not sent again with the rest. */
  #taken: { id: string; count: number } = { id: '', count: 0 }

  constructor(private readonly post: SignedPost) {}

  async tell({ id, status = [] }: Delivery): Promise<void> {
    if (this.#taken.id !== id) this.#taken = { id, count: 0 }
    for (const [i, body] of status.entries()) {
      if (i < this.#taken.count) continue
      await this.post.send(`${id}_${i}`, JSON.stringify(body))
      this.#taken.count = i + 1
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

const statuspage: Plugin<'notifier', Address, Notifier> = plugin({
  kind: 'notifier',
  name: 'statuspage',
  summary: 'a signed POST in the shape of Statuspage’s subscriber webhooks',
  config: ADDRESS,
  async open(config, env): Promise<Notifier> {
    return new Statuspage(await SignedPost.open(config, env, 'the subscriber', TIMEOUT_MS))
  },
})
export default statuspage
