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

  /** As Fastify's own readers of bodies ask for it. */
  get statusCode(): number {
    return this.status
  }
}

export function sendProblem(reply: FastifyReply, problem: HttpProblem): FastifyReply {
  const { status, more } = problem
  const { retryAfterMs } = more
  if (retryAfterMs !== undefined) reply.header('retry-after', String(Math.max(1, Math.ceil(retryAfterMs / 1000))))
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .send(problemText(problem))
}

export function problemText({ status, title, detail, more }: HttpProblem): string {
  const { rule, value, extra } = more
  return JSON.stringify({
    title,
    status,
    ...(detail && { detail }),
    ...(rule && { rule }),
    ...(value !== undefined && { value }),
    ...extra,
  })
}

export const notFound = (what: string, value: string) =>
  new HttpProblem(404, `there is no such ${what}`, undefined, { rule: what, value: value.slice(0, 80) })
