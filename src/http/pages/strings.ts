import { ar } from './strings/ar.js'
import { de } from './strings/de.js'
import { en, type Strings } from './strings/en.js'
import { es } from './strings/es.js'
import { fr } from './strings/fr.js'
import { hi } from './strings/hi.js'
import { id } from './strings/id.js'
import { ja } from './strings/ja.js'
import { pt } from './strings/pt.js'

export { en, type Strings }
export { Count } from './strings/plural.js'

/** Every language that pages speak; the first is spoken where nothing else was asked for. */
export const LANGUAGES = { en, es, pt, hi, fr, de, id, ja, ar } satisfies Record<string, Strings>

export type Language = keyof typeof LANGUAGES
