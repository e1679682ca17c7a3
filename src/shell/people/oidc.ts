import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import type * as Client from 'openid-client'
import { type Role, ROLES } from '../../contract/role.js'
import type { OidcConfig } from '../../contract/access/sign-in.js'
import { type EpochMs, HOUR, MINUTE, SECOND } from '../../contract/time.js'
import type { Env } from '../env.js'
import { pluginEnv } from '../outside/env.js'
import { NotDone } from './people.js'
import type { Identity } from './people-file.js'

/** Whoever begins has so long to sign in at the provider. */
export const FLOW_MS = 10 * MINUTE
/** What the provider says of itself is asked anew so often. */
const DISCOVERED_MS = HOUR
/** The provider's clock may differ from ours by so much. */
const TOLERANCE_SECONDS = 60
/** The provider has so long for an answer, and so many bytes. */
const [ANSWER_MS, ANSWER_BYTES] = [10 * SECOND, 1_000_000]
/** Bytes of what nobody may guess, and of GCM's number used once. */
const [RANDOM_BYTES, IV_BYTES, TAG_BYTES] = [32, 12, 16]

const CLOCKS =
  'the clocks of this server and of the provider differ by more than a minute: an admin sets the one that is wrong'

/** What is kept of a sign-in between its beginning and its end, sealed in the browser's own cookie. */
interface Flow {
  state: string
  nonce: string
  verifier: string
  /** What it was begun for: a path, a person. */
  for: Purpose
  until: EpochMs
}

export interface Purpose {
  /** The path to go on with, checked by who begins. */
  to: string
  /** Somebody signed in who wants to come by the provider from now on; null: whoever comes signs in. */
  link: string | null
  /** Only to see a page that is not for everybody: nobody becomes a person of the console by it. */
  reads: boolean
}

/** Somebody whom the provider vouches for. */
export interface Vouched {
  identity: Identity
  claims: Record<string, unknown>
  for: Purpose
}

/**
 * Signing in by a provider of OpenID Connect: the authorization code flow with PKCE, state and nonce, every time. It asks the
 * provider through the guard alone. Nothing is kept here between beginning and end, so nobody can fill this up.
 */
export class Oidc {
  private readonly key: Uint8Array
  private found: { at: EpochMs; server: Promise<Client.ServerMetadata> } | null = null

  constructor(
    readonly config: OidcConfig,
    private readonly env: Env,
  ) {
    this.key = env.random(RANDOM_BYTES)
  }

  /** Where the browser is sent, and what its cookie keeps until it is back. @throws NotDone where the provider cannot be asked */
  async begin(callback: string, purpose: Purpose): Promise<{ url: string; flow: string }> {
    const client = await import('openid-client')
    const configuration = await this.configuration(client)
    const [state, nonce, verifier] = [this.secret(), this.secret(), this.secret()]
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: callback,
      scope: this.config.scopes.join(' '),
      state,
      nonce,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    })
    const flow: Flow = { state, nonce, verifier, for: purpose, until: this.env.now() + FLOW_MS }
    return { url: url.href, flow: this.seal(flow) }
  }

  /**
   * Who came back, once the code was changed for a signed statement about them that was made for this very sign-in.
   *
   * @param sealed what the cookie kept
   * @param back the whole address that the browser came back to
   * @throws NotDone in words for whoever wanted to sign in
   */
  async finish(sealed: string | null, back: URL): Promise<Vouched> {
    const flow = sealed === null ? null : this.open(sealed)
    if (flow === null)
      throw new NotDone('this browser has not begun to sign in here, or did so before a restart: begin again')
    if (flow.until <= this.env.now()) throw new NotDone('that took more than ten minutes: begin again')
    const client = await import('openid-client')
    const configuration = await this.configuration(client)
    try {
      const tokens = await client.authorizationCodeGrant(configuration, back, {
        expectedState: flow.state,
        expectedNonce: flow.nonce,
        pkceCodeVerifier: flow.verifier,
        idTokenExpected: true,
      })
      const claims = tokens.claims()!
      // The library looks at the end of a statement alone.
      if (claims.iat * SECOND > this.env.now() + TOLERANCE_SECONDS * SECOND) throw new NotDone(CLOCKS)
      return { identity: { issuer: claims.iss, subject: claims.sub }, claims, for: flow.for }
    } catch (error) {
      throw error instanceof NotDone ? error : new NotDone(this.plainly(client, error))
    }
  }

  /** The provider as it was found, with the difference between the clock that is believed and the process's own. */
  private async configuration(client: typeof Client): Promise<Client.Configuration> {
    const { clientId, clientSecret } = this.config
    const server = await this.discovered(client)
    const made = new client.Configuration(
      server,
      clientId,
      {
        [client.clockSkew]: Math.round((this.env.now() - Date.now()) / SECOND),
        [client.clockTolerance]: TOLERANCE_SECONDS,
      } as Partial<Client.ClientMetadata>,
      clientSecret === null ? client.None() : secretAs(client, server, clientSecret),
    )
    made[client.customFetch] = this.ask
    // The signature is checked too, though the token comes from the provider itself.
    client.enableNonRepudiationChecks(made)
    if (isPlain(this.config.issuer)) client.allowInsecureRequests(made)
    return made
  }

  private async discovered(client: typeof Client): Promise<Client.ServerMetadata> {
    const now = this.env.now()
    if (this.found === null || now - this.found.at > DISCOVERED_MS) {
      const { issuer, clientId } = this.config
      const execute = isPlain(issuer) ? [client.allowInsecureRequests] : []
      const server = client
        .discovery(new URL(issuer), clientId, undefined, client.None(), { execute, [client.customFetch]: this.ask })
        .then(each => each.serverMetadata())
      this.found = { at: now, server }
    }
    try {
      return await this.found.server
    } catch (error) {
      this.found = null
      throw new NotDone(this.plainly(client, error))
    }
  }

  /** `fetch` as the library wants it, by the guard. */
  private readonly ask: Client.CustomFetch = async (url, { method, headers, body, signal }) => {
    const guarded = pluginEnv(this.env, this.config.allowPrivate)
    const answer = await guarded.fetch(url, {
      method,
      headers:
        body instanceof URLSearchParams ? { 'content-type': 'application/x-www-form-urlencoded', ...headers } : headers,
      ...(body === null || body === undefined ? {} : { body: String(body) }),
      ...(signal === undefined ? {} : { signal }),
      timeoutMs: ANSWER_MS,
      maxBytes: ANSWER_BYTES,
    })
    const type = answer.headers.get('content-type')
    const bytes = await answer.bytes()
    return new Response(bytes.length === 0 ? null : new Uint8Array(bytes), {
      status: answer.status,
      headers: type === null ? {} : { 'content-type': type },
    })
  }

  /** What went wrong, for whoever wanted to sign in; nothing of it is secret. The log line has the library's own code. */
  private plainly(client: typeof Client, error: unknown): string {
    const { code = '', cause, message } = error as Failure
    this.env.log('warn', 'somebody could not sign in by the provider', { code, why: message })
    if (error instanceof client.AuthorizationResponseError) {
      if (error.error === 'access_denied') return 'you cancelled it, or the provider does not let you in here'
      return `the provider says ${error.error}${error.error_description === undefined ? '' : `: ${error.error_description.slice(0, 200)}`}`
    }
    if (error instanceof client.ResponseBodyError)
      return error.error === 'invalid_grant'
        ? 'the provider does not know this sign-in any more: begin again'
        : `the provider refuses this server (${error.error}): an admin checks clientId, clientSecret and the address to come back to`
    const inner = cause?.cause ?? cause
    const about = inner?.claim ?? inner?.attribute
    if (code === 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED') return CLOCKS
    if (about === 'nonce') return 'what the provider said was not made for this sign-in (nonce): begin again'
    if (about === 'iss' || about === 'issuer' || /"iss"/.test(cause?.message ?? ''))
      return `somebody else than ${this.config.issuer} answered for it (issuer): an admin checks \`issuer\``
    if (about === 'aud' || about === 'azp') return 'what the provider said was made for another program (audience)'
    if (/"state"/.test(`${message} ${cause?.message ?? ''}`))
      return 'this is the end of another sign-in than the one that this browser began (state): begin again'
    if (code.startsWith('OAUTH_')) return `what the provider said cannot be believed (${code})`
    return 'the provider cannot be asked just now: try again in a minute, or sign in with a password'
  }

  private readonly secret = (): string => Buffer.from(this.env.random(RANDOM_BYTES)).toString('base64url')

  private seal(flow: Flow): string {
    const iv = this.env.random(IV_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.key, iv)
    const text = Buffer.concat([cipher.update(JSON.stringify(flow)), cipher.final()])
    return Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url')
  }

  private open(sealed: string): Flow | null {
    const bytes = Buffer.from(sealed, 'base64url')
    if (bytes.length <= IV_BYTES + TAG_BYTES) return null
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.key, bytes.subarray(0, IV_BYTES))
      decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
      const text = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()])
      return JSON.parse(text.toString()) as Flow
    } catch {
      return null
    }
  }
}

/** An error of the library, with the one that it wraps. */
interface Failure {
  code?: string
  message: string
  cause?: { message?: string; claim?: string; attribute?: string; cause?: { claim?: string; attribute?: string } }
}

/** Without TLS, which the configuration allows on this machine alone. */
const isPlain = (issuer: string): boolean => issuer.startsWith('http:')

/** How the provider wants to be shown the secret; as most do, where it does not say. */
function secretAs(client: typeof Client, server: Client.ServerMetadata, secret: string): Client.ClientAuth {
  const ways = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  return ways.includes('client_secret_basic') ? client.ClientSecretBasic(secret) : client.ClientSecretPost(secret)
}

/** A claim by its name, or by the path to it (`realm_access.roles`). */
function claimOf(claims: Record<string, unknown>, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  return name
    .split('.')
    .reduce<unknown>(
      (value, part) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, part)
          ? (value as Record<string, unknown>)[part]
          : undefined,
      claims,
    )
}

/** The texts of a claim: one, or a list. */
const textsOf = (value: unknown): string[] => [value].flat().filter(each => typeof each === 'string')
export const textsAt = (claims: Record<string, unknown>, name: string): string[] => textsOf(claimOf(claims, name))

/**
 * What somebody is called here, by their claim: what stands before an `@`, and what a name cannot hold as `-`.
 *
 * @throws NotDone where the claim is not there
 */
export function nameOf({ nameClaim }: Pick<OidcConfig, 'nameClaim'>, claims: Record<string, unknown>): string {
  const [text = ''] = textsOf(claimOf(claims, nameClaim))
  const name = text
    .replace(/@.*$/, '')
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '')
    .slice(0, 60)
  if (name !== '') return name
  throw new NotDone(
    `the provider says no ${nameClaim} of you, by which people are named here: an admin sets \`nameClaim\``,
  )
}

/** The highest role that a claim gives; undefined where the configuration says nothing of roles. @throws NotDone where it gives none */
export function roleOf({ roles }: Pick<OidcConfig, 'roles'>, claims: Record<string, unknown>): Role | undefined {
  if (roles === null) return undefined
  const value = claimOf(claims, roles.claim)
  const texts = textsOf(value)
  const role = ROLES.toReversed().find(each => roles[each].some(text => text === '*' || texts.includes(text)))
  if (role !== undefined) return role
  throw new NotDone(
    value === undefined
      ? `the provider says no ${roles.claim} of you, which gives people their roles here: an admin of it adds the claim`
      : `nothing in your ${roles.claim} gives you a role here: ask for one at the provider`,
  )
}
