import type { FastifyReply } from 'fastify'

/** An answer that tells a client what it did wrong: problem details (RFC 9457) with rule and value, never a stack. */
export class HttpProblem extends Error {
  override name = 'HttpProblem'
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail?: string,
    readonly more: { rule?: string; value?: string; retryAfterMs?: number; extra?: Record<string, unknown> } = {},
  ) {
    super(title)
  }
}

export function sendProblem(reply: FastifyReply, problem: HttpProblem): FastifyReply {
  const { status, title, detail, more } = problem
  const { rule, value, retryAfterMs, extra } = more
  if (retryAfterMs !== undefined) reply.header('retry-after', String(Math.max(1, Math.ceil(retryAfterMs / 1000))))
  const body = {
    title,
    status,
    ...(detail && { detail }),
    ...(rule && { rule }),
    ...(value !== undefined && { value }),
    ...extra,
  }
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify(body))
}

export const notFound = (what: string, value: string) =>
  new HttpProblem(404, `there is no such ${what}`, undefined, { rule: what, value: value.slice(0, 80) })
