import type { ConfigFile } from '../config.js'
import type { Act } from '../role.js'
import type { EpochMs } from '../time.js'

/**
 * Lists of the configuration that the console may add to, in the order in which it shows them. What the file names stays the
 * file's; the rest lies in the data folder (`settings.json`) and counts as if it stood in the file, behind what is there.
 */
export const SECTIONS = [
  'services',
  'pages',
  'maintenance',
  'sources',
  'receivers',
  'probes',
  'notifiers',
  'responders',
  'rotas',
  'routes',
] as const satisfies readonly (keyof ConfigFile)[]
export type Section = (typeof SECTIONS)[number]

/** Who may change which: planned work is said by whoever answers for a service, what is heard and told is set up by admins. */
export const SECTION_ACTS: Readonly<Record<Section, Act>> = {
  services: 'settings',
  pages: 'settings',
  maintenance: 'plan',
  sources: 'settings',
  receivers: 'settings',
  probes: 'settings',
  notifiers: 'settings',
  responders: 'settings',
  rotas: 'settings',
  routes: 'settings',
}

/** One entry of a list, as the configuration file would have it. */
export type Entry = Record<string, unknown>

/** An entry that the console keeps. */
export interface KeptEntry {
  section: Section
  id: string
  /** Edition of the document in which it was last changed. */
  edition: number
  by: string
  at: EpochMs
  value: Entry
}

/** What was done to an entry. `back`: the server could not work with it, and what was before counts again. */
export const SETTING_ACTS = ['add', 'change', 'remove', 'back'] as const

/** A row of the audit, written in one go with what it tells of. */
export interface SettingsRow {
  edition: number
  at: EpochMs
  by: string
  act: (typeof SETTING_ACTS)[number]
  section: Section
  id: string
  /** Names of the fields that changed; never what is in them. */
  fields: readonly string[]
  /** What was there before, of the newest rows; null: nothing. */
  before?: Entry | null
}

/** The document of the data folder. */
export interface SettingsFile {
  version: 1
  /** Rises with each change. */
  edition: number
  entries: KeptEntry[]
  audit: SettingsRow[]
}

/** Its entries by list, as they are added to those of the file. */
export type Settled = Readonly<Partial<Record<Section, readonly Entry[]>>>
