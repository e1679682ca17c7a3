import type { StatusPageConfig } from '../../contract/config.js'
import type { IncidentEvent, Where } from '../../contract/incident.js'
import type { Message } from '../../contract/notifier.js'
import type { About, Broadcast } from '../../contract/subscribers/subscriber.js'
import { DAY, type EpochMs, HOUR } from '../../contract/time.js'
import { isPlanned } from '../../core/calendar/quiet.js'
import { beforeOf, dispatch } from '../../core/route/news.js'
import type { App } from '../../shell/app.js'
import { messageId } from '../../shell/delivery/deliver.js'
import type { Written } from '../../shell/subscribers/mailroom.js'
import type { SubscriberWords } from '../../shell/subscribers/subscribers.js'
import { messageOf } from '../pages/incident/message.js'
import { isolating } from '../pages/direction.js'
import { speechOf } from '../pages/language.js'
import { messageWords } from '../pages/strings/message.js'
import { statusWords } from '../pages/status/words.js'
import type { Language } from '../pages/strings.js'
import type { Desk } from '../statuspage/desk.js'
import type { Window } from '../statuspage/maintenance.js'
import { toldUpTo, webhookBodies } from '../statuspage/webhooks.js'
import { Answers } from '../statuspage/v2.js'
import { subscriberWords } from './words.js'

/** Of planned work that is over for longer nobody hears. */
const OVER_TOLD_MS = DAY / 2
/** A reminder is given up where the server comes back too late for it. */
const REMINDER_LATE_MS = HOUR

/** What subscribers are told: the same facts as the pages, from what was committed. */
export class Composer implements SubscriberWords {
  constructor(
    private readonly app: App,
    private readonly desk: Desk,
    /** Where this server is found; asked each time, since one that chooses its port knows it late. */
    private readonly here: () => string,
  ) {}

  private page(id: string): StatusPageConfig | undefined {
    return this.desk.pages.find(each => each.id === id)
  }

  home(page: string): string {
    return this.page(page)?.url ?? this.here()
  }

  /** What notifiers would be told of, and each word that a person says to everybody. */
  async broadcast(event: IncidentEvent): Promise<Broadcast | null> {
    const { app } = this
    const incident = await app.reader.incident(event.incident)
    if (incident === null) return null
    const story = incident.events.filter(each => each.seq <= event.seq)
    const { maintenance } = app.config
    const before = beforeOf(event, story, ({ service, components = [], startedAt, at }) =>
      isPlanned(maintenance, { service, components, startedAt: Date.parse(startedAt ?? at) }, Date.parse(at)),
    )
    const verdict = dispatch(event, before, await app.store.head(event.incident))
    const tell = verdict.tell || (verdict.because === 'not news' && isSaid(event, story))
    // What is part of another incident is told with that.
    if (!tell || story.findLast(each => each.partOf !== undefined)?.partOf) return null
    const pages: Record<string, string[]> = {}
    for (const page of this.desk.pages) {
      const told = toldUpTo(await this.desk.picture(page), incident, event)
      if (told !== null) pages[page.id] = told.affected.map(each => each.id)
    }
    if (Object.keys(pages).length === 0) return null
    return {
      message: messageId(event.incident, event.seq),
      about: { is: 'incident', incident: event.incident, seq: event.seq },
      thread: event.incident,
      pages,
      ...whoOf(story),
    }
  }

  /** Announced, about to begin, begun and over, of each window that is near. */
  async planned(): Promise<{ key: string; broadcast: Broadcast }[]> {
    const steps: { key: string; broadcast: Broadcast }[] = []
    for (const page of this.desk.pages) {
      const { windows, now } = await this.desk.picture(page)
      for (const window of windows)
        for (const step of stepsNow(window, windows, this.app.config.subscribers?.remindMs ?? [], now))
          steps.push({
            key: `${page.id} ${window.id} ${step}`,
            broadcast: {
              message: `planned_${window.id}_${step}`,
              about: { is: 'window', page: page.id, window: window.id, step },
              thread: window.id,
              pages: { [page.id]: window.affected.map(each => each.id) },
              ...{ segments: [], fine: {} },
            },
          })
    }
    return steps
  }

  async write(
    about: About,
    { page: id, language }: { page: string; language: Language },
    confirm: string | null,
  ): Promise<Written | null> {
    const page = this.page(id)
    if (page === undefined) return null
    const { manage } = subscriberWords[language]
    if (about.is === 'asking') return { ...this.asking(about.what, page, language, confirm ?? ''), manage }
    const written =
      about.is === 'incident'
        ? await this.incident(about, page, language)
        : await this.window(about.window, about.step, page, language)
    return written === null ? null : { ...written, manage }
  }

  private async incident(
    { incident: id, seq }: { incident: string; seq: number },
    page: StatusPageConfig,
    language: Language,
  ): Promise<Omit<Written, 'manage'> | null> {
    const names = isolating(this.app.reader)
    const [incident, plain] = [await names.incident(id), await this.app.reader.incident(id)]
    const event = plain?.events.find(each => each.seq === seq)
    if (incident === null || plain === null || event === undefined) return null
    const service = await names.service(event.service)
    const where = { home: this.home(page.id), zone: page.timeZone, language }
    const message = forEverybody(messageOf(incident, service, [], event, where))
    const title = service?.title ?? event.service
    const status = webhookBodies(await this.desk.picture(page), plain, event, this.home(page.id))
    return { event, title, message, status }
  }

  private async window(
    id: string,
    step: string,
    page: StatusPageConfig,
    language: Language,
  ): Promise<Omit<Written, 'manage'> | null> {
    const picture = await this.desk.picture(page)
    const window = picture.windows.find(each => each.id === id)
    if (window === undefined) return null
    const { t, f } = speechOf(language, page.timeZone)
    const w = statusWords(language)
    const { reminder } = subscriberWords[language]
    const state = step.startsWith('reminder') ? 'scheduled' : (step as Window['status'])
    const subject = `${step === state ? w.window[state] : reminder}: ${window.title} (${w.maintenance})`
    const { now } = picture
    const facts = [
      { label: w.maintenance, text: `${f.moment(window.from, now)} – ${f.moment(window.until, now)}` },
      { label: w.components, text: window.affected.map(each => each.name).join(t.semicolon) },
    ]
    const says = window.text === '' ? [w.maintenanceRule] : [window.text, w.maintenanceRule]
    const at = new Date(state === 'completed' ? window.until : state === 'in_progress' ? window.from : now)
    const link = `${this.home(page.id)}${page === this.desk.pages[0] ? '' : `/status/${page.id}`}/maintenance#${window.id}`
    const message = plainMessage(language, { subject, name: window.title, says, facts, page: link, at: at.getTime() })
    return {
      ...{ event: eventOf(window.id, at, page.id), title: page.title, message },
      status: [{ meta: metaOf(at), incident: new Answers(picture, this.home(page.id)).maintenance(window) }],
    }
  }

  /** Before they confirmed, and where somebody asks again for an address that is subscribed. */
  private asking(
    what: 'fresh' | 'known',
    page: StatusPageConfig,
    language: Language,
    confirm: string,
  ): Omit<Written, 'manage'> {
    const s = subscriberWords[language]
    const fresh = what === 'fresh'
    const subject = fresh ? s.confirmTitle(page.title) : s.knownTitle(page.title)
    const says = [fresh ? s.confirmText : s.knownText]
    const at = new Date(this.app.env.now())
    const message = plainMessage(language, { subject, name: subject, says, facts: [], page: confirm, at: at.getTime() })
    const words = { ...message.words, page: fresh ? s.confirm : s.manage }
    return {
      ...{ event: eventOf(`asked-${page.id}`, at, page.id), title: page.title, message: { ...message, words } },
      status: [{ meta: metaOf(at), subscription: { page: page.id, [fresh ? 'confirm_url' : 'manage_url']: confirm } }],
    }
  }
}

/** Whether a person said something to everybody that was not said before. */
function isSaid({ event, by, says }: IncidentEvent, story: readonly IncidentEvent[]): boolean {
  const text = says?.[0]?.text
  if (event !== 'updated' || by === undefined || text === undefined) return false
  return !story.slice(0, -1).some(each => each.says?.some(said => said.text === text) === true)
}

/**
 * Who is concerned by an incident, by all of its story: whoever was told that it began is told that it ended. Fine is what was
 * so at each of its events that tell of it.
 */
export function whoOf(story: readonly IncidentEvent[]): { segments: Where[]; fine: Where } {
  const known = story.filter(each => each.segments !== undefined)
  const everybody = known.length === 0 || known.some(each => each.segments!.length === 0)
  const segments = everybody ? [] : known.flatMap(each => each.segments!.map(({ where }) => where))
  const tells = story.flatMap(each => (each.unaffected === undefined ? [] : [each.unaffected]))
  const [first = {}, ...rest] = tells
  const fine: Where = {}
  for (const [label, values] of Object.entries(first)) {
    const always = values.filter(value => rest.every(each => each[label]?.includes(value) === true))
    if (always.length > 0) fine[label] = always
  }
  const seen = new Map(segments.map(each => [JSON.stringify(each), each]))
  return { segments: [...seen.values()], fine }
}

/** Which steps of a window hold now; of a plan that comes again its next window alone is announced. */
function stepsNow(window: Window, all: readonly Window[], remindMs: readonly number[], now: EpochMs): string[] {
  const { plan, from, until, status } = window
  if (status === 'in_progress') return ['in_progress']
  if (status === 'completed') return now - until < OVER_TOLD_MS ? ['completed'] : []
  const isNext = !all.some(each => each.plan === plan && each.status !== 'completed' && each.from < from)
  const due = remindMs.filter(ms => from - now <= ms && from - now > ms - REMINDER_LATE_MS)
  return [...(isNext ? ['scheduled'] : []), ...due.map(ms => `reminder-${ms / 60_000}`)]
}

/** What is for the team stays with the team, also where a receiver would show all that it is given. */
const forEverybody = (message: Message): Message => ({
  ...message,
  facts: message.facts.filter(each => each.team !== true),
  text: '',
  links: { ...message.links, room: null },
  acknowledged: null,
  assignee: null,
})

interface Plain {
  subject: string
  name: string
  says: string[]
  facts: { label: string; text: string }[]
  page: string
  at: EpochMs
}

/** A message about no incident. */
function plainMessage(language: Language, { subject, name, says, facts, page, at }: Plain): Message {
  const { t } = speechOf(language)
  const { page: to, room, soFar, unsubscribe, digest, ack } = messageWords[language]
  return {
    ...{ language, direction: t.direction, name, subject, says, facts, text: says.join('\n') },
    links: { page, room: null },
    words: { page: to, room, soFar, unsubscribe, digest, ack },
    ...{ severity: 'minor', kind: 'degraded', state: 'note', startedAt: new Date(at).toISOString() },
    ...{ acknowledged: null, assignee: null, soFar: [] },
  }
}

const eventOf = (incident: string, at: Date, service: string): IncidentEvent => ({
  ...{ at: at.toISOString(), event: 'note', incident, seq: 0, service },
})
const metaOf = (at: Date) => ({ documentation: '', generated_at: at.toISOString() })
