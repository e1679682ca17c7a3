import type { Labels } from '../contract/signal.js'
import { type EpochMs, MINUTE, SECOND } from '../contract/time.js'
import { negativeBinomial, poisson, type Random } from '../core/stat/random.js'
import { chanceFor, drawIndex, oneOf, token, Wheel } from './chance.js'
import type { Emitter } from './emit.js'
import type { Expectation, Leaf } from './expect.js'
import type { NoiseEvent, Region, Scenario } from './model.js'
import { Voice, speaks } from './phrases.js'
import { placeOf } from './places.js'
import type { Due } from './report-flow.js'

/** For every so many problem reports somebody says that it works, as far as it does. */
const WORKS_SHARE = 0.15
/** Of complaints with a kind of problem, those that name the part of the service by it. */
const NAMES_PART_SHARE = 0.7
/** Of people hit by wrong data or poor answers, those who describe it. */
const DESCRIBES_SHARE = 0.5
/** People write again after half a minute. */
const DUPLICATE_AFTER_MS = 30 * SECOND
/** Reporters among whom scripts pass themselves off. */
const BOT_REPORTERS = 12
/** Authors among whom they do. */
const BOT_AUTHORS = 9
/** From RFC 5398: an autonomous system number for documentation. */
const BOT_ASN = 'AS64500'
/** Variance over mean of usual counts: people come in clumps. */
const USUAL_VAR_OVER_MEAN = 2
/** Reports a minute about another service while nothing is wrong with it. */
const ELSEWHERE_BASE_PER_MIN = 0.2

const PLATFORMS = new Wheel([
  ['web', 0.5],
  ['android', 0.25],
  ['ios', 0.2],
  ['desktop', 0.05],
] as const)

/** What a person who writes knows of themselves. */
interface Person {
  region: Region
  leaf: Leaf
  component: string | null
}

/** Draws what people say: reports and the posts that come with them, copycats, bots and other services' users. */
export class Crowd {
  private readonly voice: Voice
  private readonly tickMs: number
  private readonly problems: Wheel<string> | null
  private readonly langs: Wheel<string>
  private readonly usual: Wheel<Leaf>[]

  constructor(
    private readonly scenario: Scenario,
    private readonly expectation: Expectation,
    private readonly seed: number,
    private readonly quiet: boolean,
    private readonly emitter: Emitter,
  ) {
    const { world, reports, social, clock } = scenario
    this.voice = new Voice(world.title, social?.hashtags ?? [])
    this.tickMs = clock.tickMin * MINUTE
    const mix = Object.entries(reports.problemMix ?? {})
    this.problems = mix.length > 0 ? new Wheel(mix) : null
    this.langs = new Wheel(Object.entries(social?.langs ?? { en: 1 }))
    this.usual = expectation.leaves.map(leaves => new Wheel(leaves.map(leaf => [leaf, leaf.share] as const)))
  }

  /** Reports of a region in one tick, with their posts. */
  region(index: number, due: Due, t: EpochMs, tick: number): void {
    if (due.all <= 0) return
    const region = this.scenario.world.regions[index]!
    const random = chanceFor(this.seed, `crowd:${region.id}`, tick)
    const count = negativeBinomial(random, due.all, this.scenario.reports.varOverMean)
    this.emitter.open(`c${index}`, tick)
    const hitParts = new Map<number, Wheel<string>>()
    const everyPart = new Wheel(this.scenario.world.components.map(c => [c.id, c.useShare] as const))
    for (let i = 0; i < count; i++) {
      const caused = random() * due.all < due.caused
      const leafIndex = caused ? drawIndex(random, due.byLeaf) : -1
      const leaf = caused ? this.expectation.leaves[index]![leafIndex]! : this.usual[index]!.draw(random)
      let parts = everyPart
      if (caused) {
        parts = hitParts.get(leafIndex) ?? this.partsHit(index, leafIndex, t)
        hitParts.set(leafIndex, parts)
      }
      const person: Person = { region, leaf, component: this.partOf(random, parts) }
      this.report(random, person, t, true, caused ? this.describe(random, index, leafIndex, t) : null)
      if (random() < WORKS_SHARE * (caused ? 1 - due.failing : 1))
        this.report(random, { ...person, component: null }, t, false, null)
      this.posts(random, t)
    }
  }

  private partsHit(region: number, leaf: number, t: EpochMs): Wheel<string> {
    const hit = this.expectation.componentsHit(region, leaf, t)
    return new Wheel(this.scenario.world.components.filter((_, c) => hit[c]).map(c => [c.id, c.useShare] as const))
  }

  /** A kind of problem often is the name of a part; else parts are named as much as they are used. */
  private partOf(random: Random, parts: Wheel<string>): string | null {
    if (parts.size === 0) return null
    const drawn = parts.draw(random)
    if (!this.problems || random() > NAMES_PART_SHARE) return drawn
    const named = this.problems.draw(random)
    return parts.has(named) ? named : drawn
  }

  /** What somebody writes who is hit by wrong data or by poor answers rather than by an error. */
  private describe(random: Random, region: number, leaf: number, t: EpochMs): string | null {
    const pulls = this.expectation.pulls(region, leaf, t)
    if (!pulls.some(x => x > 0)) return null
    const { effect } = this.expectation.faults[drawIndex(random, pulls)]!
    if ((effect !== 'wrong_data' && effect !== 'quality') || random() > DESCRIBES_SHARE) return null
    const { texts } = this.scenario.reports
    if (texts.length > 0) return oneOf(random, texts)
    return this.voice.say(random, effect === 'quality' ? 'quality' : 'exposure', this.langs.draw(random))
  }

  private report(random: Random, who: Person, t: EpochMs, bad: boolean, told: string | null): void {
    const { reports } = this.scenario
    const { countries } = who.region
    const country = countries[Math.floor(random() ** 1.5 * countries.length)]!
    const labels: Labels = { platform: PLATFORMS.draw(random) }
    const place = placeOf(country)
    if (random() < reports.geo.country) {
      labels.country = country
      if (place && random() < reports.geo.city) labels.city = oneOf(random, place.cities)
    }
    const detailed = random() < reports.detailShare
    if (detailed) {
      if (who.component) labels.component = who.component
      if (this.problems) labels.problem = this.problems.draw(random)
      if (who.leaf.tier) labels.tier = who.leaf.tier
    }
    const { pops } = this.scenario.world.cells.get(who.leaf.cell)!
    if (pops.length > 0 && random() < reports.geo.edgePop) labels.pop = oneOf(random, pops)
    const at = t + Math.floor(random() * this.tickMs)
    const reporter = `u${token(random)}`
    const text = told ?? (detailed ? this.sentence(random, who.component, place?.lang ?? 'en', bad) : null)
    this.emitter.observe('report', at, labels, { total: 1, bad: bad ? 1 : 0, reporter, ...(text ? { text } : {}) })
    if (bad && random() < reports.duplicatesPerReporter - 1)
      this.emitter.observe('report', at + DUPLICATE_AFTER_MS, labels, { total: 1, bad: 1, reporter })
  }

  /** Half of the people write English whatever they speak at home. */
  private sentence(random: Random, component: string | null, home: string, bad: boolean): string {
    const lang = random() < 0.5 && speaks(home) ? home : 'en'
    const part = this.scenario.world.components.find(c => c.id === component)?.name
    return this.voice.say(random, bad ? 'complaint' : 'ok', lang, part ? { part } : {})
  }

  private posts(random: Random, t: EpochMs): void {
    const { social } = this.scenario
    if (!social) return
    for (let i = poisson(random, social.postsPerReport); i > 0; i--) {
      const at = t + Math.floor(random() * this.tickMs) + social.lagMin * MINUTE
      const rumour = this.quiet ? undefined : social.rumours.find(r => at > r.at && random() < rumourShare(r, at))
      const joke = !rumour && random() < social.memeShare
      const lang = rumour || joke ? 'en' : this.langs.draw(random)
      const text = this.voice.say(
        random,
        rumour ? 'rumour' : joke ? 'joke' : 'complaint',
        lang,
        rumour ? { claim: rumour.claim } : {},
      )
      this.emitter.observe('post', at, { network: 'bluesky', lang }, { total: 1, author: `a${token(random)}`, text })
    }
  }

  /** Accounts that jump on the hashtag while there is trouble. */
  botPosts(t: EpochMs, tick: number): void {
    const { social } = this.scenario
    if (!social || social.botPostsPerMin <= 0 || t <= this.expectation.firstFault) return
    const random = chanceFor(this.seed, 'bots', tick)
    this.emitter.open('b', tick)
    for (let i = poisson(random, social.botPostsPerMin * this.scenario.clock.tickMin); i > 0; i--) {
      const text = this.voice.template(random, Math.floor(random() * social.botTemplates))
      const author = `b${Math.floor(random() * BOT_AUTHORS)}`
      const at = t + Math.floor(random() * this.tickMs)
      this.emitter.observe('post', at, { network: 'bluesky', lang: 'en' }, { total: 1, author, text })
    }
  }

  /** Reports that no fault of this service caused: copycats of a rumour, bots, anger at a policy. */
  noise(event: NoiseEvent, index: number, t: EpochMs, tick: number): void {
    if (t < event.from || t >= event.until) return
    const random = chanceFor(this.seed, `noise:${index}`, tick)
    const shape = triangle((t - event.from) / (event.until - event.from), event.peakAtFraction)
    const bots = event.kind === 'bots'
    this.emitter.open(`n${index}`, tick)
    for (const region of this.scenario.world.regions) {
      const peak = event.reportsPerMinPeak[region.id] ?? 0
      for (let i = poisson(random, peak * shape * this.scenario.clock.tickMin); i > 0; i--) {
        const labels: Labels = { country: region.countries[0]!, platform: bots ? 'web' : PLATFORMS.draw(random) }
        if (bots) labels.asn = BOT_ASN
        const reporter = bots ? `b${Math.floor(random() * BOT_REPORTERS)}` : `u${token(random)}`
        const at = t + Math.floor(random() * this.tickMs)
        this.emitter.observe('report', at, labels, { total: 1, bad: 1, reporter })
      }
    }
  }

  /** Reports about the other services of the same stream: few on a usual day, and a plateau while they are down. */
  elsewhere(t: EpochMs, tick: number): void {
    const { world, clock } = this.scenario
    world.alsoWatched.forEach((other, index) => {
      const random = chanceFor(this.seed, `elsewhere:${other.service}`, tick)
      const x = (t - other.from) / (other.until - other.from)
      const load = this.quiet || !(x >= 0 && x <= 1) ? 0 : Math.min(1, x * 8, (1 - x) * 4)
      const mean = (ELSEWHERE_BASE_PER_MIN + other.reportsPerMinPeak * load) * clock.tickMin
      const emitter = this.emitter.for(other.service)
      emitter.open(`e${index}`, tick)
      for (let i = negativeBinomial(random, mean, USUAL_VAR_OVER_MEAN); i > 0; i--) {
        const at = t + Math.floor(random() * this.tickMs)
        const country = oneOf(random, world.regions).countries[0]!
        emitter.observe('report', at, { country }, { total: 1, bad: 1, reporter: `u${token(random)}` })
      }
    })
  }
}

function rumourShare(rumour: { at: EpochMs; shareOfPosts: number; halfLifeMin: number }, at: EpochMs): number {
  return rumour.shareOfPosts * 2 ** (-(at - rumour.at) / MINUTE / rumour.halfLifeMin)
}

/** 0 at both ends, 1 at `peak`. */
function triangle(x: number, peak: number): number {
  return x < peak ? x / peak : Math.max(0, (1 - x) / Math.max(1e-9, 1 - peak))
}
