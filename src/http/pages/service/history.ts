import type { IncidentView, ServiceNow } from '../../../contract/view.js'
import { html, type Html } from '../html.js'
import { incidentName } from '../incident/name.js'
import { time, type Voice } from '../words.js'

export interface HistoryInput {
  /** Newest first. */
  incidents: IncidentView[]
  services: ServiceNow[]
  /** Address of the next page, if there is more. */
  older: string | null
  /** Whether there is a page of how right this was. */
  record: boolean
}

export function historyMain({ incidents, services, older, record }: HistoryInput, voice: Voice): Html {
  const { t, f, now } = voice
  const months = new Map<string, IncidentView[]>()
  for (const each of incidents) {
    const month = f.month(each.startedAt)
    months.set(month, [...(months.get(month) ?? []), each])
  }
  const name = (each: IncidentView) =>
    incidentName(
      each,
      services.find(row => row.service === each.service) ?? { title: each.service, components: [] },
      voice,
    )
  const row = (each: IncidentView) =>
    html`<li><a href="/i/${encodeURIComponent(each.id)}"><b><bdi>${name(each)}</bdi></b></a> <span class="tag">${t.severity[each.severity]}</span><br><span class="soft">${time(each.startedAt, voice)}${t.comma}${each.open ? t.past.ongoing : t.past.lasted(f.span((each.resolvedAt ?? now) - each.startedAt))}</span></li>`
  return html`<h1>${t.past.title2}</h1>${record ? html`<p><a href="/record">${t.watched.record}</a></p>` : null}${
    incidents.length
      ? [...months].map(
          ([month, rows]) => html`<section><h2>${month}</h2><ul class="open">${rows.map(row)}</ul></section>`,
        )
      : html`<p class="soft">${t.past.empty}</p>`
  }${older ? html`<p><a href="${older}">${t.past.before}</a></p>` : null}`
}
