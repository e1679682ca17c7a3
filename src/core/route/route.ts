import type { IncidentEvent } from '../../contract/incident.js'
import type { Decision, Reason, RouteConfig } from '../../contract/oncall/routing.js'
import { DAY, MINUTE, type EpochMs } from '../../contract/time.js'
import { isQuiet, nameOf, routesOf, type Subject } from './match.js'
import { dispatch } from './news.js'
import type { IncidentRoute, Routed, RouteState, Standing, World } from './pass.js'
import { routeAlerts } from './groups.js'
import { type Root, rootsOf } from './root.js'

/**
 * Which message goes to whom, and which does not, each with its reason. A pass is a step of a fold: the same state and the same
 * world give the same decisions, so a restart in between repeats them by the same ids.
 */

/** So long is waited for what stands behind an incident, if its route does not say. */
const WAIT_MS = MINUTE
/** What was told within another one's message and goes on for so long after that ended is told itself. */
const LEFT_BEHIND_MS = 10 * MINUTE
/** What is over for so long is forgotten. */
const FORGOTTEN_MS = DAY
/** Names that stand in a message about what fails with it. */
const NAMED = 5

/** One pass over what is new, at the time of the world; moves the state. */
export function route(state: RouteState, world: World): Routed {
  const routed: Routed = { decisions: [], messages: [] }
  for (const { event, before } of world.events) {
    const standing = world.incidents.get(event.incident)
    if (standing === undefined) continue
    const kept = (state.incidents[event.incident] ??= fresh(Date.parse(event.at)))
    if (event.event === 'opened' || event.event === 'reopened') kept.since = Date.parse(event.at)
    const verdict = dispatch(event, before, standing.head)
    if (verdict.tell) kept.waits.push(event.seq)
    else new Turn(kept, standing, world, routed, new Map()).keep(NOT_SENT[verdict.because], event.seq)
  }
  const open = [...world.incidents.values()].filter(({ head }) => head.open).map(({ head }) => head)
  const roots = rootsOf(open, world.graph)
  for (const [id, kept] of Object.entries(state.incidents)) {
    const standing = world.incidents.get(id)
    const resolvedAt = standing?.head.resolvedAt ?? null
    const isOver = resolvedAt !== null && kept.waits.length === 0 && world.now - resolvedAt > FORGOTTEN_MS
    if (standing === undefined || isOver) delete state.incidents[id]
    else new Turn(kept, standing, world, routed, roots).take()
  }
  routeAlerts(state, world, open, routed)
  return routed
}

const NOT_SENT: Record<'not news' | 'muted' | 'planned' | 'quiet', Reason> = {
  'not news': 'not-news',
  muted: 'muted',
  // A person, or a program that asked for them, wanted no message of it.
  quiet: 'muted',
  planned: 'planned',
}

const fresh = (since: EpochMs): IncidentRoute => ({
  since,
  waits: [],
  told: [],
  toldAt: 0,
  again: 0,
  freeAt: null,
  within: null,
  kept: '',
})

const KEPT: Partial<Record<Reason, string>> = {
  'not-news': 'it changes neither how bad it is nor what it is',
  muted: 'somebody asked for silence about it',
  planned: 'planned work explains it',
  'no-route': 'no route hears of it',
  waiting: 'it is looked at first whether something stands behind it',
  'quiet-hours': 'it is milder than what may be told in these hours',
  'over-before': 'it was over before anybody was told',
  'nobody-told': 'nobody had been told of it',
  acknowledged: 'somebody looks at it',
}

/** Receivers by route, with why each is one. */
interface Target {
  to: string
  route: RouteConfig
  reason: Reason
  because: string
}

/** One incident in one pass. */
class Turn {
  private readonly head: Standing['head']

  constructor(
    private readonly kept: IncidentRoute,
    private readonly standing: Standing,
    private readonly world: World,
    private readonly routed: Routed,
    private readonly roots: ReadonlyMap<string, Root>,
  ) {
    this.head = standing.head
  }

  take(): void {
    const { kept, head, world } = this
    const waiting = kept.waits
      .map(seq => this.standing.events.find(each => each.seq === seq))
      .filter(e => e !== undefined)
    if (!head.open) return this.end(waiting)
    if (isMuted(this.standing, world.now)) return
    const routes = routesOf(world.routes, subjectOf(this.standing), world.now)
    if (routes.length === 0) return this.drop('no-route')
    if (kept.told.length === 0 && this.isHeld(routes)) return
    const loud = routes.filter(each => !isQuiet(each, head.severity, world.now))
    if (loud.length < routes.length && !this.knows(routes)) this.keep('quiet-hours', head.lastSeq)
    this.tellOn(waiting)
    this.tellNew(loud)
    kept.waits = loud.length > 0 || kept.told.length > 0 ? [] : kept.waits
    for (const each of loud) this.tellAgain(each)
  }

  /** It is over: whoever was told hears of it, quiet hours or not. */
  private end(waiting: readonly IncidentEvent[]): void {
    const { kept } = this
    if (waiting.length === 0) return
    if (kept.told.length === 0) return this.drop(waiting.length > 1 ? 'over-before' : 'nobody-told')
    this.tellOn(waiting)
    kept.waits = []
    kept.told = []
    kept.within = null
    kept.freeAt = null
  }

  /** Not yet: its route waits for what stands behind it, or it is told within another one's message. */
  private isHeld(routes: readonly RouteConfig[]): boolean {
    const { kept, head, world, roots } = this
    const waitMs = Math.min(
      ...routes.map(each => (each.waitMinutes === undefined ? WAIT_MS : each.waitMinutes * MINUTE)),
    )
    const root = roots.get(head.id)
    if (root !== undefined && root.within !== head.id) {
      kept.within = root.within
      kept.freeAt = null
      this.keep(
        'root',
        head.lastSeq,
        `${root.name}, which it stands on, fails: it is told within that message`,
        root.within,
      )
      return true
    }
    if (kept.within !== null) {
      kept.freeAt ??= world.now
      if (world.now - kept.freeAt < LEFT_BEHIND_MS) return true
    }
    if (world.now - kept.since >= waitMs) return false
    this.keep('waiting', head.lastSeq)
    return true
  }

  private knows(routes: readonly RouteConfig[]): boolean {
    return routes.every(each => (each.tell ?? []).every(to => this.kept.told.includes(to)))
  }

  /** Events that are new, to those who know of the incident. */
  private tellOn(waiting: readonly IncidentEvent[]): void {
    for (const event of waiting)
      if (this.kept.told.length > 0) {
        const reason = event.event === 'resolved' ? 'over' : 'news'
        const because =
          reason === 'over' ? 'it is over, and they were told of it' : 'they were told of it, and it has changed'
        this.send(event, this.kept.told, null, reason, because)
      }
  }

  /** The incident as it stands, to those who do not know of it yet. */
  private tellNew(routes: readonly RouteConfig[]): void {
    const { kept } = this
    const first = kept.told.length === 0
    const targets = routes.flatMap(each => this.targets(each)).filter(({ to }) => !kept.told.includes(to))
    for (const target of targets) {
      if (kept.told.includes(target.to)) continue
      const late = target.reason === 'news' && !first
      const reason = late ? 'catch-up' : target.reason
      const because = late ? 'its hours or its route let it through now' : target.because
      this.send(this.asOpened(), [target.to], target.route, reason, because)
      kept.told.push(target.to)
      kept.toldAt = this.world.now
    }
  }

  /** Who hears of it by one route: its notifiers, and the steps that were reached while nobody looks at it. */
  private targets(config: RouteConfig): Target[] {
    const { kept, world, standing } = this
    const found: Target[] = (config.tell ?? []).map(to => ({
      to,
      route: config,
      reason: 'news',
      because: `it is news, and ${nameOf(config, world.routes)} tells them`,
    }))
    if (standing.acknowledged) return found
    let nobody = false
    for (const step of (config.escalate ?? []).toSorted((a, b) => a.afterMinutes - b.afterMinutes)) {
      if (world.now - kept.since < step.afterMinutes * MINUTE && !nobody) break
      const on = step.rota === undefined ? null : world.onCall(step.rota, world.now)
      nobody = step.rota !== undefined && on === null
      if (nobody)
        this.keep(
          'nobody-on-call',
          step.afterMinutes,
          `nobody is on call in ${step.rota}: the next step follows at once`,
        )
      const reason: Reason = step.afterMinutes === 0 ? 'news' : 'escalated'
      const because = `nobody has said for ${step.afterMinutes} minutes that they look at it`
      for (const to of on?.tell ?? [])
        found.push({
          to,
          route: config,
          reason,
          because: `${on!.person} is on call in ${step.rota}${reason === 'news' ? '' : `, and ${because}`}`,
        })
      for (const to of step.tell ?? []) found.push({ to, route: config, reason, because })
    }
    return found
  }

  private tellAgain(config: RouteConfig): void {
    const { kept, world, standing } = this
    if (config.repeatMinutes === undefined || kept.told.length === 0) return
    if (world.now - kept.toldAt < config.repeatMinutes * MINUTE) return
    const mine = this.targets(config).map(each => each.to)
    const to = kept.told.filter(each => mine.includes(each))
    if (standing.acknowledged) return this.keep('acknowledged', kept.again, undefined, undefined, to)
    kept.again++
    kept.toldAt = world.now
    const because = `nobody has said for ${config.repeatMinutes} minutes that they look at it`
    this.send(this.asOpened(), to, config, 'repeated', because, `_again${kept.again}`)
  }

  /** The incident as it stands, in the place of its first event; with what fails by it. */
  private asOpened(): IncidentEvent {
    const { standing, head } = this
    const first = standing.events.findLast(each => each.event === 'opened' || each.event === 'reopened')
    const victims = [...this.roots].filter(([id, root]) => root.within === head.id && id !== head.id)
    const event: IncidentEvent = { ...head.latest, event: first?.event ?? 'opened', seq: first?.seq ?? 0 }
    if (victims.length === 0) return event
    const services = new Set(victims.flatMap(([id]) => this.world.incidents.get(id)?.head.service ?? []))
    const named = [...services].slice(0, NAMED).map(each => this.world.titleOf(each))
    const more = services.size > NAMED ? ` and ${services.size - NAMED} more` : ''
    const behind = this.roots.get(head.id)?.name ?? this.world.titleOf(head.service)
    const says = {
      text: `Behind it is ${behind}. With it fail: ${named.join(', ')}${more}.`,
      refs: victims.map(([id]) => id),
    }
    return { ...event, says: [...(event.says ?? []), says] }
  }

  private send(
    event: IncidentEvent,
    to: readonly string[],
    config: RouteConfig | null,
    reason: Reason,
    because: string,
    suffix = '',
  ): void {
    const root = this.roots.get(this.head.id)
    // What several stand on, and nothing watches, is what the message is about.
    const named = root?.within === this.head.id ? { title: root.name } : {}
    for (const each of to) this.routed.messages.push({ to: each, suffix, event: { ...event, ...named }, ...named })
    this.kept.kept = ''
    this.decide({
      told: true,
      reason,
      because,
      to: [...to],
      seq: event.seq,
      route: config && nameOf(config, this.world.routes),
    })
  }

  /** Everything that waits is let go. */
  private drop(reason: Reason): void {
    if (this.kept.waits.length === 0) return
    this.keep(reason, this.kept.waits.at(-1)!)
    this.kept.waits = []
  }

  /** Says once that something is kept back. */
  keep(reason: Reason, seq: number, because = KEPT[reason] ?? '', within?: string, to: string[] = []): void {
    const said = `${reason} ${within ?? ''} ${reason === 'root' || reason === 'waiting' || reason === 'quiet-hours' ? '' : seq}`
    if (this.kept.kept === said) return
    this.kept.kept = said
    this.decide({ told: false, reason, because, to, seq, route: null, ...(within === undefined ? {} : { within }) })
  }

  private decide(part: Omit<Decision, 'at' | 'about' | 'service'>): void {
    this.routed.decisions.push({ at: this.world.now, about: this.head.id, service: this.head.service, ...part })
  }
}

const isMuted = ({ head }: Standing, now: EpochMs): boolean => head.mutedUntil !== null && now < head.mutedUntil

const subjectOf = ({ head }: Standing): Subject => ({
  service: head.service,
  severity: head.severity,
  kind: head.kind,
  labels: (head.latest.segments ?? []).map(({ where }) => where),
})
