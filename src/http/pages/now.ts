import type { EpochMs } from '../../contract/time.js'
import type { IncidentView } from '../../contract/view.js'
import { html, type Html } from './html.js'
import { serviceList, type ListInput } from './services.js'
import { phaseOf, rank, type Standing } from './standing.js'
import { incidentName } from './incident/name.js'
import { saysLines, standingWord } from './incident/says.js'
import { isMeasured } from '../../core/incident/verdict.js'
import { mutedLine } from './incident/incident.js'
import { standingMark, statusSentence, time, type Voice } from './words.js'

export interface NowInput {
  rows: Standing[]
  list: Omit<ListInput, 'wallNow'>
  /** Notes worth telling, besides the incidents that the rows carry. */
  notes: IncidentView[]
  wallNow: number | null
  /** How far the log was folded when the rows were read. */
  asOf: EpochMs
}

/** The sentence above the list is counted from the list, so it cannot say more or less than the rows. */
export function bannerOf(
  rows: readonly Standing[],
  { t, f }: Pick<Voice, 't' | 'f'>,
): Pick<Standing, 'state' | 'whole'> & { title: string; rest: string } {
  const count = (...states: Standing['state'][]) => rows.filter(row => states.includes(row.state))
  const names = (some: readonly Standing[]) => {
    const first = some.slice(0, 3).map(row => row.service.title)
    return f.list(some.length > 3 ? [...first, t.more(f.number(some.length - 3))] : first)
  }
  const bad = count('outage', 'degraded')
  const watched = count('watching')
  const unknown = count('unknown')
  const ok = count('ok')
  const rest = [
    bad.length && watched.length ? t.now.watchedShort(f.number(watched.length)) : '',
    (bad.length || watched.length || unknown.length) && ok.length ? t.now.rest(f.number(ok.length)) : '',
    unknown.length ? t.now.unknown(f.number(unknown.length)) : '',
  ]
    .filter(Boolean)
    .join(' · ')
  const worst = rows.reduce<Standing['state']>(
    (state, row) => (rank(row.state) > rank(state) ? row.state : state),
    'ok',
  )
  const whole = rows.map(row => row.whole).find(each => each === 'major_outage') ?? 'partial_outage'
  if (!rows.length) return { state: 'unknown', whole, title: t.now.nothing, rest: '' }
  if (bad.length)
    return {
      state: worst,
      whole,
      title: bad.length === 1 ? statusSentence(bad[0] as Standing, { t, f }) : t.now.troubled(bad.length, names(bad)),
      rest,
    }
  if (watched.length) return { state: 'watching', whole, title: t.now.watched(watched.length, names(watched)), rest }
  const [only] = rows
  if (rows.length === 1 && only && only.dark.length > 0)
    return { state: 'unknown', whole, title: statusSentence(only, { t, f }), rest: t.evidence.dark(f.list(only.dark)) }
  if (unknown.length === rows.length && unknown.every(row => row.dark.length === 0))
    return {
      state: 'unknown',
      whole,
      title: rows.some(row => row.learning) ? t.evidence.tooLittle : t.now.onlyUnknown,
      rest: '',
    }
  if (unknown.length) return { state: 'unknown', whole, title: t.now.noOutage, rest }
  return {
    state: 'ok',
    whole,
    title: rows.length === 1 && only ? statusSentence(only, { t, f }) : t.now.allOk(f.number(rows.length)),
    rest,
  }
}

export function nowMain({ rows, list, notes, wallNow, asOf }: NowInput, voice: Voice): Html {
  const { t } = voice
  const banner = bannerOf(rows, voice)
  const incidents = rows.flatMap(row => row.incidents)
  return html`<div class="hero ${banner.state}" id="banner" data-say="${banner.title}">${standingMark(banner, t)}<h1>${banner.title}</h1>${banner.rest ? html`<p>${banner.rest}</p>` : null}${
    rows.length
      ? html`<p class="age">${t.age.asOf} ${time(asOf, voice)}</p>`
      : html`<p class="soft">${t.now.nothingHow}</p>`
  }</div>
${incidents.length ? html`<section><h2>${t.now.open}</h2><ul class="open">${incidents.map(each => incidentRow(each, rows, voice))}</ul></section>` : null}
${rows.length ? serviceList({ ...list, wallNow }, voice) : null}
${notes.length ? html`<section><h2>${t.now.notes}</h2><ul class="open">${notes.map(each => incidentRow(each, rows, voice))}</ul></section>` : null}`
}

function incidentRow(each: IncidentView, rows: Standing[], voice: Voice): Html {
  const { t } = voice
  const service = rows.find(row => row.service.service === each.service)?.service
  const title = incidentName(each, service ?? { title: each.service, components: [] }, voice)
  const last = each.events.findLast(event => event.says)
  const phase = phaseOf(each.events)
  const word =
    standingWord(each.events, voice)?.text ?? (last && saysLines(last, service?.components ?? [], voice)[0]?.line)
  return html`<li><a href="/i/${encodeURIComponent(each.id)}"><b><bdi>${title}</bdi></b></a> <span class="tag">${t.severity[each.severity]}</span>${word ? html`<p><bdi>${word}</bdi></p>` : null}<p class="soft">${t.since} ${time(each.startedAt, voice)}${t.comma}${t.inline(phase === 'recovering' && !isMeasured(each.latest) ? t.evidence.fewerPhase : t.incident.phase[phase])}</p>${mutedLine(each, voice)}</li>`
}
