import { createHmac, timingSafeEqual } from 'node:crypto'
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { MINUTE } from '../../contract/time.js'
import type { Env } from '../env.js'
import { NotDone, type People } from './people.js'
import type { Passkey } from './people-file.js'

/** What the browser was asked is good for so long. */
export const CHALLENGE_MS = 5 * MINUTE
/** Challenges that were used are remembered until they would be too old; those who may sign in can use so many meanwhile. */
const USED_MOST = 10_000
/** Bytes of a challenge: when it ends, what nobody may guess, and a seal over both and its purpose. */
const [END_BYTES, RANDOM_BYTES, SEAL_BYTES] = [6, 16, 16]
/** Of the key that seals them: as long as the digest. */
const KEY_BYTES = 32

/** The site that passkeys belong to. */
export interface Site {
  /** `https://status.example.com` */
  origin: string
  /** `status.example.com` */
  id: string
}

/** What the browser is asked: a challenge, and for a new passkey whose it will be. */
export interface Asked {
  challenge: string
  rpId: string
  user?: { id: string; name: string }
  /** Ids of passkeys that somebody has already. */
  known: string[]
}

/**
 * Passkeys (WebAuthn) as a second way beside the password. A challenge carries its own end and seal, so strangers who ask for
 * many fill nothing; each is good once.
 */
export class Passkeys {
  private readonly key: Uint8Array
  /** Challenge → its end. */
  private readonly used = new Map<string, number>()

  constructor(
    private readonly people: People,
    private readonly env: Pick<Env, 'now' | 'random'>,
  ) {
    this.key = env.random(KEY_BYTES)
  }

  /** @param name who wants a new one; null: somebody wants to sign in */
  ask(site: Site, name: string | null): Asked {
    const asked = { challenge: this.challenge(purposeOf(name)), rpId: site.id, known: [] }
    if (name === null) return asked
    const known = this.people.passkeysOf(name).map(each => each.id)
    return { ...asked, user: { id: this.people.handleOf(name), name }, known }
  }

  /** Keeps a new passkey of somebody who is signed in. @throws NotDone */
  async register(site: Site, name: string, label: string, answer: string): Promise<void> {
    const { response, challenge } = read<RegistrationResponseJSON>(answer)
    this.mustFit(challenge, purposeOf(name))
    const { verifyRegistrationResponse } = await import('@simplewebauthn/server')
    const { registrationInfo: info } = await verified(site, () =>
      verifyRegistrationResponse({
        response,
        expectedChallenge: challenge,
        expectedOrigin: site.origin,
        expectedRPID: site.id,
      }),
    )
    this.use(challenge)
    const { id, publicKey, counter } = info!.credential
    this.people.addPasskey(name, {
      id,
      publicKey: Buffer.from(publicKey).toString('base64url'),
      counter,
      label,
      createdAt: this.env.now(),
      usedAt: null,
    })
  }

  /** Whose passkey answered. @throws NotDone */
  async signIn(site: Site, answer: string): Promise<string> {
    const { response, challenge } = read<AuthenticationResponseJSON>(answer)
    this.mustFit(challenge, purposeOf(null))
    const found = this.people.passkey(response.id)
    if (found === null) throw new NotDone('this passkey belongs to nobody here any more: sign in with your password')
    const { name, passkey } = found
    const { verifyAuthenticationResponse } = await import('@simplewebauthn/server')
    const { authenticationInfo: info } = await verified(site, () =>
      verifyAuthenticationResponse({
        response,
        expectedChallenge: challenge,
        expectedOrigin: site.origin,
        expectedRPID: site.id,
        credential: { id: passkey.id, publicKey: keyOf(passkey), counter: passkey.counter },
      }),
    )
    const { userHandle } = response.response
    if (userHandle !== undefined && userHandle !== this.people.handleOf(name))
      throw new NotDone('this passkey was made for somebody else')
    this.use(challenge)
    this.people.usedPasskey(passkey.id, info.newCounter)
    return name
  }

  private challenge(purpose: string): string {
    const end = Buffer.alloc(END_BYTES)
    end.writeUIntBE(Math.max(0, this.env.now() + CHALLENGE_MS), 0, END_BYTES)
    const open = Buffer.concat([end, this.env.random(RANDOM_BYTES)])
    return Buffer.concat([open, this.seal(open, purpose)]).toString('base64url')
  }

  private seal(open: Uint8Array, purpose: string): Buffer {
    return createHmac('sha256', this.key).update(open).update(purpose).digest().subarray(0, SEAL_BYTES)
  }

  /** @throws NotDone for a challenge that was not asked, not for this, too long ago, or that was used */
  private mustFit(challenge: string, purpose: string): void {
    const bytes = Buffer.from(challenge, 'base64url')
    const open = bytes.subarray(0, END_BYTES + RANDOM_BYTES)
    const seal = bytes.subarray(END_BYTES + RANDOM_BYTES)
    if (seal.length !== SEAL_BYTES || !timingSafeEqual(seal, this.seal(open, purpose)))
      throw new NotDone('this server did not ask for that, or did so before a restart: try again')
    if (open.readUIntBE(0, END_BYTES) <= this.env.now())
      throw new NotDone('that took more than five minutes: try again')
    if (this.used.has(challenge)) throw new NotDone('that was used already: try again')
  }

  /** Once: two that came with one challenge are told apart here. @throws NotDone */
  private use(challenge: string): void {
    if (this.used.has(challenge)) throw new NotDone('that was used already: try again')
    const now = this.env.now()
    for (const [each, end] of this.used) if (end <= now || this.used.size >= USED_MOST) this.used.delete(each)
    this.used.set(challenge, now + CHALLENGE_MS)
  }
}

const purposeOf = (name: string | null): string => (name === null ? 'sign in' : `register ${name}`)
const keyOf = ({ publicKey }: Passkey) => new Uint8Array(Buffer.from(publicKey, 'base64url'))

/** What a browser sends, with the challenge that it answers. @throws NotDone */
function read<T extends RegistrationResponseJSON | AuthenticationResponseJSON>(
  answer: string,
): { response: T; challenge: string } {
  try {
    const response = JSON.parse(answer) as T
    const said = JSON.parse(Buffer.from(response.response.clientDataJSON, 'base64url').toString()) as {
      challenge: string
    }
    if (typeof response.id === 'string' && typeof said.challenge === 'string')
      return { response, challenge: said.challenge }
  } catch {
    // What is told is the same.
  }
  throw new NotDone('what the browser sent is no passkey')
}

/** What the library finds, or its refusal in words for whoever tries. @throws NotDone */
async function verified<T extends { verified: boolean }>(site: Site, verify: () => Promise<T>): Promise<T> {
  let why = ''
  try {
    const found = await verify()
    if (found.verified) return found
  } catch (error) {
    why = (error as Error).message
  }
  if (/origin/i.test(why)) throw new NotDone(`the passkey was used on another site than ${site.origin}`)
  if (/RP ID/i.test(why)) throw new NotDone(`the passkey was made for another site than ${site.id}`)
  if (/counter/i.test(why))
    throw new NotDone('this passkey seems to have been copied: sign in with your password and remove it')
  if (/verification/i.test(why)) throw new NotDone('the device did not ask who you are (PIN, finger, face)')
  throw new NotDone('the passkey does not fit')
}
