import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import type { TokenScope } from '../contract/config.js'
import { type Act, mayRole } from '../contract/role.js'
import { WRONG_TOKEN_ADDRESSES, WRONG_TOKENS, WRONG_TOKENS_HELD, WRONG_TOKENS_WAIT_MS } from '../contract/limits.js'
import { subscriberOf } from '../shell/visitors/address.js'
import type { App } from '../shell/app.js'
import { Buckets } from '../shell/visitors/buckets.js'
import { OWNER, type Sender } from '../shell/visitors/tokens.js'
import { sessionIn } from './console/cookie.js'
import { fromOurPage } from './home.js'
import { isOwnMachine } from './own-machine.js'
import { HttpProblem } from './problem.js'
import type { Visitors } from './visitor.js'

/** Why a request was not let in; a metric's label. */
export type Refused = 'missing' | 'wrong' | 'expired' | 'revoked' | 'scope' | 'slowed'

const senders = new WeakMap<FastifyRequest, Sender>()

/** Whose token a request showed, once its guard has let it in; null where none was asked for. Its name is the key of its shares. */
export const senderOf = (request: FastifyRequest): Sender | null => senders.get(request) ?? null

/** Browsers ask their person for a name and a password; that is the token. */
export const READ_RULE = 'authorization.read'

/** A token as it is sent. As a password it reads and no more: a browser sends that along when another site's page asks. */
function shownBy(header = '', scope: TokenScope): string | undefined {
  const basic = scope === 'read' ? /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(header)?.[1] : undefined
  if (basic === undefined) return /^Bearer +(\S+) *$/i.exec(header)?.[1]
  return Buffer.from(basic, 'base64').toString('utf8').split(':').slice(1).join(':')
}

/**
 * Lets in who shows a token of the scope that is needed. A right token is never slowed nor shut out, whoever else errs
 * behind the same address: only the answers to wrong ones wait.
 */
export class Guard {
  readonly refused: Record<Refused, number> = { missing: 0, wrong: 0, expired: 0, revoked: 0, scope: 0, slowed: 0 }
  private readonly wrong: Buckets
  private readonly held = new Map<string, number>()

  constructor(
    private readonly app: App,
    private readonly visitors: Visitors,
    private readonly wait: (ms: number) => Promise<unknown> = ms => new Promise(done => setTimeout(done, ms).unref()),
  ) {
    this.wrong = new Buckets(WRONG_TOKENS, WRONG_TOKEN_ADDRESSES)
  }

  /** @param act what a person who is signed in wants to do: by their role, where a token goes by its scopes */
  need(scope: TokenScope, act: Act = 'read'): (request: FastifyRequest) => Promise<void> {
    return async request => {
      if (this.app.config.demo && isOwnMachine(request)) {
        senders.set(request, OWNER)
        return
      }
      if (request.headers.authorization === undefined && this.signedIn(request, scope, act)) return
      const given = shownBy(request.headers.authorization, scope)
      const known = given === undefined ? ({ why: 'missing' } as const) : this.app.tokens.find(given)
      if ('sender' in known) {
        const { sender } = known
        if (!sender.scopes.includes(scope)) throw this.lacks(sender, scope)
        senders.set(request, sender)
        return
      }
      this.refused[known.why]++
      if (known.why === 'wrong') await this.slow(request)
      throw new HttpProblem(401, TITLES[known.why], HOW, {
        rule: scope === 'read' ? READ_RULE : 'authorization',
        ...('name' in known && known.name !== undefined ? { value: known.name } : {}),
      })
    }
  }

  /** Whether a person who is signed in asks, and may. @throws HttpProblem where they may not */
  private signedIn(request: FastifyRequest, scope: TokenScope, act: Act): boolean {
    const session = sessionIn(request)
    const known = session === null ? null : this.app.people.find(session)
    if (known === null) return false
    // A cookie comes along whoever asks: what changes something comes from a page of ours.
    if (request.method !== 'GET' && request.method !== 'HEAD') fromOurPage(request)
    const { name, role } = known.person
    if (!known.sender.scopes.includes(scope) || !mayRole(role, act)) {
      this.refused.scope++
      throw new HttpProblem(403, 'that is not for your role', `${name} is ${role}`, { rule: 'role', value: role })
    }
    senders.set(request, known.sender)
    return true
  }

  /** Where reading needs a token too: everything that asks for no other scope, but whether the server is well. */
  readonly reads = async (request: FastifyRequest): Promise<void> => {
    const { config, url } = request.routeOptions
    // A link that a subscriber was sent is as good as a token, and their mail program has no other.
    const open = url === '/healthz' || url === '/readyz' || url?.startsWith('/subscription/') === true
    if (config?.scope !== undefined || open) return
    await this.need('read')(request)
  }

  private lacks({ name, scopes }: Sender, scope: TokenScope): HttpProblem {
    this.refused.scope++
    return new HttpProblem(
      403,
      `the token lacks the scope ${scope}`,
      `token ${name} has ${scopes.join(', ')}; this needs ${scope}`,
      { rule: 'authorization.scope', value: scopes.join(' '), extra: { scope } },
    )
  }

  /** Guessing costs time; an honest typing error does not. */
  private async slow(request: FastifyRequest): Promise<void> {
    const { address } = this.visitors.visitor(request, null)
    const who = isIP(address) === 0 ? address : subscriberOf(address)
    if (this.wrong.take(who, this.app.env.now())) return
    const held = this.held.get(who) ?? 0
    if (held >= WRONG_TOKENS_HELD) {
      this.refused.slowed++
      throw new HttpProblem(429, 'too many wrong tokens from this address', 'a valid token still works', {
        rule: 'authorization',
        retryAfterMs: WRONG_TOKENS_WAIT_MS,
      })
    }
    this.held.set(who, held + 1)
    try {
      await this.wait(WRONG_TOKENS_WAIT_MS)
    } finally {
      const left = this.held.get(who)! - 1
      if (left === 0) this.held.delete(who)
      else this.held.set(who, left)
    }
  }
}

const TITLES = {
  missing: 'a token is missing',
  wrong: 'the token is wrong',
  expired: 'the token has expired',
  revoked: 'the token was revoked',
}
const HOW =
  'send `Authorization: Bearer TOKEN`; the owner’s token is in the file `token` of the data folder, `epicenter token add` makes others'
