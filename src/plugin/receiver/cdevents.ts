import { type Plugin, plugin, type PluginEnv, type Receiver } from '../../contract/plugin.js'
import type { Received, Taken } from '../../contract/received.js'
import { SECRET, shows } from '../shared/secret.js'
import {
  at,
  fieldsAt,
  firstTime,
  hrefOf,
  idOf,
  isFields,
  line,
  lineAt,
  own,
  scopeIn,
  shareIn,
  type Fields,
} from '../shared/change/read.js'
import { Versions } from '../shared/change/rollouts.js'
import {
  CHANGE_SETTINGS,
  type ChangeSettings,
  changeOf,
  digest,
  isWatched,
  kindOf,
  type Made,
  refused,
  serviceOf,
  takenOf,
} from '../shared/change/told.js'
import { form, receiving } from '../shared/start.js'

interface CdeventsConfig extends ChangeSettings {
  secret?: string
}

/** `dev.cdevents.service.deployed.0.3.0` */
const TYPE = /^dev\.cdevents\.([a-z]{1,40})\.([a-z]{1,40})\.(\d+\.\d+\.\d+\S*)$/i

/** What each event of a service says happened; a published one is open to people from then on. */
const SERVICE: Record<string, string> = {
  deployed: 'is deployed',
  upgraded: 'is upgraded',
  rolledback: 'is rolled back',
  removed: 'is removed',
  published: 'is published',
}
const ENVIRONMENT: Record<string, string> = {
  created: 'is created',
  modified: 'is changed',
  deleted: 'is deleted',
}

const INCIDENT = new Set(['detected', 'reported', 'resolved'])
/** Reported incidents whose end is awaited, 100 bytes each; the one reported longest ago goes first. */
const REPORTED = 1_000

class Cdevents {
  private readonly versions = new Versions()
  private readonly reported = new Set<string>()

  constructor(
    private readonly config: CdeventsConfig,
    private readonly env: Pick<PluginEnv, 'now'>,
  ) {}

  take(request: Received): Taken {
    const events = eventsOf(request)
    for (const event of events) {
      const type = at(event, 'context', 'type')
      if (typeof type !== 'string' || !TYPE.test(type))
        return refused(
          'cdevents.type',
          'a CDEvent has a context whose type is dev.cdevents.SUBJECT.PREDICATE.VERSION, also as the data of a CloudEvent',
          line(type, 80) ?? kindOf(event),
        )
    }
    return takenOf(
      'cdevents',
      events.map(event => this.read(event as Fields)),
    )
  }

  private read(event: Fields): Made {
    const [, subject = '', predicate = ''] = TYPE.exec(String(at(event, 'context', 'type'))) ?? []
    const [served, around] = [own(SERVICE, predicate), own(ENVIRONMENT, predicate)]
    if (subject === 'service' && served !== undefined) return this.service(event, predicate, served)
    if (subject === 'environment' && around !== undefined) return this.environment(event, around)
    if (subject === 'incident') return this.incident(event, predicate)
    return subject
  }

  private service(event: Fields, predicate: string, did: string): Made {
    const of = lineAt(event, 'subject', 'id')
    if (of === undefined) return 'subject'
    const content = fieldsAt(event, 'subject', 'content')
    const custom = fieldsAt(event, 'customData')
    const environment = lineAt(content, 'environment', 'id')
    const artifact = lineAt(content, 'artifactId')
    const { id, time } = this.about(event)
    const subject = `${of} ${environment ?? ''}`
    const isBack = predicate === 'rolledback'
    const thread = idOf(digest, ...id)
    const reverts = isBack ? this.versions.before(subject, thread) : undefined
    this.versions.note(subject, artifact ?? thread, thread)
    return changeOf(this.config, {
      id,
      kind: isBack && reverts === undefined ? 'mitigation' : predicate === 'published' ? 'launch' : 'deploy',
      of,
      environment,
      title: [of, did, artifact === undefined ? undefined : `(${artifact})`]
        .filter(each => each !== undefined)
        .join(' '),
      href: hrefOf(at(custom, 'href')) ?? hrefOf(at(event, 'context', 'source')),
      at: time,
      share: shareIn(custom),
      version: versionOf(artifact),
      scope: scopeIn(custom),
      reverts,
    })
  }

  private environment(event: Fields, did: string): Made {
    const of = lineAt(event, 'subject', 'id')
    if (of === undefined) return 'subject'
    const name = lineAt(event, 'subject', 'content', 'name') ?? of
    // An environment is no service: whose it is stands in the settings, or nowhere.
    if (this.config.service === undefined && Object.keys(this.config.services).length === 0) return 'service'
    const { id, time } = this.about(event)
    return changeOf(this.config, {
      id,
      kind: 'config',
      of,
      environment: name,
      title: `environment ${name} ${did}`,
      href: hrefOf(at(event, 'subject', 'content', 'uri')),
      at: time,
      scope: scopeIn(fieldsAt(event, 'customData')),
    })
  }

  /**
   * What somebody else calls an incident is evidence, and no incident of ours: an alert where a machine detected it, a notice
   * where somebody reported it. Its end is of the kind that its beginning was.
   */
  private incident(event: Fields, predicate: string): Made {
    const content = fieldsAt(event, 'subject', 'content')
    const subject = lineAt(event, 'subject', 'id')
    if (subject === undefined || !INCIDENT.has(predicate)) return 'subject'
    const service = serviceOf(this.config, lineAt(content, 'service', 'id') ?? '')
    if (service === undefined) return 'service'
    const { id, time } = this.about(event)
    const environment = lineAt(content, 'environment', 'id')
    if (!isWatched(this.config, { id, kind: 'deploy', of: '', environment, title: '', at: time })) return 'environment'
    const thread = idOf(digest, subject)
    if (predicate === 'reported') this.reported.add(thread)
    if (this.reported.size > REPORTED) this.reported.delete(this.reported.values().next().value as string)
    const isAlert = predicate === 'detected' || !this.reported.has(thread)
    const isOver = predicate === 'resolved'
    const text = lineAt(content, 'description')
    const href = hrefOf(at(content, 'ticketURI'))
    return {
      type: 'fact',
      via: isAlert ? 'alert' : 'notice',
      id: idOf(digest, ...id),
      service,
      at: time,
      source: lineAt(event, 'context', 'source') ?? 'cdevents',
      thread,
      status: isOver ? 'resolved' : isAlert ? 'firing' : 'investigating',
      ...(text === undefined ? {} : { title: text, text }),
      ...(href === undefined ? {} : { href }),
      scope: scopeIn(fieldsAt(event, 'customData')),
    }
  }

  /** Source and id are who it is among all, as CloudEvents have it; examples that share one are told apart by their type. */
  private about(event: Fields): { id: (string | undefined)[]; time: number } {
    const context = fieldsAt(event, 'context')
    return {
      id: [
        lineAt(context, 'source'),
        lineAt(context, 'id') ?? digest(JSON.stringify(event)),
        TYPE.exec(String(at(context, 'type')))
          ?.slice(1, 3)
          .join('.'),
      ],
      time: firstTime(at(context, 'timestamp')) ?? this.env.now(),
    }
  }
}

/** `pkg:oci/shop@sha256%3A0b31b1` → the version as its registry has it. */
function versionOf(artifact: string | undefined): string | undefined {
  const version = artifact?.split('@').at(-1)?.split(/[?#]/, 1)[0]
  try {
    return version === undefined ? undefined : decodeURIComponent(version)
  } catch {
    return version
  }
}

/** The CDEvents of a request: as they are, or as the data of CloudEvents, one, several, or with its head in headers. */
function eventsOf(request: Received): unknown[] {
  const body = request.json()
  const dataOf = (each: unknown): unknown => {
    if (!isFields(each) || !Object.hasOwn(each, 'specversion')) return each
    const packed = at(each, 'data_base64')
    if (typeof packed !== 'string') return at(each, 'data')
    try {
      return JSON.parse(Buffer.from(packed, 'base64').toString('utf8')) as unknown
    } catch {
      return undefined
    }
  }
  return [body].flat().map(dataOf)
}

const cdevents: Plugin<'receiver', CdeventsConfig, Receiver> = plugin({
  kind: 'receiver',
  name: 'cdevents',
  summary:
    'CDEvents, alone or as CloudEvents: services and environments as changes, incidents of others as alerts and notices',
  start: receiving(
    ['cdevents', 'jenkins', 'tekton'],
    form('what sends CDEvents posts them', 'to', 'with the header Authorization: Bearer'),
  ),
  config: {
    type: 'object',
    additionalProperties: false,
    properties: { secret: SECRET, ...CHANGE_SETTINGS },
  },
  async open(config, env): Promise<Receiver> {
    const { secret } = config
    const reader = new Cdevents(config, env)
    return {
      ...(secret === undefined ? {} : { trusts: request => shows(secret, request) }),
      take: request => reader.take(request),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default cdevents
