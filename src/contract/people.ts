// What people choose from when they report. Short lists, so that there is always room for each of them.

/** Platforms that are counted by name. */
export const PLATFORMS = ['web', 'ios', 'android', 'desktop', 'api'] as const
/** Sorts of trouble that are counted by name. */
export const PROBLEMS = ['login', 'app', 'website', 'slow', 'error', 'other'] as const
/** "I have a problem" and "works for me". */
export const REPORT_KINDS = ['bad', 'ok'] as const
export type ReportKind = (typeof REPORT_KINDS)[number]
/** The label of a report that answers "is it back for you?", and its one value. */
export const FOLLOW_UP = { label: 'followup', value: 'back' } as const
