/** What labels say by their names, where more than one stage must agree on it. */

/** Labels that say what is wrong or who watches, not where people are. */
export const NOT_A_PLACE = new Set(['problem', 'lang', 'vantage', 'network', 'title', 'ref', 'followup'])

/** Labels of a report that say what served it: an edge, a cell. */
export const SERVED: readonly string[] = ['cell', 'pop', 'site']
