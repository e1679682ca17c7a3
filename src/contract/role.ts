import type { TokenScope } from './config.js'
import { type Verb, VERBS } from './order.js'

/** Who may do what, mildest first: a later one may all that an earlier one may. */
export const ROLES = ['viewer', 'responder', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** What is done beside commands on incidents. */
export const ACTS = ['read', 'forget', 'teach', 'reload', 'retry', 'test', 'people', 'settings', 'plan'] as const
export type Act = Verb | (typeof ACTS)[number]

/** The table of role and act: the least role that may. */
export const NEEDS_ROLE: Readonly<Record<Act, Role>> = {
  ...(Object.fromEntries(VERBS.map(verb => [verb, 'responder'])) as Record<Verb, Role>),
  read: 'viewer',
  retry: 'responder',
  test: 'responder',
  teach: 'admin',
  forget: 'admin',
  reload: 'admin',
  people: 'admin',
  settings: 'admin',
  plan: 'responder',
}

/** Whether a role may do something. */
export const mayRole = (role: Role, act: Act): boolean => ROLES.indexOf(role) >= ROLES.indexOf(NEEDS_ROLE[act])

/** What a person who is signed in has in place of a token's scopes. Nobody sends signals with a browser's cookie. */
export const SCOPES_OF_ROLE: Readonly<Record<Role, readonly TokenScope[]>> = {
  viewer: ['read'],
  responder: ['read', 'commands'],
  admin: ['read', 'commands'],
}
