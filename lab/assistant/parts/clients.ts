import { sfc32 } from '../../../src/core/stat/random.js'
import { CALM, type Switches } from '../faults.js'
import { ask, sleep } from '../net.js'
import {
  cellOf,
  PLANS,
  PLATFORMS,
  type Platform,
  pick,
  PRODUCTS,
  type Product,
  REGIONS,
  type Region,
  ROUTING,
  shareOf,
} from '../plan.js'
import type { Said } from '../doors/public.js'
import { Fired, type Order, type Place, say, type SeenRow } from '../role.js'

const TIMEOUT_MS = 5_000
const SLOW_MS = 1_000
/** Programs that have just started are slow: people come little by little. */
const RAMP_MS = 15_000
/** Of people to whom something failed, how many say so in the form, and in public, once. */
const REPORTS = 0.06
const POSTS = 0.05
/** Of people whose wish failed, how many go away, and for how long. */
const LEAVES = 0.3
const AWAY_MS = [60_000, 240_000] as const
/** Median and spread (of the logarithm) of how long people take to say something, as the scenario files have it. */
const DELAY_MS = 210_000
const DELAY_SPREAD = 0.7
/** Complaints a second of people whose own things work. */
export const IDLE_COMPLAINTS = 0.012
/** Of those who speak in public, how many on Mastodon; the others on Bluesky. */
const MASTODON = 0.35

interface Person {
  id: string
  region: Region
  country: string
  plan: string
  platform: Platform
  awayUntil: number
  failed: boolean
  /** Something they wanted has failed before. */
  hurt: boolean
  said: boolean
  address: string
}

/** Which switch it is that makes more people ask. */
function demandOf(product: string, { demand }: Switches): string {
  if (demand['*'] !== undefined) return 'launch'
  if (product === 'images') return 'workers-twin'
  return (demand[product] ?? 1) < 2 ? 'overload-twin' : 'overload'
}

/** What people write in the form, where they do not have to say what it is about. */
const TEXTS = [
  'chat does not answer, only errors',
  'cannot log in since a few minutes',
  'it is down for me',
  'error 500 again and again',
]
/** What they say in public, by language; most of them name it, some by its tag. */
const PUBLIC: readonly (readonly [lang: string, text: string])[] = [
  ['en', 'Larkchat down for anyone else?'],
  ['en', 'is Larkchat down? getting errors on every message'],
  ['en', 'Larkchat not loading, error 500'],
  ['en', 'cant log in to Larkchat #LarkchatDown'],
  ['de', 'Larkchat geht nicht, bei euch auch?'],
  ['es', 'se cayó Larkchat? no funciona'],
  ['fr', 'Larkchat ne marche plus, erreur à chaque message'],
  ['pt', 'Larkchat caiu? não funciona aqui'],
  ['ja', 'Larkchat 落ちてる？ 繋がらない'],
  ['hi', 'Larkchat काम नहीं कर रहा है'],
]
/** What those say who had complained, once it works again. */
const CHEERS = 0.3
const BACK: readonly (readonly [lang: string, text: string])[] = [
  ['en', 'Larkchat is back for me'],
  ['de', 'Larkchat geht wieder'],
  ['es', 'Larkchat ya funciona'],
]
/** What they say on any day. */
const SMALL_TALK: readonly (readonly [lang: string, text: string])[] = [
  ['en', 'asked Larkchat for a poem about my cat, and it was good'],
  ['en', 'which plan of Larkchat do you have?'],
  ['de', 'Larkchat hat mir heute bei der Steuer geholfen'],
  ['en', 'Larkchat is slow today, or is it me'],
]

export class Clients {
  private switches: Switches = CALM
  private readonly draw: () => number
  private readonly people: Map<string, Person[]>
  private readonly seen = new Map<string, [number, number, number]>()
  private readonly fired = new Fired()
  private stopped = false

  constructor(private readonly place: Place) {
    this.draw = sfc32(place.seed)
    this.people = new Map(REGIONS.map(region => [region.id, this.crowd(region)]))
  }

  start(onOrder: (take: (order: Order) => void) => void): void {
    onOrder(order => {
      if (order.do === 'set') this.switches = order.switches
      if (order.do === 'stop') this.stopped = true
    })
    for (const region of REGIONS) void this.live(region)
    void this.machines()
    void this.grumble()
    setInterval(() => this.tell(), 1_000).unref()
  }

  private crowd(region: Region): Person[] {
    return Array.from({ length: Math.round(this.place.users * region.share) }, (_, i) => {
      const id = `${region.id}-${this.place.seed}-${i}`
      const x = (what: string) => shareOf(`${what} ${id}`)
      const part = (what: string) => Math.floor(x(what) * 256)
      return {
        id,
        region,
        country: region.countries[Math.floor(x('country') * region.countries.length)]!,
        plan: pick(PLANS, x('plan')).id,
        platform: pick(PLATFORMS, x('platform')),
        awayUntil: 0,
        failed: false,
        hurt: false,
        said: false,
        // Of the network that is kept for private use: no stranger's.
        address: `10.${part('a')}.${part('b')}.${1 + Math.floor(x('c') * 250)}`,
      }
    })
  }

  /** Requests of one region, as they come: by themselves, with a daily rhythm. */
  private async live(region: Region): Promise<void> {
    const people = this.people.get(region.id)!
    const began = Date.now()
    while (!this.stopped) {
      const hour = (Date.now() / 3_600_000 + region.utcHours) % 24
      const rhythm = 1 + 0.25 * Math.sin(((hour - 9) / 24) * 2 * Math.PI)
      const all = this.place.rate * region.share * rhythm * Math.min(1, 0.1 + (Date.now() - began) / RAMP_MS)
      const parts = PRODUCTS.map(each => ({
        product: each,
        share: each.share * (this.switches.demand[each.id] ?? 1) * (this.switches.demand['*'] ?? 1),
      }))
      const rate = all * parts.reduce((sum, each) => sum + each.share, 0)
      await sleep((-Math.log(1 - this.draw()) / rate) * 1_000)
      const { product } = pick(parts, this.draw())
      if ((this.switches.demand[product.id] ?? this.switches.demand['*'] ?? 1) > 1)
        this.fired.add(demandOf(product.id, this.switches))
      const person = people[Math.floor(this.draw() * people.length)]!
      if (person.awayUntil < Date.now()) void this.wish(person, product)
    }
  }

  /** What somebody wants, with as many tries as their app makes. */
  private async wish(person: Person, product: Product): Promise<void> {
    let ok = false
    let cell = 'none'
    const began = Date.now()
    for (let i = 0; i <= person.platform.retriesMs.length && !ok && !this.stopped; i++) {
      if (i > 0) await sleep(person.platform.retriesMs[i - 1]!)
      const tried = await this.attempt(person, product)
      ok = tried.ok
      if (tried.cell !== '') ({ cell } = tried)
    }
    this.note(began, person, cell, product, 'wish', ok, false)
    if (!ok) return this.hurt(person)
    if (person.failed && person.said && this.draw() < CHEERS) void this.post(person, this.one(BACK))
    person.failed = false
  }

  private async attempt(person: Person, product: Product): Promise<{ ok: boolean; cell: string }> {
    const began = Date.now()
    const { method, path } = product
    const body = JSON.stringify({
      model: 'small',
      stream: true,
      messages: [{ role: 'user', content: `${person.id} ${began}` }],
    })
    const headers = {
      'x-session': person.id,
      'x-plan': person.plan,
      'user-agent': `assistant-${person.platform.id}/${person.platform.version}`,
      'content-type': 'application/json',
    }
    const { region } = person
    const port = this.place.ports[`front.${region.id}`] ?? this.place.ports[`edge.${region.id}`]
    const asked = { method, headers, ...(method === 'POST' ? { body } : {}), timeoutMs: TIMEOUT_MS }
    const { status, headers: told } = await ask(`http://127.0.0.1:${port}${path}`, asked).catch(() => ({
      status: 0,
      headers: {} as Record<string, string>,
    }))
    const ok = status > 0 && status < 500 && status !== 429
    if (!ok) say({ says: 'failed', at: began })
    // Who is not answered does not know by whom; the world does: the table sends this session to one cell.
    const silent = status === 0 ? cellOf(ROUTING, region.id, person.id) : null
    const cell = String(told['x-cell'] ?? silent ?? '')
    this.note(began, person, cell === '' ? 'none' : cell, product, 'try', ok, ok && Date.now() - began > SLOW_MS)
    return { ok, cell }
  }

  private hurt(person: Person): void {
    person.failed = true
    if (!person.hurt) this.fired.add('people')
    person.hurt = true
    if (this.draw() < LEAVES) person.awayUntil = Date.now() + AWAY_MS[0] + this.draw() * (AWAY_MS[1] - AWAY_MS[0])
    if (person.said) return
    const x = this.draw()
    if (x >= REPORTS + POSTS) return
    person.said = true
    const text = this.one(TEXTS)
    const gauss = Math.sqrt(-2 * Math.log(1 - this.draw())) * Math.cos(2 * Math.PI * this.draw())
    const delay = DELAY_MS * Math.exp(DELAY_SPREAD * gauss)
    setTimeout(
      () => void (x < REPORTS ? this.report(person, text) : this.post(person, this.one(PUBLIC))),
      delay,
    ).unref()
  }

  private one<T>(list: readonly T[]): T {
    return list[Math.floor(this.draw() * list.length)]!
  }

  /** By the public form, from where they are. */
  private async report(person: Person, text: string): Promise<void> {
    if (this.place.report === null) return
    this.fired.add('reports')
    const form = { service: 'assistant', kind: 'bad', country: person.country, platform: person.platform.id, text }
    await ask(this.place.report, {
      method: 'POST',
      body: new URLSearchParams(form).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
        'x-forwarded-for': person.address,
        'user-agent': `Mozilla/5.0 (${person.id})`,
      },
    }).catch(() => undefined)
  }

  /** In public, each on the network that they use. */
  private async post(person: Person, [lang, text]: readonly [lang: string, text: string]): Promise<void> {
    if (this.place.posts === null) return
    this.fired.add('posts')
    const on = shareOf(`network ${person.id}`) < MASTODON ? 'mastodon' : 'bluesky'
    const said: Said = { author: person.id, text, lang, on }
    await ask(this.place.posts, { method: 'POST', body: JSON.stringify(said) }).catch(() => undefined)
  }

  /** People whose own things work, and those who say what others say. */
  private async grumble(): Promise<void> {
    const everybody = [...this.people.values()].flat()
    while (!this.stopped) {
      const rumour = (this.switches.rumour * everybody.length) / 60
      await sleep((-Math.log(1 - this.draw()) / (IDLE_COMPLAINTS + rumour)) * 1_000)
      const person = everybody[Math.floor(this.draw() * everybody.length)]!
      if (rumour > 0) this.fired.add('rumour')
      void (this.draw() < 0.5
        ? this.report(person, 'is it slow for others too?')
        : this.post(person, rumour > 0 ? ['en', 'they say Larkchat is down #LarkchatDown'] : this.one(SMALL_TALK)))
    }
  }

  /** Machines that try sessions they have made up. */
  private async machines(): Promise<void> {
    const [product] = PRODUCTS
    const headers = { 'x-plan': 'free', 'user-agent': 'curl/8', 'content-type': 'application/json' }
    while (!this.stopped) {
      await sleep(this.switches.bots > 0 ? 1_000 / this.switches.bots : 500)
      if (this.switches.bots === 0) continue
      this.fired.add('bots')
      const port = this.place.ports['front.us'] ?? this.place.ports['edge.us']
      const session = `made-up-${Math.floor(this.draw() * 1e6)}`
      const asked = { method: 'POST', headers: { ...headers, 'x-session': session }, body: '{}' }
      void ask(`http://127.0.0.1:${port}${product!.path}`, asked).catch(() => undefined)
    }
  }

  private note(
    at: number,
    person: Person,
    cell: string,
    product: Product,
    kind: 'try' | 'wish',
    ok: boolean,
    slow: boolean,
  ): void {
    const key = JSON.stringify([Math.floor(at / 60_000), person.region.id, cell, person.plan, product.id, kind])
    const counts = this.seen.get(key) ?? [0, 0, 0]
    counts[0]++
    if (!ok) counts[1]++
    if (slow) counts[2]++
    this.seen.set(key, counts)
  }

  /** What was seen since it was told last. */
  private tell(): void {
    if (this.seen.size === 0) return
    const rows = [...this.seen].map(
      ([key, counts]) => [...(JSON.parse(key) as string[]), ...counts] as unknown as SeenRow,
    )
    this.seen.clear()
    say({ says: 'seen', rows })
  }
}
