import type { FastifyReply, FastifyRequest } from 'fastify'

/** Light or dark by a reader's choice; without one the system chooses. */
export const THEMES = ['light', 'dark'] as const
export type Theme = (typeof THEMES)[number]
/** What a link may ask for: `system` forgets what was chosen. */
export const THEME_CHOICES = ['system', ...THEMES] as const

const COOKIE = 'theme'
/** Seconds that a choice is remembered: a year. */
const COOKIE_SECONDS = 365 * 86_400

/** Whether a cookie names a theme: such pages do not lie ready, they are made from those that do. */
export const hasTheme = (cookie: string | undefined): boolean => cookie?.includes(`${COOKIE}=`) === true

function asked(request: FastifyRequest): (typeof THEME_CHOICES)[number] | null {
  // An address that could not be read has no query at all.
  const theme = (request.query as Record<string, unknown> | null)?.['theme']
  return THEME_CHOICES.find(each => each === theme) ?? null
}

/** What a reader chose: in the address, else in the cookie; null: nothing. */
export function themeOf(request: FastifyRequest): Theme | null {
  const choice = asked(request) ?? /(?:^|;\s*)theme=(\w{4,6})(?:;|$)/.exec(request.headers.cookie ?? '')?.[1]
  return THEMES.find(each => each === choice) ?? null
}

/** Remembers a theme that a reader asked for by a link. True where the answer is for this reader alone. */
export function rememberTheme(request: FastifyRequest, reply: FastifyReply): boolean {
  const choice = asked(request)
  if (choice === null) return themeOf(request) !== null
  const seconds = choice === 'system' ? 0 : COOKIE_SECONDS
  reply.header('set-cookie', `${COOKIE}=${choice}; Path=/; Max-Age=${seconds}; SameSite=Lax; HttpOnly`)
  return true
}
