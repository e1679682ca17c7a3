import { type Plugin, plugin, type PluginEnv, type Receiver } from '../../contract/plugin.js'
import type { Received, Taken } from '../../contract/received.js'
import { SECRET, shows } from '../shared/secret.js'
import {
  at,
  fieldsAt,
  firstTime,
  hrefOf,
  isFields,
  lineAt,
  scopeIn,
  shareIn,
  type Fields,
} from '../shared/change/read.js'
import { Rollouts } from '../shared/change/rollouts.js'
import {
  CHANGE_SETTINGS,
  type ChangeSettings,
  changeOf,
  digest,
  kindOf,
  type Made,
  refused,
  takenOf,
} from '../shared/change/told.js'
import { form, receiving } from '../shared/start.js'

interface FlagsConfig extends ChangeSettings {
  secret?: string
}

class Flags {
  private readonly rollouts = new Rollouts()

  constructor(
    private readonly config: FlagsConfig,
    private readonly env: Pick<PluginEnv, 'now'>,
  ) {}

  take(request: Received): Taken {
    const body = request.json()
    const list = [isFields(body) && Array.isArray(at(body, 'flags')) ? at(body, 'flags') : body].flat()
    const odd = list.find(each => !isFields(each) || flagOf(each) === undefined)
    if (odd !== undefined || list.length === 0)
      return refused('flags.flag', 'each is an object with the name of a flag as `flag`, `name` or `key`', kindOf(odd))
    return takenOf(
      'flags',
      list.map(each => this.read(each as Fields)),
    )
  }

  private read(event: Fields): Made {
    const flag = flagOf(event) ?? ''
    const share = shareOf(event)
    if (share === undefined) return 'share'
    const environment = lineAt(event, 'environment')
    const told = firstTime(at(event, 'at'), at(event, 'timestamp'), at(event, 'time'))
    const when = told ?? this.env.now()
    const own = lineAt(event, 'id')
    const subject = `${flag}/${environment ?? ''}`
    // Without an id and a time of its own the same word within a minute is the same message.
    const id = `${subject}/${own ?? `${told ?? Math.floor(when / 60_000)}/${digest(JSON.stringify(event))}`}`
    const { thread, reverts } = this.rollouts.step(subject, id, share, when)
    return changeOf(this.config, {
      id: [id],
      thread: [thread],
      kind: 'flag',
      of: lineAt(event, 'service') ?? lineAt(event, 'project') ?? flag,
      environment,
      title: lineAt(event, 'title') ?? `flag ${flag}: ${Math.round(share * 100)} %`,
      href: hrefOf(at(event, 'href')) ?? hrefOf(at(event, 'url')),
      at: when,
      share,
      scope: { ...scopeIn(event), ...scopeIn(fieldsAt(event, 'scope')) },
      reverts,
    })
  }
}

const flagOf = (event: unknown): string | undefined =>
  lineAt(event, 'flag') ?? lineAt(event, 'name') ?? lineAt(event, 'key')

/** Off is nobody, on without a number everybody. `state` is what flagd calls it. */
function shareOf(event: Fields): number | undefined {
  const state = lineAt(event, 'state')?.toLowerCase()
  const on =
    at(event, 'enabled') ?? at(event, 'on') ?? (state === undefined ? undefined : /^(?:enabled|on|true)$/.test(state))
  if (on === false) return 0
  return shareIn(event) ?? (on === true ? 1 : undefined)
}

const flags: Plugin<'receiver', FlagsConfig, Receiver> = plugin({
  kind: 'receiver',
  name: 'flags',
  summary: 'feature flags of any system that can post what it switched: a name, on or off, or for how many',
  start: receiving(
    ['flags'],
    form('what switches your flags posts each change', 'to', 'with the header Authorization: Bearer'),
  ),
  config: {
    type: 'object',
    additionalProperties: false,
    properties: { secret: SECRET, ...CHANGE_SETTINGS },
  },
  async open(config, env): Promise<Receiver> {
    const { secret } = config
    const reader = new Flags(config, env)
    return {
      ...(secret === undefined ? {} : { trusts: request => shows(secret, request) }),
      take: request => reader.take(request),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default flags
