import { en, type Strings } from './strings/en.js'

export { en, type Strings }
export { Count } from './strings/plural.js'

/** Every language that pages speak; the first is spoken where nothing else was asked for. */
export const LANGUAGES = { en } satisfies Record<string, Strings>

export type Language = keyof typeof LANGUAGES
