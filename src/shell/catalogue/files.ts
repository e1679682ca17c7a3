import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Written } from './read.js'

/** Where the catalogue is in a clone and in a package. */
export const CATALOGUE = new URL('../../../catalogue/', import.meta.url)

/** The files of a catalogue. @throws Error when one cannot be read or is no JSON */
export function filesOf(folder: URL = CATALOGUE): Written {
  const json = (file: string): unknown => {
    try {
      return JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
    } catch (error) {
      throw new Error(`${fileURLToPath(new URL(file, folder))}: ${(error as Error).message}`, { cause: error })
    }
  }
  const groups = readdirSync(folder)
    .filter(file => file.endsWith('.json') && file !== 'sources.json')
    .sort()
    .map(file => [file.slice(0, -'.json'.length), json(file)] as const)
  return { sources: json('sources.json'), groups: Object.fromEntries(groups) }
}
