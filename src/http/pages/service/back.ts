import { FOLLOW_UP } from '../../../contract/people.js'
import type { Rollup } from '../../../contract/view.js'
import { HOUR, type EpochMs } from '../../../contract/time.js'
import { html, type Html } from '../html.js'
import { FEWEST_REPORTS } from '../chart/map.js'
import { countBy } from '../chart/series.js'
import type { Standing } from '../standing.js'
import { ago, standingMark, statusSentence, type Voice } from '../words.js'

/** Answers are told so long. */
const TOLD_MS = 12 * HOUR

export type Answered = 'bad' | 'ok' | 'used' | null

export interface BackInput {
  row: Standing
  rollups: Rollup[]
  asked: string | null
  thanks: Answered
}

/** "Is it back for you?": where a message leads. */
export function backMain({ row, rollups, asked, thanks }: BackInput, voice: Voice): Html {
  const { t } = voice
  const { service } = row
  const path = `/s/${encodeURIComponent(service.service)}`
  const done = thanks === 'used' ? t.back.used : thanks === null ? null : t.back.thanks
  const form =
    done === null && asked !== null
      ? html`<p>${t.back.lead}</p><form method="post" action="/api/v1/report"><input type="hidden" name="service" value="${service.service}"><input type="hidden" name="back" value="${path}/back"><input type="hidden" name="asked" value="${asked}"><div class="tap"><button class="yes" name="kind" value="ok">${t.back.yes}</button><button class="no" name="kind" value="bad">${t.back.no}</button></div></form>`
      : html`<p role="status"><b>${done ?? t.back.used}</b></p>`
  return html`<div class="hero ${row.state}" id="banner">${standingMark(row, t)}<h1>${t.back.title(service.title)}</h1>${form}${saidLine(rollups, voice)}<p class="age">${statusSentence(row, voice)} · ${ago(row.asOf, voice)} · <a href="${path}">${t.back.toService(service.title)}</a></p></div>`
}

/** What those answered who were asked; null while fewer than three did. */
export function saidLine(rollups: readonly Rollup[], { t, f, now }: Voice): Html | null {
  const [bad, ok] = answersOf(rollups, now)
  return bad + ok < FEWEST_REPORTS ? null : html`<p>${t.back.said(f.count(bad + ok), f.share(ok / (bad + ok)))}</p>`
}

export const answersOf = (rollups: readonly Rollup[], now: EpochMs): [number, number] =>
  countBy(rollups, FOLLOW_UP.label, now - TOLD_MS, now + HOUR).get(FOLLOW_UP.value) ?? [0, 0]
