import type { IncidentEvent } from './incident.js'

/** What a notifier is told: one committed event of an incident, with what holds at it. */
export interface Delivery {
  /** The same for every attempt, so that a receiver can count it once. */
  id: string
  event: IncidentEvent
  /** Title of the service. */
  title: string
  /** The same in the shape of Statuspage's webhooks, one message each, for a notifier of that kind. */
  status?: readonly object[]
}

/** Tells somebody outside. @throws TransientError to be tried again, RefusedError when it is this message that is not taken, PermanentError to give this one up. */
export interface Notifier extends AsyncDisposable {
  tell(delivery: Delivery): Promise<void>
}
