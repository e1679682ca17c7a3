import { join } from 'node:path'
import type { Store } from './store.js'

/** One line of the summary. `holds` is null where it could not be measured. */
export interface Bar {
  what: string
  wanted: string
  got: string
  holds: boolean | null
}

export interface Part {
  title: string
  command: string
  text: string
  bars: Bar[]
  /** Why nothing was measured. */
  skipped?: string
}

export interface Context {
  data: string
  scenarios: string[]
  /** Folder of the referee's programs. */
  referee: string
  work: string
  seed: number
  /** Seeds with which each scenario file is played. */
  draws: number
  /** of files beyond the first folder. */
  moreDraws: number
  quick: boolean
  store: Store
}

export const EPICENTER = 'bin/epicenter'
export const percent = (share: number, digits = 1) => `${(100 * share).toFixed(digits)} %`
export const skipped = (title: string, why: string): Part => ({
  title,
  command: '',
  text: '',
  bars: [{ what: title, wanted: '', got: `skipped: ${why}`, holds: null }],
  skipped: why,
})
export const tool = (context: Context, name: string) => join(context.referee, name)
