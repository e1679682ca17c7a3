import { ar } from './strings/ar/service.js'
import { de } from './strings/de/service.js'
import { en, type Strings } from './strings/en/service.js'
import { es } from './strings/es/service.js'
import { fr } from './strings/fr/service.js'
import { hi } from './strings/hi/service.js'
import { id } from './strings/id/service.js'
import { ja } from './strings/ja/service.js'
import { pt } from './strings/pt/service.js'
import type { Language } from '../../contract/people.js'

export { en, type Strings }
export { Count } from './strings/plural.js'

/** Every language that pages speak; the first is spoken where nothing else was asked for. */
export const LANGUAGES = { en, es, pt, hi, fr, de, id, ja, ar } satisfies Record<Language, Strings>

export type { Language }
