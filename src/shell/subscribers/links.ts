import { createHmac } from 'node:crypto'
import type { EpochMs } from '../../contract/time.js'
import { sameSecret } from '../folder/secret.js'

/** Characters of a seal: 132 bits. */
const SEAL_CHARS = 22
const TOKEN = /^([\w-]{22})(?:\.([0-9a-z]{1,11}))?\.([\w-]{22})$/

/** Parts of links that only their subscriber was sent: who has one may act for them, and nobody can make one. */
export class Links {
  constructor(private readonly key: Uint8Array) {}

  private seal(what: string): string {
    return createHmac('sha256', this.key).update(what).digest('base64url').slice(0, SEAL_CHARS)
  }

  /** Good for as long as they are subscribed: in each message. */
  manage(id: string): string {
    return `${id}.${this.seal(`manage ${id}`)}`
  }

  confirm(id: string, at: EpochMs): string {
    const time = at.toString(36)
    return `${id}.${time}.${this.seal(`confirm ${id} ${time}`)}`
  }

  /** Whose link it is; null: it is none of ours. */
  managed(token: string): string | null {
    const [, id = '', time, seal = ''] = TOKEN.exec(token) ?? []
    return id !== '' && time === undefined && sameSecret(seal, this.seal(`manage ${id}`)) ? id : null
  }

  /** Whose link to confirm it is, and when it was made. */
  confirmed(token: string): { id: string; at: EpochMs } | null {
    const [, id = '', time = '', seal = ''] = TOKEN.exec(token) ?? []
    if (time === '' || !sameSecret(seal, this.seal(`confirm ${id} ${time}`))) return null
    return { id, at: Number.parseInt(time, 36) }
  }
}
