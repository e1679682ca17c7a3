import { DAY, type EpochMs } from '../contract/time.js'
import { PermanentError } from '../contract/error.js'
import type { IncidentView, Reader, Rollup, ServiceNow, WorkspaceView } from '../contract/view.js'
import type { Change, Notice } from '../contract/signal.js'

/** The server gives a month of bins or facts at once. */
const SPAN_MS = 31 * DAY
/** An answer of the other server takes at most so long. */
const REQUEST_MS = 30_000

/**
 * What another instance knows, through its API. Incidents are asked for again and again by pages: each answer is kept
 * for the life of this reader, which is one export.
 */
export function remoteReader(url: string, fetch: typeof globalThis.fetch): Reader {
  let base = url
  while (base.endsWith('/')) base = base.slice(0, -1)
  const kept = new Map<string, Promise<unknown>>()
  const ask = async (path: string): Promise<unknown> => {
    const answer = await fetch(`${base}${path}`, { signal: AbortSignal.timeout(REQUEST_MS) })
    if (answer.status === 404) return null
    if (!answer.ok) throw new PermanentError(`${base}${path} answered ${answer.status}`)
    return answer.json()
  }
  const get = <Value>(path: string): Promise<Value> => {
    let found = kept.get(path)
    if (!found) kept.set(path, (found = ask(path)))
    return found as Promise<Value>
  }
  const of = (service: string) => `/api/v1/services/${encodeURIComponent(service)}`
  const pieces = async <Row>(service: string, what: string, from: EpochMs, until: EpochMs): Promise<Row[]> => {
    const rows: Row[] = []
    for (let start = from; start < until; start += SPAN_MS)
      rows.push(
        ...((await get<Row[] | null>(
          `${of(service)}/${what}?from=${start}&until=${Math.min(until, start + SPAN_MS)}`,
        )) ?? []),
      )
    return rows
  }
  return {
    workspace: () => get<WorkspaceView>('/api/v1/workspace'),
    services: () => get<ServiceNow[]>('/api/v1/services'),
    service: id => get<ServiceNow | null>(of(id)),
    rollups: (service, from, until) => pieces<Rollup>(service, 'rollups', from, until),
    facts: async (service, from, until, via) =>
      (await pieces<Change | Notice>(service, 'facts', from, until)).filter(
        fact => via === undefined || fact.via === via,
      ),
    days: async (service, from, until, offsetMs = 0) =>
      (await get<EpochMs[] | null>(`${of(service)}/days?from=${from}&until=${until}&offset=${offsetMs}`)) ?? [],
    incidents: ({ service, open, limit, before }) => {
      const query = new URLSearchParams({ limit: String(limit) })
      if (service !== undefined) query.set('service', service)
      if (open !== undefined) query.set('open', String(open))
      if (before !== undefined) query.set('before', String(before))
      return get<IncidentView[]>(`/api/v1/incidents?${query}`)
    },
    // What people asked of an incident is for their team, which has it at the server itself.
    orders: async () => [],
    incident: id => get<IncidentView | null>(`/api/v1/incidents/${encodeURIComponent(id)}`),
  }
}
