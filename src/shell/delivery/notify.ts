import type { MaintenanceConfig, NotifierConfig } from '../../contract/config.js'
import { PermanentError } from '../../contract/error.js'
import type { IncidentEvent } from '../../contract/incident.js'
import type { Notifier } from '../../contract/notifier.js'
import type { Reader } from '../../contract/view.js'
import { isPlanned } from '../../core/calendar/quiet.js'
import type { DeliverParts } from './deliver.js'
import type { Env } from '../env.js'
import { type Parts, pluginEnv } from '../parts.js'

/** Opens a notifier of the configuration. @throws PermanentError that says which one it is and what is wrong with it */
export async function openNotifier({ kind, url, secret }: NotifierConfig, index: number, env: Env): Promise<Notifier> {
  const { default: made } = await (kind === 'webhook'
    ? import('../../plugin/notifier/webhook.js')
    : import('../../plugin/notifier/webhook/statuspage.js'))
  return made.open({ url, secret }, pluginEnv(env)).catch((error: Error) => {
    throw new PermanentError(`notifiers[${index}]: ${error.message.replace(/^notifiers: /, '')}`, { cause: error })
  })
}

export interface DeliverySources extends Pick<DeliverParts, 'receipt' | 'saveReceipt'> {
  reader: Reader
  /** The present one: a demonstration that starts over has another. */
  store: () => Parts['store']
  maintenance: () => readonly MaintenanceConfig[]
  status?: ((event: IncidentEvent) => Promise<object[]>) | undefined
}

/** What a delivery reads: the committed events, the words for them, and whether planned work explains them. */
export function deliverParts({ reader, store, maintenance, status, ...receipts }: DeliverySources): DeliverParts {
  return {
    ...receipts,
    eventsAfter: (after, max) => store().eventsAfter(after, max),
    head: incident => store().head(incident),
    story: async incident => (await reader.incident(incident))?.events ?? [],
    title: async service => (await reader.service(service))?.title ?? service,
    planned: ({ service, components = [], startedAt, at }) =>
      isPlanned(maintenance(), { service, components, startedAt: Date.parse(startedAt ?? at) }, Date.parse(at)),
    ...(status === undefined ? {} : { status }),
  }
}
