// What people choose from when they report, and under which headings their texts are counted. Short lists, so that there is
// always room for each of them.

/** Platforms that are counted by name. */
export const PLATFORMS = ['web', 'ios', 'android', 'desktop', 'api'] as const

interface ProblemRule {
  /** Offered where people report, and counted by name as a value of the label `problem`. */
  offered: boolean
  /** Heading under which texts about it are counted (core: mentions); null: texts do not tell it. Needs words to know it by there. */
  theme: string | null
  /** How it hurts, where its name says so: people wait, or it fails. */
  symptom: 'slow' | 'failing' | null
}

/**
 * What hurts people. The one list: forms, labels, themes and the words of all languages go by it, and a language without
 * words for one of these does not compile. Snapshots count themes by their position, so another order of those takes
 * another `FOLD_VERSION`.
 */
export const PROBLEM_TYPES = {
  payment: { offered: false, theme: 'payment', symptom: null },
  login: { offered: true, theme: 'login', symptom: null },
  app: { offered: true, theme: null, symptom: null },
  website: { offered: true, theme: null, symptom: null },
  sending: { offered: false, theme: 'sending', symptom: null },
  missing: { offered: false, theme: 'missing', symptom: null },
  slow: { offered: true, theme: 'slow', symptom: 'slow' },
  error: { offered: true, theme: 'errors', symptom: 'failing' },
  quality: { offered: false, theme: 'quality', symptom: null },
  unreachable: { offered: false, theme: 'unreachable', symptom: 'failing' },
  other: { offered: true, theme: 'other', symptom: null },
} as const satisfies Record<string, ProblemRule>
export type ProblemType = keyof typeof PROBLEM_TYPES
type Rules = typeof PROBLEM_TYPES

/** Those that people choose from. */
export type Problem = { [P in ProblemType]: Rules[P]['offered'] extends true ? P : never }[ProblemType]
export const PROBLEMS = keysWhere(rule => rule.offered) as readonly Problem[]

/** Headings under which texts are counted. */
export type Theme = NonNullable<Rules[ProblemType]['theme']>
export const THEMES = keysWhere(rule => rule.theme !== null).map(type => PROBLEM_TYPES[type].theme) as readonly Theme[]
/** Of what type a theme is: its heading is that type's name. */
export const TYPE_OF_THEME = Object.fromEntries(
  keysWhere(rule => rule.theme !== null).map(type => [PROBLEM_TYPES[type].theme, type]),
) as Readonly<Record<Theme, ProblemType>>

function keysWhere(holds: (rule: ProblemRule) => boolean): ProblemType[] {
  return (Object.keys(PROBLEM_TYPES) as ProblemType[]).filter(type => holds(PROBLEM_TYPES[type]))
}

/** "I have a problem" and "works for me". */
export const REPORT_KINDS = ['bad', 'ok'] as const
export type ReportKind = (typeof REPORT_KINDS)[number]
/** The label of a report that answers "is it back for you?", and its one value. */
export const FOLLOW_UP = { label: 'followup', value: 'back' } as const
/** As the country of a report: the one that a proxy of ours names, if any does. */
export const AUTO_COUNTRY = 'auto'

/** Every language that is spoken to people; the first where nothing else was asked for. */
export const LANGUAGE_TAGS = ['en', 'es', 'pt', 'hi', 'fr', 'de', 'id', 'ja', 'ar'] as const
export type Language = (typeof LANGUAGE_TAGS)[number]
