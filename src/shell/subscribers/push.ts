import { AddressError, PermanentError, RefusedError, TransientError } from '../../contract/error.js'
import type { Delivery } from '../../contract/notifier.js'
import type { Subscriber } from '../../contract/subscribers/subscriber.js'
import { DAY, type EpochMs, SECOND } from '../../contract/time.js'
import type { PublicPost } from '../delivery/public-post.js'
import { authorization, encrypt, type Vapid } from '../delivery/push-message.js'

/** A push service keeps a message for a browser that is off; later it is no news. */
const TTL_SECONDS = DAY / SECOND
/** Characters of a message's head and text: with both at their longest, in scripts of three bytes, one record holds them. */
const [TITLE_CHARS, BODY_CHARS] = [200, 800]

/** What messages to browsers need of the house. */
export interface PushHouse {
  vapid: Vapid
  post: PublicPost
  /** Whom a push service may ask about us: mailto: or https:. */
  contact: string
  now: () => EpochMs
}

/** What the service worker shows. One incident is one notification: a later one takes its place. */
const shownOf = ({ message, event }: Delivery): Buffer => {
  const { subject, says, links, language, direction } = message
  const cut = (text: string, chars: number) => (text.length > chars ? `${text.slice(0, chars - 1)}…` : text)
  return Buffer.from(
    JSON.stringify({
      title: cut(subject, TITLE_CHARS),
      body: cut(says.join(' '), BODY_CHARS),
      ...{ url: links.page ?? '/', tag: event.incident, lang: language, dir: direction },
    }),
  )
}

/**
 * Tells one browser. @throws AddressError where nobody is there any more, TransientError where it may be tried again; none names
 * the address, which whoever has it may write to
 */
export async function tellBrowser(
  { vapid, post, contact, now }: PushHouse,
  { address, keys }: Pick<Subscriber, 'address' | 'keys'>,
  delivery: Delivery,
): Promise<void> {
  if (keys === undefined) throw new AddressError('a browser without keys', true)
  const headers = {
    authorization: authorization(vapid, address, contact, now()),
    'content-encoding': 'aes128gcm',
    'content-type': 'application/octet-stream',
    ttl: String(TTL_SECONDS),
    urgency: 'high',
  }
  const { status, retryAfterMs } = await post(address, headers, encrypt(shownOf(delivery), keys)).catch(error => {
    const why = (error as { code?: string }).code ?? (error as Error).name
    throw why === 'ENOTPUBLIC'
      ? new AddressError('its push service is at no public address', true)
      : new TransientError(`its push service could not be reached (${why})`, 0)
  })
  if (status >= 200 && status < 300) return
  if (status === 404 || status === 410) throw new AddressError(`its browser has left (${status})`, true)
  if (status === 429 || status >= 500) throw new TransientError(`its push service answers ${status}`, retryAfterMs ?? 0)
  if (status === 400 || status === 413) throw new RefusedError(`its push service answers ${status}`, 0)
  throw new PermanentError(`its push service answers ${status}`)
}
