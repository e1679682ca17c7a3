import { isIP } from 'node:net'
import { stringify } from 'yaml'
import { type ConfigFile, USES } from '../../contract/config.js'
import type { PluginKind, PluginOf, Start } from '../../contract/plugin.js'
import type { Registry } from '../../plugin/registry.js'
import { isPublicAddress } from '../../shell/outside/guard.js'

/** What somebody may have: a plug-in that offers a start. */
export interface Offer {
  kind: PluginKind
  plugin: PluginOf<PluginKind>
  start: Start
}

/** Something that they have, with what they said of it. */
export interface Had {
  offer: Offer
  answers: Record<string, string>
}

/** Every plug-in that offers a start, in the order of the configuration file. */
export async function offers(registry: Registry): Promise<Offer[]> {
  const found: Offer[] = []
  for (const kind of Object.values(USES))
    for (const name of registry.names(kind)) {
      const plugin = (await registry.find(kind, name)) as PluginOf<PluginKind> | null
      if (plugin?.start !== undefined) found.push({ kind, plugin, start: plugin.start })
    }
  return found
}

const WITH = /^([a-z0-9-]+)(?:\.([A-Za-z]+))?(?:=(.*))?$/s

/**
 * Reads `NAME`, `NAME=ANSWER` to its first question, and `NAME.QUESTION=ANSWER` to another of the `NAME` before.
 *
 * @throws Error in words for who wrote it
 */
export function readWith(words: readonly string[], all: readonly Offer[]): Had[] {
  const had: Had[] = []
  for (const word of words) {
    const [, name = '', question, answer] = WITH.exec(word) ?? []
    const offer = all.find(({ start }) => start.has.includes(name))
    if (offer === undefined)
      throw new Error(
        `there is no ${word.slice(0, 80)} to have; there are ${all.map(({ start }) => start.has[0]).join(', ')}`,
      )
    const { asks } = offer.start
    const asked = question === undefined ? asks[0] : asks.find(each => each.name === question)
    if (asked === undefined && (question !== undefined || answer !== undefined))
      throw new Error(
        `${name} asks for ${asks.map(each => each.name).join(', ') || 'nothing'}; it was given ${word.slice(0, 80)}`,
      )
    const last = had.findLast(each => each.offer === offer)
    const into = question === undefined || last === undefined ? { offer, answers: {} } : last
    if (into !== last) had.push(into)
    if (asked !== undefined && answer !== undefined) into.answers[asked.name] = answer
  }
  return had
}

export interface Composed {
  text: string
  /** What is left to do elsewhere. */
  next: string[]
}

const HEAD = `# Written by \`epicenter init\`; what else can be said: \`epicenter init --plain\`, docs/configuration.md.
# It may hold secrets: keep it readable for its owner alone.
`

/** A configuration file about one service with what somebody has. `secret`: a fresh one each time that it is asked. */
export function compose(service: string, had: readonly Had[], base: string, secret: () => string): Composed {
  const file: Record<string, unknown> = { services: [{ id: service }] }
  const next: string[] = []
  const counts = new Map<string, number>()
  for (const [key, kind] of Object.entries(USES)) {
    const uses = had.filter(({ offer }) => offer.kind === kind)
    if (uses.length === 0) continue
    file[key] = uses.map(({ offer: { plugin, start }, answers }) => {
      const { name, allowPrivate } = plugin
      const usual = Object.fromEntries(start.asks.map(each => [each.name, each.usual]))
      const all = { ...usual, ...answers, service, secret: secret() }
      const place = `${kind} ${name}`
      const count = (counts.get(place) ?? 0) + 1
      counts.set(place, count)
      const id = count === 1 ? name : `${name}-${count}`
      if (start.next) next.push(`${start.has[0]}: ${start.next(`${base}/in/${id}`, all)}`)
      const inside = allowPrivate === true ? [] : insideOf({ ...usual, ...answers })
      return {
        use: name,
        ...(count === 1 ? {} : { id }),
        ...(kind === 'probe' ? { service } : {}),
        ...(inside.length === 0 ? {} : { allowPrivate: inside }),
        ...start.settings(all),
      }
    })
  }
  return { text: HEAD + stringify(file as ConfigFile, { lineWidth: 0 }), next }
}

/**
 * Hosts that are not public among the answers: whoever writes `http://127.0.0.1:9090` means to connect to it. A name that a public
 * resolver may know is allowed nothing.
 */
function insideOf(answers: Readonly<Record<string, string>>): string[] {
  return Object.entries(answers).flatMap(([name, answer]) => {
    const url = /^(?:https?|wss?):/.test(answer) && URL.canParse(answer) ? new URL(answer).hostname : null
    const host = (name === 'host' ? answer : url)?.replace(/^\[(.*)\]$/, '$1')
    if (host === undefined) return []
    const isName = isIP(host) === 0
    const inside = isName ? !host.includes('.') || /\.(?:local|internal|lan|svc)$/.test(host) : !isPublicAddress(host)
    return inside ? [host] : []
  })
}
