import type { IncidentQuery } from '../../../contract/view.js'

/** The statement that finds the heads of incidents, newest first, and its values. */
export function headsAsked(query: IncidentQuery): { text: string; values: (string | number)[] } {
  const { service, open, limit, before, openedFrom, endsAfter, word = '', skip = 0 } = query
  const where = ['1']
  const values: (string | number)[] = []
  const and = (condition: string, ...of: (string | number)[]) => {
    where.push(condition)
    values.push(...of)
  }
  if (service !== undefined) and('service = ?', service)
  if (open !== undefined) and('open = ?', open ? 1 : 0)
  if (before !== undefined) and('opened_at < ?', before)
  if (openedFrom !== undefined) and('opened_at >= ?', openedFrom)
  if (endsAfter !== undefined) {
    // What was opened later ends later: a body that is not looked into costs nothing.
    const ended = "coalesce(body ->> '$.resolvedAt', 1e300)"
    and(`(open = 1 OR opened_at > ? OR ${ended} > ?)`, endsAfter, endsAfter)
  }
  if (word !== '') and("instr(lower(id || ' ' || service || ' ' || (body ->> '$.title')), lower(?)) > 0", word)
  const text = `SELECT body, sum FROM head WHERE ${where.join(' AND ')} ORDER BY opened_at DESC, id LIMIT ? OFFSET ?`
  return { text, values: [...values, limit, skip] }
}

/** Two seeks for each service, however many bins it has. Values: from, until, from, until. */
export const HEARD = `SELECT service, first, last FROM (SELECT service,
    (SELECT bin FROM rollup WHERE rollup.service = here.service AND bin >= ? AND bin < ? ORDER BY bin LIMIT 1) AS first,
    (SELECT bin FROM rollup WHERE rollup.service = here.service AND bin >= ? AND bin < ? ORDER BY bin DESC LIMIT 1) AS last
  FROM service AS here) WHERE first IS NOT NULL ORDER BY service`
