import type { FastifyReply, FastifyRequest } from 'fastify'
import { SESSION_SECONDS } from '../../shell/people/people.js'
import { homeOf } from '../home.js'

const NAME = 'epicenter-session'
const FORM = /^[A-Za-z0-9_-]{32}$/

/** The first cookie of a name that has the form of one of ours; null where a browser shows none. */
export function cookieIn(
  { headers: { cookie = '' } }: Pick<FastifyRequest, 'headers'>,
  name: string,
  form: RegExp,
): string | null {
  for (const part of cookie.split(';')) {
    const at = part.indexOf('=')
    const value = part.slice(at + 1).trim()
    if (part.slice(0, Math.max(0, at)).trim() === name && form.test(value)) return value
  }
  return null
}

/** The session that a browser shows; null where it shows none. */
export const sessionIn = (request: Pick<FastifyRequest, 'headers'>): string | null => cookieIn(request, NAME, FORM)

/** A path of the console to go on with: never another site, whatever the address says. */
export const pathIn = (to: unknown): string =>
  typeof to === 'string' && /^\/console(?:\/[\w%.~-]+)*$/.test(to) ? to : '/console'

/** Strict: no link from elsewhere brings it along, so nobody acts in a person's name by one. */
const written = (request: FastifyRequest, value: string, seconds: number): string => {
  const secure = homeOf(request).origin?.startsWith('https:') === true ? '; Secure' : ''
  return `${NAME}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`
}

export const keepSession = (request: FastifyRequest, reply: FastifyReply, secret: string): FastifyReply =>
  reply.header('set-cookie', written(request, secret, SESSION_SECONDS))

export const dropSession = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  reply.header('set-cookie', written(request, '', 0))
