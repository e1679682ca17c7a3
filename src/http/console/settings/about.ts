import type { Section } from '../../../contract/console/settings.js'

// The words of the forms: what a list is, and what a field is where its name does not say it.

/** What stands in each list. */
export const SECTION_WORDS: Readonly<Record<Section, { title: string; one: string; about: string }>> = {
  services: { title: 'Services', one: 'service', about: 'What people use, with its components and what it stands on.' },
  pages: {
    title: 'Status pages',
    one: 'status page',
    about: 'What the public sees, in groups. The first one is at /status.',
  },
  maintenance: {
    title: 'Maintenance',
    one: 'maintenance',
    about: 'Planned work: it is announced, and trouble within it wakes nobody.',
  },
  sources: { title: 'Sources', one: 'source', about: 'What is read again and again, or listened to.' },
  receivers: { title: 'Receivers', one: 'receiver', about: 'What others send to, each at an address of its own.' },
  probes: { title: 'Probes', one: 'probe', about: 'What is looked at from here, every minute or so.' },
  notifiers: { title: 'Channels', one: 'channel', about: 'Where messages go.' },
  responders: { title: 'Responders', one: 'responder', about: 'Who may be on call, and the channels that reach them.' },
  rotas: { title: 'Rotas', one: 'rota', about: 'Who is on call when, turn by turn.' },
  routes: {
    title: 'Routes',
    one: 'route',
    about: 'Which message goes to whom. Without any, every channel hears of all news.',
  },
}

export const LABELS: Readonly<Record<string, string>> = {
  id: 'Id',
  url: 'Address',
  rrule: 'Repeats (RRULE)',
  dkim: 'DKIM',
  unknownAs: 'Unknown is told as',
  dependsOn: 'Stands on',
  allowPrivate: 'May reach addresses that are not public',
}

/** What a field is, by its name: the same name means the same in every list. */
export const ABOUT: Readonly<Record<string, string>> = {
  id: 'by which others name it: small letters, digits and -',
  service: 'id of a service',
  components: 'ids of services, or service/component',
  starts: 'such as 2031-05-09T22:00; by the time zone that is named',
  rrule: 'such as FREQ=WEEKLY;BYDAY=SU',
  timeZone: 'such as Europe/Berlin; UTC, if none is named',
  announceDays: 'so many days before it begins it is shown',
  alarms: 'tell channels of trouble that begins within it too',
  tell: 'ids of channels',
  people: 'ids of responders, in the order of their turns',
  layers: 'a later one stands above an earlier one',
  every: 'so many weeks or days are a turn; 1, if nothing is said',
  leaves: 'from then on their turns go to the next one',
  unknownAs: 'to programs that do not know the word',
  allowPrivate: 'true, or ranges and names one a line as a list: [10.0.0.0/8]',
  targets: 'several of the same kind: a list of addresses, or of settings',
  edges: 'codes that people quote from error pages, with the cell that serves them',
  escalate: 'who is told besides while nobody says that they look at it',
  repeatMinutes: 'tells again while nobody does',
  goOn: 'later routes hear of it as well',
  waitMinutes: 'so long is waited for what stands behind it',
  alerts: 'alerts of other rules from this severity on, where nothing measured speaks for them',
  group: 'alerts that have these labels in common are one',
  tries: 'looks before one counts as failed',
  labels: 'of what is measured',
}
