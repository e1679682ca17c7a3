import { DAY, HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import { publishedOf } from '../../core/words/published.js'
import { asOf, type UpdateEvery } from '../../core/words/story.js'
import { filled, wordsIn } from '../words/say.js'
import { ROLLUP_MS, type IncidentView, type Reader, type ServiceNow, type WorkspaceView } from '../../contract/view.js'
import type { Records } from '../api/record.js'
import { remember } from './cache.js'
import type { Made } from './made.js'
import { recordPage } from './service/record.js'
import { backMain, type Answered } from './service/back.js'
import { spark } from './chart/chart.js'
import { historyMain } from './service/history.js'
import { LISTED_MS, rootOf } from './incident/why.js'
import { LONGEST_MS } from './chart/section.js'
import type { Html } from './html.js'
import type { Speech } from './language.js'
import { foldEvents, headline, incidentChart, type IncidentInput, incidentMain, nameOf } from './incident/incident.js'
import { incidentName } from './incident/name.js'
import { postmortemMain } from './incident/words.js'
import { ARTICLE_STYLE } from '../words/style.js'
import { justMeMain, knownTraits, quietOf, type QuietDays, type Traits } from './service/just-me.js'
import { quietRows, usualByCountry, type Usual } from './chart/map.js'
import { bannerOf, nowMain } from './now.js'
import { evidenceOf, picturesOf, usualShares, type UsualShares } from './chart/picture.js'
import { fillSilence, toSeries } from './chart/series.js'
import { RANGES, serviceMain, type Range } from './service/service.js'
import { TOLD_MS, toldOf, type Told } from '../../core/vendors/told.js'
import { goingOf, PAGE_ROWS, sortRows, type Row } from './services.js'
import type { Outside } from './service/places.js'
import type { Window } from '../statuspage/maintenance.js'
import { phaseOf, standing, type Standing } from './standing.js'
import { statusSentence, type Voice } from './words.js'

/** Services with a sparkline on the first page, worst first; each costs a read of 288 rows and half a kilobyte. */
const SPARKS = 60
/** Services of which it is read what their vendors say. */
const NOTICES_READ = 1_000
/** One bar of a sparkline: a quarter of an hour, 96 for a day. */
const SPARK_BIN_MS = 3 * ROLLUP_MS
/** A bar is drawn this long after its end, once what is late for it has mostly come. */
const SPARK_SETTLES_MS = 2 * MINUTE
/** What is usual for a country is learnt from the week before the last hour. */
const USUAL_MS = 7 * DAY
/** Services of which sparklines and usual levels are remembered; beyond, the oldest is forgotten and made again. */
const SERVICES_REMEMBERED = 512
/** Open incidents that a page reads at most. */
const OPEN_INCIDENTS = 200
/** Incidents that are over, beside a service. */
const PAST_INCIDENTS = 6
/** Incidents on one page of the history. */
const HISTORY_PAGE = 50
/** A service page lists changes and notices of so long. */
const FACTS_MS = 48 * HOUR
/** Quiet time before an incident from which its page learns what shares are usual. */
const CHART_BEFORE_MS = 6 * HOUR

export interface LoadOptions {
  reader: Reader
  report: boolean
  guesses: boolean
  /** How often updates are promised, by severity. */
  updates: UpdateEvery
  tell: string | null
  wallNow: () => EpochMs
  /** What is known of those who look and read for us. */
  outside?: Outside
  /** Maintenance that is on now, by service. */
  windows?: (() => Promise<ReadonlyMap<string, Window[]>>) | undefined
  /** How right this was; none: there is no such page. */
  records?: Records | undefined
  /** Names of the groups that status pages put services under, by service. */
  groups?: (services: readonly ServiceNow[]) => Map<string, string>
  /** Words that services are looked for by, by service. */
  tags?: ReadonlyMap<string, readonly string[]> | undefined
}

/** Reads what a page shows and says it. Keeps only what stays true for an hour. */
export class Pages {
  readonly #reader: Reader
  readonly #usual = new Map<string, { hour: number; usual: Usual; quiet: QuietDays; shares: UsualShares }>()
  readonly #sparks = new Map<string, { bar: number; drawn: Html | null }>()

  constructor(private readonly options: LoadOptions) {
    this.#reader = options.reader
  }

  #voice({ t, f }: Speech, { clock, now }: WorkspaceView): Voice {
    return { t, f, now: clock === 'wall' ? Math.max(now, this.options.wallNow()) : now }
  }

  #wall({ clock }: WorkspaceView): EpochMs | null {
    return clock === 'wall' ? this.options.wallNow() : null
  }

  /** @param page from 1; null is said of one that is not there */
  async now(speech: Speech, question = '', page = 1): Promise<Made | null> {
    const [workspace, services, open] = await Promise.all([
      this.#reader.workspace(),
      this.#reader.services(),
      this.#reader.incidents({ open: true, limit: OPEN_INCIDENTS }),
    ])
    const voice = this.#voice(speech, workspace)
    const wallNow = this.#wall(workspace)
    const standings = services.map(each => standing(each, open, workspace, wallNow))
    const rows = sortRows(await this.#rows(standings, voice))
    if (page > 1 && (page - 1) * PAGE_ROWS >= rows.length) return null
    // Of what is only named a picture says nothing.
    for (const row of rows.slice((page - 1) * PAGE_ROWS, page * PAGE_ROWS).slice(0, SPARKS))
      if (row.going !== 'unknown') row.spark = await this.#spark(row.standing, voice)
    const notes = open.filter(each => phaseOf(each.events) === 'note')
    const banner = bannerOf(standings, voice)
    const list = { rows, question, page }
    return {
      title: banner.title,
      description: [banner.title, banner.rest].filter(Boolean).join('. '),
      main: nowMain({ rows: standings, list, notes, wallNow, asOf: workspace.now }, voice),
      live: [],
      alternate: '/api/v1/services',
    }
  }

  /** What vendors say of services is read of as many as are looked at. */
  async #rows(standings: readonly Standing[], { now }: Voice): Promise<Row[]> {
    const windows = await this.options.windows?.()
    const groups = this.options.groups?.(standings.map(each => each.service)) ?? new Map<string, string>()
    return Promise.all(
      standings.map(async (each, i) => {
        const { service } = each.service
        const [told = null] = i < NOTICES_READ ? await this.#told(service, now) : []
        const group = groups.get(service) ?? null
        const tags = this.options.tags?.get(service) ?? []
        const on = windows?.get(service) ?? []
        return { standing: each, going: goingOf(each, told), told, group, tags, windows: on, spark: null }
      }),
    )
  }

  async #told(service: string, now: EpochMs): Promise<Told[]> {
    return toldOf(await this.#reader.facts(service, now - TOLD_MS, now + 1, 'notice'), now)
  }

  /** A calm service is drawn once a bar, a troubled one each time. */
  async #spark(row: Standing, { now, t }: Voice): Promise<Html | null> {
    const id = row.service.service
    // A calm one ends with the last whole bar, whose rows have come by then: when it is drawn changes nothing.
    const bar = Math.floor((now - SPARK_SETTLES_MS) / SPARK_BIN_MS)
    const held = this.#sparks.get(id)
    if (held?.bar === bar && row.state === 'ok') return held.drawn
    const rollups = await this.#reader.rollups(id, now - DAY - SPARK_BIN_MS, now)
    const series = toSeries(rollups, DAY, SPARK_BIN_MS, row.state === 'ok' ? bar * SPARK_BIN_MS : now)
    const [worst] = row.incidents
    const [lead] = picturesOf({
      series,
      usual: usualShares(
        quietRows(
          rollups,
          row.incidents.map(each => ({ from: each.startedAt, until: now })),
        ),
      ),
      t,
      evidence: worst ? evidenceOf(worst.events) : null,
      incidentKind: worst?.kind ?? null,
    })
    const drawn = lead ? spark(lead) : null
    remember(this.#sparks, id, { bar, drawn }, SERVICES_REMEMBERED)
    return drawn
  }

  async service(speech: Speech, id: string, range: Range, thanks: 'bad' | 'ok' | null): Promise<Made | null> {
    const [workspace, service] = await Promise.all([this.#reader.workspace(), this.#reader.service(id)])
    if (!service) return null
    const voice = this.#voice(speech, workspace)
    const wallNow = this.#wall(workspace)
    const { now } = voice
    const [open, past, facts, told] = await Promise.all([
      this.#reader.incidents({ service: id, open: true, limit: OPEN_INCIDENTS }),
      this.#reader.incidents({ service: id, open: false, limit: PAST_INCIDENTS }),
      this.#reader.facts(id, now - FACTS_MS, now + 1),
      this.#told(id, now),
    ])
    const incidents = [...open, ...past].sort((a, b) => b.startedAt - a.startedAt)
    const { spanMs, binMs } = RANGES[range ?? '24h']
    const from = Math.min(
      now - Math.max(DAY, spanMs) - binMs,
      ...(range ? [] : open.map(each => each.startedAt - HOUR)),
    )
    const rollups = await this.#reader.rollups(id, Math.max(from, now - LONGEST_MS), now + ROLLUP_MS)
    const { usual, shares } = await this.#usualOf(service, incidents, now)
    const row = standing(service, open, workspace, wallNow)
    const title = statusSentence(row, speech)
    const { report, guesses, tell } = this.options
    const heard = this.options.outside?.heard?.(id) ?? []
    const record = this.options.records !== undefined
    const windows = (await this.options.windows?.())?.get(id) ?? []
    return {
      title,
      description: title,
      main: serviceMain(
        {
          row,
          rollups,
          usual,
          shares,
          incidents,
          facts,
          told,
          heard,
          places: this.options.outside?.places?.(id) ?? [],
          exposure: this.options.outside?.exposure?.(id),
          windows,
          record,
          range,
          thanks,
          report,
          guesses,
          tell,
          wallNow,
        },
        voice,
      ),
      live: [id],
      alternate: `/api/v1/services/${encodeURIComponent(id)}`,
    }
  }

  /** "Is it just me?", for what a visitor chose or what could be guessed of him; made anew for each who asks. */
  async justMe(speech: Speech, id: string, traits: Traits, guessed: boolean): Promise<Made | null> {
    const [workspace, service] = await Promise.all([this.#reader.workspace(), this.#reader.service(id)])
    if (!service) return null
    const voice = this.#voice(speech, workspace)
    const { now } = voice
    const [rollups, open, past] = await Promise.all([
      this.#reader.rollups(id, now - HOUR - ROLLUP_MS, now + ROLLUP_MS),
      this.#reader.incidents({ service: id, open: true, limit: OPEN_INCIDENTS }),
      this.#reader.incidents({ service: id, open: false, limit: PAST_INCIDENTS }),
    ])
    const { quiet } = await this.#usualOf(service, [...open, ...past], now)
    const row = standing(service, open, workspace, this.#wall(workspace))
    const title = `${speech.t.justMe.title} ${service.title}`
    return {
      title,
      description: title,
      main: justMeMain({ row, rollups, quiet, traits: knownTraits(traits, service.components), guessed }, voice),
      live: null,
      alternate: `/api/v1/services/${encodeURIComponent(id)}`,
    }
  }

  /** The question that a message leads to. */
  async back(speech: Speech, id: string, asked: string | null, thanks: Answered): Promise<Made | null> {
    const [workspace, service] = await Promise.all([this.#reader.workspace(), this.#reader.service(id)])
    if (!service) return null
    const voice = this.#voice(speech, workspace)
    const [rollups, open] = await Promise.all([
      this.#reader.rollups(id, voice.now - DAY, voice.now + ROLLUP_MS),
      this.#reader.incidents({ service: id, open: true, limit: OPEN_INCIDENTS }),
    ])
    const row = standing(service, open, workspace, this.#wall(workspace))
    const title = speech.t.back.title(service.title)
    const main = backMain({ row, rollups, asked, thanks }, voice)
    return { title, description: title, main, live: null, alternate: `/api/v1/services/${encodeURIComponent(id)}` }
  }

  /** Learnt once an hour: a week of rows is too much to read for each rendering. */
  async #usualOf(
    { service }: ServiceNow,
    incidents: IncidentView[],
    now: EpochMs,
  ): Promise<{ usual: Usual; quiet: QuietDays; shares: UsualShares }> {
    const hour = Math.floor(now / HOUR)
    const held = this.#usual.get(service)
    if (held?.hour === hour) return held
    const until = (hour - 1) * HOUR
    const known = incidents.map(each => ({ from: each.startedAt, until: each.resolvedAt ?? now }))
    const rows = await this.#reader.rollups(service, until - USUAL_MS, until)
    const filled = fillSilence(rows, until - USUAL_MS, until)
    const calm = quietRows(filled, known)
    const made = {
      hour,
      usual: usualByCountry(filled, known),
      quiet: quietOf(calm),
      shares: usualShares(calm),
    }
    remember(this.#usual, service, made, SERVICES_REMEMBERED)
    return made
  }

  async incident(speech: Speech, id: string, at: EpochMs | null): Promise<Made | null> {
    const read = await this.#incident(speech, id, at)
    if (read === null) return null
    const { input, voice } = read
    const { incident } = input
    return {
      title: nameOf(input, voice),
      description: `${headline(input, voice)}${voice.t.comma}${voice.t.since} ${voice.f.moment(incident.startedAt, voice.now)}`,
      main: incidentMain(input, voice),
      live: at === null ? [incident.service] : null,
      alternate: `/api/v1/incidents/${encodeURIComponent(id)}`,
    }
  }

  /** The picture of an incident alone, for pages that say the rest in their own way. */
  async chart(speech: Speech, id: string, at: EpochMs | null): Promise<Html | null> {
    const read = await this.#incident(speech, id, at)
    return read && incidentChart(read.input, read.voice)
  }

  async #incident(
    speech: Speech,
    id: string,
    at: EpochMs | null,
  ): Promise<{ input: IncidentInput; voice: Voice } | null> {
    const [workspace, incident] = await Promise.all([this.#reader.workspace(), this.#reader.incident(id)])
    if (!incident) return null
    const events = at === null ? incident.events : incident.events.filter(each => Date.parse(each.at) <= at)
    if (!events.length) return null
    const voice = this.#voice(speech, workspace)
    const latest = at === null ? incident.latest : foldEvents(events)
    const end = Math.min(at ?? (incident.resolvedAt ?? voice.now) + HOUR, voice.now)
    const [service, rollups, facts, open, orders] = await Promise.all([
      this.#reader.service(incident.service),
      this.#reader.rollups(
        incident.service,
        Math.max(incident.startedAt - CHART_BEFORE_MS, end - LONGEST_MS),
        end + ROLLUP_MS,
      ),
      this.#reader.facts(incident.service, incident.startedAt - LISTED_MS, end + 1),
      // At a past time nothing is known of what else was open.
      at === null ? this.#reader.incidents({ service: incident.service, open: true, limit: OPEN_INCIDENTS }) : [],
      this.#reader.orders(id),
    ])
    const others = open.filter(each => each.id !== id).map(each => each.latest)
    const serviceTitle = service?.title ?? incident.service
    const root = await rootOf(this.#reader, latest)
    const held = service?.held?.find(each => each.incident === id) ?? null
    const components = service?.components ?? []
    const told = { incident: id, title: serviceTitle, components, events: incident.events, orders, facts }
    const story = asOf({ ...told, now: voice.now }, at ?? voice.now)
    const words = { story, language: speech.language, every: this.options.updates, publishedAt: incident.publishedAt }
    return {
      input: { incident, latest, events, serviceTitle, components, rollups, facts, held, others, root, at, words },
      voice,
    }
  }

  /** The post-mortem that people published; null where none is. */
  async postmortem(speech: Speech, id: string): Promise<Made | null> {
    const [workspace, incident, orders] = await Promise.all([
      this.#reader.workspace(),
      this.#reader.incident(id),
      this.#reader.orders(id),
    ])
    const published = publishedOf(orders)
    if (!incident || !published) return null
    const service = await this.#reader.service(incident.service)
    const name = incidentName(incident, service ?? { title: incident.service, components: [] }, speech)
    const title = filled(wordsIn(speech.language).title, { name })
    return {
      title,
      description: title,
      main: postmortemMain(
        { incident: id, title, name, published, language: speech.language },
        this.#voice(speech, workspace),
      ),
      live: null,
      sheet: ARTICLE_STYLE,
      alternate: `/api/v1/incidents/${encodeURIComponent(id)}/claims`,
    }
  }

  /** How right this was, of one service or of all. */
  async record(speech: Speech, id: string | null): Promise<Made | null> {
    const { records } = this.options
    return records ? recordPage(records, speech, this.#voice(speech, await this.#reader.workspace()), id) : null
  }

  async history(speech: Speech, before: EpochMs | null): Promise<Made> {
    const [workspace, services, incidents] = await Promise.all([
      this.#reader.workspace(),
      this.#reader.services(),
      this.#reader.incidents({ limit: HISTORY_PAGE + 1, ...(before === null ? {} : { before }) }),
    ])
    const shown = incidents.slice(0, HISTORY_PAGE)
    const last = shown.at(-1)
    const older = incidents.length > HISTORY_PAGE && last ? `/incidents?before=${last.startedAt}` : null
    return {
      title: speech.t.past.title2,
      description: speech.t.past.title2,
      main: historyMain(
        { incidents: shown, services, older, record: this.options.records !== undefined },
        this.#voice(speech, workspace),
      ),
      live: [],
      alternate: '/api/v1/incidents',
    }
  }
}
