import type { Config } from '../contract/config.js'
import type { LongReader, ServiceNow } from '../contract/view.js'
import { composed } from '../core/ingest/door.js'
import type { Workspace } from './workspace/workspace.js'

/** What a reader asks of the house: its workspace of now, which a demonstration changes. */
interface House {
  workspace: () => Workspace
  /** Resolves when no workspace is being changed. */
  settled: () => Promise<void> | null
  startedAt: () => number
}

/** Stays the same over a restart of the demonstration; always asks the present store. */
export function readerOf(config: () => Config, house: House): LongReader {
  const reads = () => house.workspace().store.reader()
  let from: Workspace | null = null
  let cached: ReturnType<typeof reads> | null = null
  const here = async () => {
    await house.settled()
    // Statements are prepared once for each store.
    if (from !== house.workspace()) {
      from = house.workspace()
      cached = reads()
    }
    return cached!
  }
  // Before its first tick a configured service is unknown, not absent: its page is there from the start.
  const unheard = ({ id, ...rest }: Config['services'][number]): ServiceNow => ({
    service: id,
    ...rest,
    state: 'unknown',
    at: config().clock === 'wall' ? house.startedAt() : 0,
    seen: {},
    recent: { bad: 0, ok: 0, expected: 0 },
    incidents: [],
  })
  return {
    workspace: async () => {
      await house.settled()
      const { title, clock, demo } = config()
      const { now, position } = await house.workspace().store.committed()
      return { title, clock, now: position === 0 && clock === 'wall' ? house.startedAt() : now, position, demo }
    },
    services: async () => {
      const rows = await (await here()).services()
      const heard = new Set(rows.map(each => each.service))
      const more = config()
        .services.filter(each => !heard.has(each.id))
        .map(unheard)
      return more.length === 0 ? rows : [...rows, ...more].sort((a, b) => (a.service < b.service ? -1 : 1))
    },
    service: async asked => {
      // Addresses may come in the other spelling.
      const id = composed(asked)
      const configured = config().services.find(each => each.id === id)
      return (await (await here()).service(id)) ?? (configured ? unheard(configured) : null)
    },
    rollups: async (service, start, end) => (await here()).rollups(service, start, end),
    days: async (service, start, end, offsetMs) => (await here()).days(service, start, end, offsetMs),
    incidents: async query => (await here()).incidents(query),
    incident: async id => (await here()).incident(id),
    briefs: async query => (await here()).briefs(query),
    heard: async (start, end) => (await here()).heard(start, end),
    orders: async incident => (await here()).orders(incident),
    facts: async (service, start, end, via) => (await here()).facts(service, start, end, via),
  }
}
