import type { ProbeUse, Use } from '../../src/contract/config.js'
import { TransientError } from '../../src/contract/error.js'
import type { PluginEnv, Probe, Source } from '../../src/contract/plugin.js'
import type { Notice } from '../../src/contract/signal.js'
import { type EpochMs, HOUR, MINUTE, SECOND } from '../../src/contract/time.js'
import type { ServiceNow } from '../../src/contract/view.js'
import { toldOf } from '../../src/core/vendors/told.js'
import bluesky from '../../src/plugin/source/bluesky.js'
import type { Jetstream } from '../../src/plugin/source/bluesky/fixtures/jetstream.js'
import mastodon from '../../src/plugin/source/mastodon.js'
import http from '../../src/plugin/probe/http.js'
import vendorPage from '../../src/plugin/source/vendor-page.js'
import { App } from '../../src/shell/app.js'
import { choose } from '../../src/shell/catalogue/choose.js'
import { postNames } from '../../src/shell/catalogue/configured.js'
import { filesOf } from '../../src/shell/catalogue/files.js'
import { readCatalogue } from '../../src/shell/catalogue/read.js'
import { complete } from '../../src/shell/config/load.js'
import { pluginEnv } from '../../src/shell/outside/env.js'
import { ProbeTask } from '../../src/shell/running/probing.js'
import { Pulse } from '../../src/shell/running/pulse.js'
import { SourceTask, type Taker } from '../../src/shell/running/tasks.js'
import { WorldClock } from './clock.js'
import { type Fate, fatesOf, isBroken, wordsOf } from './schedule.js'
import { type Service, STEP_MS, World } from './world.js'

/** Forty services of the catalogue, each with a page of its own. */
const SERVICES = 40
export const PROBE_MS = MINUTE
const PAGE_MS = 2 * MINUTE
/** After the end of a trouble its state may say so for so long: it is over once ten minutes were calm. */
const GRACE_MS = 45 * MINUTE

export interface Verdict {
  /** For each trouble: how long until the state said so; null: never. */
  foundMs: { service: string; kind: Fate['kind']; ms: number | null }[]
  /** Minutes of services in which the state was wrong, of all that were looked at. */
  wrong: { service: string; kind: Fate['kind']; at: EpochMs; state: string }[]
  looked: number
  /** Until every row had a state and its vendor's word. */
  filledMs: number | null
  /** Words of vendors that were not told verbatim, or more than once. */
  words: { said: number; missing: string[]; twice: string[] }
  /** Minutes in which a page lied and the state said so beside its word, of all such minutes from the second interval on. */
  lies: { minutes: number; told: number }
  /** Minutes after the first intervals in which a page could not be read and was called something else than unknown. */
  readable: number
  posts: { sent: number; accepted: number }
  mastodon: { sent: number; accepted: number }
  reconnects: number
  requests: number
}

function servicesOf(began: EpochMs, lastsMs: number): { services: Service[]; named: ReturnType<typeof postNames> } {
  const { catalogue } = readCatalogue(filesOf(), null)
  // Names that mean nothing else: what an ordinary word means is another test's.
  const entries = choose(catalogue, 'ai,cloud')
    .entries.filter(each => !each.word)
    .slice(0, SERVICES)
  const fates = fatesOf(SERVICES, began, lastsMs)
  return {
    services: entries.map(({ id, name }, i) => ({ id, name, fate: fates[i]! })),
    named: postNames(entries),
  }
}

const useOf = (use: string, id: string): Use => ({ use, id, allowPrivate: true, settings: {} })

interface Due {
  at: EpochMs
  everyMs: number
  turn: () => Promise<unknown>
}

interface Lookers {
  began: EpochMs
  named: ReturnType<typeof postNames>
  taker: Taker
  env: PluginEnv
  stop: AbortSignal
}

/** Everything that looks and reads in this world, and how each is. */
function lookersOf(world: World, { began, named, taker, env, stop }: Lookers) {
  const { services, clock } = world
  const pulses = new Map<string, Pulse>()
  const pulseOf = (kind: 'source' | 'probe', id: string, staleMs: number) => {
    const pulse = new Pulse({ kind, id, use: kind }, clock.now, clock.now, staleMs)
    pulses.set(id, pulse)
    return pulse
  }
  const parts = { taker, random: () => 0.5 }
  const sourceOf = (id: string, open: () => Promise<Source>) =>
    new SourceTask({ ...parts, use: useOf(id, id), open, pulse: pulseOf('source', id, 3 * PAGE_MS) })
  const dues: Due[] = []
  for (const [i, { id }] of services.entries()) {
    const settings = { platform: 'statuspage' as const, url: `https://${id}.page.example`, services: [{ service: id }] }
    const page = sourceOf(`page-${id}`, () => vendorPage.open({ ...settings, everySeconds: PAGE_MS / SECOND }, env))
    dues.push({ at: began + (i % 2) * STEP_MS, everyMs: PAGE_MS, turn: () => page.turn(stop) })
    const use: ProbeUse = {
      ...useOf('http', `probe-${id}`),
      ...{
        service: id,
        labels: {},
        of: null,
        place: null,
        everyMs: PROBE_MS,
        timeoutMs: 10_000,
        slowMs: null,
        tries: 1,
        pauseMs: 0,
      },
    }
    const open = (): Promise<Probe> =>
      http.open({ url: `https://${id}.target.example/`, method: 'GET', headers: {}, follow: true } as never, env)
    const probe = new ProbeTask({ ...parts, use, open, pulse: pulseOf('probe', use.id, MINUTE) })
    dues.push({ at: began, everyMs: PROBE_MS, turn: () => probe.turn(stop) })
  }
  const social = { server: 'https://social.example', timeline: 'public' as const, services: named }
  const toots = sourceOf('mastodon', () => mastodon.open({ ...social, everySeconds: 60, holdSeconds: 0 }, env))
  dues.push({ at: began, everyMs: MINUTE, turn: () => toots.turn(stop) })
  const stream = sourceOf('bluesky', () =>
    bluesky.open(
      { url: 'wss://jetstream.example/subscribe', services: named, holdSeconds: 0 },
      { ...env, connect: world.jetstream.connect },
    ),
  )
  return { dues, stream, pulses }
}

/** A day of the world, or so much of it; what was found of it is compared with what was true. */
export async function playDay(lastsMs: number): Promise<Verdict> {
  const began = Date.UTC(2026, 2, 5)
  const clock = new WorldClock(began)
  const { services, named } = servicesOf(began, lastsMs)
  await using world = new World(services, clock, began)
  await world.web.listen()
  const outside = {
    now: clock.now,
    steady: clock.now,
    random: (n: number) => new Uint8Array(n).fill(128),
    fetch,
    log: () => {},
  }
  const config = complete({ clock: 'wall', services: services.map(({ id, name }) => ({ id, title: name })) })
  await using app = await App.open(config, outside, { run: 'memory' })
  const taker: Taker = {
    take: (values, space) => app.ingestFrom(values, space),
    teach: async () => null,
    note: (key, value) => app.note(key, value),
    noted: key => app.noted(key),
    even: clock.now,
  }
  const plain = pluginEnv(outside, true)
  const env: PluginEnv = { ...world.web.outside(plain), now: clock.now, sleep: clock.sleep }
  const stop = new AbortController()
  const { dues, stream, pulses } = lookersOf(world, { began, named, taker, env, stop: stop.signal })
  const streaming = keepReading(stream, clock, stop.signal)
  const verdict = emptyVerdict()
  const judge = new Judge(services, verdict, app, pulses)
  for (let step = 1; step * STEP_MS <= lastsMs; step++) {
    clock.advance(STEP_MS)
    disturb(world.jetstream, clock.at - began)
    world.posts()
    await settled()
    await Promise.all(
      dues
        .filter(each => each.at <= clock.at)
        .map(async each => {
          each.at += each.everyMs
          await each.turn().catch(error => {
            if (!(error instanceof TransientError)) throw error
          })
        }),
    )
    await app.tick()
    await app.caughtUp()
    await judge.look(clock.at, clock.at - began)
  }
  stop.abort()
  world.jetstream.hangUp()
  clock.end()
  await streaming
  await judge.end(began + lastsMs)
  verdict.posts = { sent: world.sent, accepted: pulses.get('bluesky')!.accepted }
  verdict.mastodon = { sent: world.statuses.length, accepted: pulses.get('mastodon')!.accepted }
  verdict.reconnects = world.jetstream.asked.length - 1
  verdict.requests = world.web.asked
  return verdict
}

/** Again and again, as what keeps it would: a stream that ends is opened again. */
async function keepReading(stream: SourceTask, clock: WorldClock, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await stream.turn(stop).catch(() => stream.close())
    if (!stop.aborted) await clock.sleep(10 * SECOND)
  }
}

/** The connection breaks every hour, and once nobody answers for ten minutes; what was said meanwhile comes later. */
function disturb(jetstream: Jetstream, sinceMs: number): void {
  if (sinceMs % HOUR === 0) jetstream.hangUp()
  jetstream.refuses = sinceMs > 4 * HOUR && sinceMs <= 4 * HOUR + 10 * MINUTE ? 503 : null
  if (jetstream.refuses !== null) jetstream.hangUp()
}

/** What is on its way within this process has arrived. */
async function settled(): Promise<void> {
  for (let i = 0; i < 30; i++) await new Promise(done => setImmediate(done))
}

const emptyVerdict = (): Verdict => ({
  ...{
    foundMs: [],
    wrong: [],
    looked: 0,
    filledMs: null,
    words: { said: 0, missing: [], twice: [] },
    lies: { minutes: 0, told: 0 },
  },
  ...{ readable: 0, posts: { sent: 0, accepted: 0 }, mastodon: { sent: 0, accepted: 0 }, reconnects: 0, requests: 0 },
})

const saysBroken = ({ state }: Pick<ServiceNow, 'state'>) => state === 'degraded' || state === 'outage'

class Judge {
  private readonly found = new Map<string, EpochMs>()

  constructor(
    private readonly services: readonly Service[],
    private readonly verdict: Verdict,
    private readonly app: App,
    private readonly pulses: ReadonlyMap<string, Pulse>,
  ) {}

  async look(at: EpochMs, sinceMs: number): Promise<void> {
    const rows = new Map((await this.app.reader.services()).map(each => [each.service, each]))
    const { verdict, app } = this
    if (verdict.filledMs === null && [...rows.values()].every(each => each.state !== 'unknown')) {
      const said = await Promise.all(
        this.services.map(({ id }) => app.reader.facts(id, at - HOUR, at + MINUTE, 'notice')),
      )
      if (said.every(each => each.length > 0)) verdict.filledMs = sinceMs
    }
    for (const { id, fate } of this.services) {
      const row = rows.get(id)!
      const broken = isBroken(fate, at)
      const says = saysBroken(row)
      if (broken && says && !this.found.has(id)) this.found.set(id, at)
      const since = at - fate.from
      if (broken && since <= 2 * PROBE_MS) continue
      if (
        !broken &&
        (fate.kind === 'broken' || fate.kind === 'lied about') &&
        at >= fate.until &&
        at < fate.until + GRACE_MS
      )
        continue
      this.verdict.looked++
      if (says !== broken) this.verdict.wrong.push({ service: id, kind: fate.kind, at, state: row.state })
      if (fate.kind === 'lied about' && broken) await this.lie(id, says, at)
      const readable = this.pulses.get(`page-${id}`)!.health === 'ok'
      // Stale after three intervals without an answer.
      if (fate.kind === 'unreadable' && since > 4 * PAGE_MS && at < fate.until && readable) this.verdict.readable++
    }
  }

  /** Beside our state stands what its page says. */
  private async lie(id: string, says: boolean, at: EpochMs): Promise<void> {
    const told = toldOf(await this.app.reader.facts(id, at - 24 * HOUR, at + MINUTE), at)
    this.verdict.lies.minutes++
    if (says && told.some(each => each.whole && each.says === 'ok')) this.verdict.lies.told++
  }

  async end(until: EpochMs): Promise<void> {
    for (const { id, fate } of this.services) {
      if (fate.kind === 'broken' || fate.kind === 'lied about') {
        const at = this.found.get(id)
        this.verdict.foundMs.push({ service: id, kind: fate.kind, ms: at === undefined ? null : at - fate.from })
      }
      const said = fate.kind === 'lied about' ? [] : wordsOf(fate, id, until - PAGE_MS).map(each => each.body)
      const facts = (await this.app.reader.facts(id, fate.from - 2 * HOUR, until, 'notice')) as Notice[]
      const texts = facts.map(each => each.text)
      this.verdict.words.said += said.length
      for (const body of said) {
        const count = texts.filter(each => each === body).length
        if (count === 0) this.verdict.words.missing.push(`${id}: ${body}`)
        if (count > 1) this.verdict.words.twice.push(`${id}: ${body}`)
      }
    }
  }
}
