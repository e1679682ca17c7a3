import type { Answers, Start } from '../../contract/plugin.js'

/** How somebody begins with a receiver that knows its senders by a secret; `next` says what to do at the other end. */
export const receiving = (
  has: Start['has'],
  next: (at: string, secret: string) => string,
  settings: (answers: Answers) => Record<string, unknown> = ({ service, secret }) => ({ secret, service }),
): Start => ({ has, asks: [], settings, next: (at, { secret = '' }) => next(at, secret) })

/** A form at the other end has one field for the address, and one for the secret that it signs or shows. */
export const form = (where: string, address: string, secret: string) => (at: string, value: string) =>
  `${where}: ${address} ${at}, ${secret} ${value}`
