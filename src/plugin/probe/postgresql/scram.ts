import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { Amiss } from '../../shared/talk.js'

// SCRAM-SHA-256 without channel binding (RFC 5802, RFC 7677), as PostgreSQL asks for it.

const hmac = (key: Uint8Array, text: string) => createHmac('sha256', key).update(text).digest()
const derived = promisify(pbkdf2)
/** Rounds that we do for a server at most: a hostile one could ask for hours. */
const ROUNDS_MAX = 100_000

export class Scram {
  private signature = ''

  constructor(
    private readonly password: string,
    private readonly nonce = randomBytes(18).toString('base64'),
  ) {}

  /** What is said first. */
  get first(): string {
    return `n,,${this.bare}`
  }

  private get bare(): string {
    return `n=,r=${this.nonce}`
  }

  /** The answer to the server's first message. @throws Amiss */
  async final(challenge: string): Promise<string> {
    const found = /^r=([^,]+),s=([^,]+),i=(\d{1,9})$/.exec(challenge)
    const [, nonce = '', salt = '', rounds = '0'] = found ?? []
    if (!nonce.startsWith(this.nonce) || Number(rounds) < 1) throw new Amiss('it breaks the rules of SCRAM')
    if (Number(rounds) > ROUNDS_MAX) throw new Amiss(`it asks for ${rounds} rounds, more than ${ROUNDS_MAX}`)
    const salted = await derived(
      this.password.normalize('NFKC'),
      Buffer.from(salt, 'base64'),
      Number(rounds),
      32,
      'sha256',
    )
    const key = hmac(salted, 'Client Key')
    const without = `c=biws,r=${nonce}`
    const all = `${this.bare},${challenge},${without}`
    const own = hmac(createHash('sha256').update(key).digest(), all)
    this.signature = hmac(hmac(salted, 'Server Key'), all).toString('base64')
    return `${without},p=${Buffer.from(key.map((byte, i) => byte ^ own[i]!)).toString('base64')}`
  }

  /** Whether the server knows the password as well. */
  verify(last: string): void {
    if (last !== `v=${this.signature}`) throw new Amiss('it does not know the password that it asks for')
  }
}
