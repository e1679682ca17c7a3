/** Labels of a report that say what served it: an edge, a cell. */
export const SERVED: readonly string[] = ['cell', 'pop', 'site']
