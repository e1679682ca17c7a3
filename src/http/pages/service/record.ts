import { GRACE_MS, type MonthRecord, type RecordEntry } from '../../../core/vendors/record.js'
import type { Records, ServiceRecord } from '../../api/record.js'
import { isolated } from '../direction.js'
import type { Speech } from '../language.js'
import type { Made } from '../made.js'
import { attr, html, type Html } from '../html.js'
import { time, type Voice } from '../words.js'

/** How right this was: what was measured, and beside it what was not. */

const span = (ms: number | null, { f }: Voice): string => (ms === null ? '–' : f.span(Math.abs(ms)))

function lead(leadMs: number | null, voice: Voice): string {
  const { watched } = voice.t
  if (leadMs === null) return '–'
  return leadMs >= 0 ? watched.before(span(leadMs, voice)) : watched.after(span(leadMs, voice))
}

function monthName(month: string, { f }: Voice): string {
  return f.month(Date.parse(`${month}-01T00:00:00Z`))
}

function row(month: MonthRecord, voice: Voice): Html {
  const { t, f } = voice
  const n = (count: number | null) => (count === null ? '–' : f.number(count))
  const read =
    // Who was told of something by a vendor has read it, however: nobody says beside it that no vendor was read.
    month.readMs === 0
      ? (month.vendors ?? 0) > 0
        ? null
        : t.watched.noVendor
      : month.readMs < month.spanMs
        ? t.watched.partly(f.span(month.readMs))
        : null
  return html`<tr><th scope="row">${monthName(month.month, voice)}${read && html`<br><span class="soft">${read}</span>`}</th><td>${n(month.ours)}</td><td>${n(month.vendors)}</td><td>${n(month.both)}</td><td>${lead(month.leadMs, voice)}${month.leads > 0 ? ` (${f.number(month.leads)})` : ''}</td><td>${n(month.missed)}</td><td>${n(month.alone)}</td><td>${span(month.oursLastedMs, voice)} / ${span(month.vendorsLastedMs, voice)}</td></tr>`
}

function table(months: readonly MonthRecord[], voice: Voice): Html {
  const { watched } = voice.t
  const columns = [
    watched.month,
    watched.ours,
    watched.vendors,
    watched.both,
    watched.lead,
    watched.missed,
    watched.alone,
    watched.lasted,
  ]
  return html`<div class="scroll" tabindex="0"><table><thead><tr>${columns.map(each => html`<th scope="col">${each}</th>`)}</tr></thead><tbody>${months.map(each => row(each, voice))}</tbody></table></div>`
}

const rule = ({ t, f }: Voice): Html => html`<p class="note">${t.watched.rule(f.span(GRACE_MS))}</p>`

/** The last months of every service of which anything was told or read. */
export function recordMain(records: readonly ServiceRecord[], voice: Voice): Html {
  const { t } = voice
  return html`<h1>${t.watched.record}</h1>${rule(voice)}${
    records.length === 0
      ? html`<p class="soft">${t.watched.empty}</p>`
      : records.map(
          ({ service, title, months }) =>
            html`<section><h2><a href="/s/${encodeURIComponent(service)}/record"><bdi>${title}</bdi></a></h2>${table(months, voice)}</section>`,
        )
  }`
}

/** Of one service: its months, and each trouble with both first words. */
export function recordOfMain({ service, title, months }: ServiceRecord, voice: Voice): Html {
  const { t } = voice
  const entries = months.flatMap(each => [...each.entries].reverse())
  return html`<h1>${t.watched.recordOf(title)}</h1>${rule(voice)}${months.length === 0 ? html`<p class="soft">${t.watched.empty}</p>` : table(months, voice)}${entries.length === 0 ? null : html`<section><ul class="open">${entries.map(each => html`<li>${entryLine(each, voice)}</li>`)}</ul></section>`}<p><a href="/s/${encodeURIComponent(service)}"><bdi>${title}</bdi></a></p>`
}

function entryLine({ judged, ours, vendor, leadMs }: RecordEntry, voice: Voice): Html {
  const { t } = voice
  const { watched } = t
  const word = { missed: watched.missed, alone: watched.alone, both: watched.both, confirmed: '', unjudged: '' }[judged]
  const until = (at: number | null) => (at === null ? html`${watched.open}` : time(at, voice))
  const [open, close] = t.quotes
  return html`${word === '' ? null : html`<span class="tag">${word}</span> `}${ours && html`<a href="/i/${encodeURIComponent(ours.id)}"><b>${watched.ours}</b></a> ${time(ours.at, voice)} – ${until(ours.resolvedAt)}`}${ours && vendor ? html`<br>` : null}${vendor && html`<b>${watched.vendors}</b> ${time(vendor.at, voice)} – ${until(vendor.resolvedAt)} ${vendor.title === null ? null : html`${open}${vendor.href === null ? html`<bdi>${vendor.title}</bdi>` : html`<a href="${vendor.href}"${attr('rel', 'nofollow noopener')}><bdi>${vendor.title}</bdi></a>`}${close}`}`}${leadMs === null ? null : html` <span class="soft">${lead(leadMs, voice)}</span>`}`
}

/** The page of one service, or of all; null of one that is not there. */
export async function recordPage(
  records: Records,
  { t }: Speech,
  voice: Voice,
  id: string | null,
): Promise<Made | null> {
  const { watched } = t
  if (id === null) {
    const main = recordMain(await records.all(), voice)
    return { title: watched.record, description: watched.record, main, live: null, alternate: '/api/v1/record' }
  }
  const found = await records.of(id)
  if (!found) return null
  const title = watched.recordOf(isolated(found.title))
  const alternate = `/api/v1/record?service=${encodeURIComponent(id)}`
  return { title, description: title, main: recordOfMain(found, voice), live: null, alternate }
}
