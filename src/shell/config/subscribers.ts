import type { ConfigFile } from '../../contract/config.js'
import type { SubscribersConfig } from '../../contract/subscribers/config.js'
import { CHANNELS } from '../../contract/subscribers/subscriber.js'
import { MINUTE } from '../../contract/time.js'
import { Registry } from '../../plugin/registry.js'
import type { Finding } from './finding.js'
import { meant } from './nearest.js'
import type { Uses } from './uses.js'

/** What a mail server is given a minute where nothing is said: relays that take less say so, and are asked again. */
const PER_MINUTE = 6_000
/** Planned work is reminded of a day and an hour before. */
const REMIND_MINUTES = [1_440, 60]

export function subscribersOf({ subscribers }: ConfigFile): SubscribersConfig | null {
  if (subscribers === undefined) return null
  const { mail = null, channels = CHANNELS, perMinute = PER_MINUTE, digestMinutes = 0 } = subscribers
  return {
    mail,
    channels: channels.filter(each => each !== 'email' || mail !== null),
    perMinute,
    digestMs: digestMinutes * MINUTE,
    remindMs: (subscribers.remindMinutes ?? REMIND_MINUTES).map(each => each * MINUTE),
    allowPrivate: subscribers.allowPrivate ?? false,
  }
}

/** The notifier that letters go by is there, and writes letters. */
export async function beyondSubscribers({ subscribers }: ConfigFile, uses: Uses): Promise<Finding[]> {
  const { mail, channels } = subscribers ?? {}
  if (mail === undefined)
    return channels?.includes('email') === true
      ? [{ path: 'subscribers.mail', rule: 'the id of a notifier that letters go by', value: 'nothing' }]
      : []
  const ids = uses.notifiers.map(each => each.id)
  const use = uses.notifiers.find(each => each.id === mail)
  if (use === undefined)
    return [{ path: 'subscribers.mail', rule: `the id of a notifier${meant(mail, ids)}`, value: mail }]
  const { registry } = await Registry.open(uses.plugins)
  const plugin = await registry.find('notifier', use.use)
  return plugin?.subscribers?.channel === 'email'
    ? []
    : [{ path: 'subscribers.mail', rule: 'the id of a notifier that sends mail', value: mail }]
}
