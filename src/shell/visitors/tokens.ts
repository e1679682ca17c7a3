import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { chownSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PermanentError } from '../../contract/error.js'
import { TOKENS } from '../../contract/limits.js'
import { TOKEN_SCOPES, type TokenScope, type TokenConfig } from '../../contract/config.js'
import type { Role } from '../../contract/role.js'
import type { EpochMs } from '../../contract/time.js'
import type { Env } from '../env.js'

/** Who writes, or reads, with a token. */
export interface Sender {
  name: string
  /** Whose ids these are: senders of other namespaces may use the same ones. Empty: the owner's, and people's own door. */
  namespace: string
  scopes: readonly TokenScope[]
  /** The only services it may speak of; null: any. */
  services: ReadonlySet<string> | null
  /** Of a person who is signed in; a token has none. */
  role?: Role
}

/** The one token of the file `token`: it may do everything, and may send what others sent (`sender`), as a copied log does. */
export const OWNER: Sender = { name: 'owner', namespace: '', scopes: TOKEN_SCOPES, services: null }

/** What a token's name and a namespace look like: part of the ids that people read, and a metric's label. */
export const TOKEN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/

/** A token as it lies on the disk: its hash alone, so that whoever reads the file can send nothing. */
export interface KeptToken {
  name: string
  namespace: string
  /** SHA-256 of the token, hexadecimal: tokens are 24 random bytes, which no list of words leads to. */
  hash: string
  scopes: TokenScope[]
  services: string[] | null
  createdAt: EpochMs
  expiresAt: EpochMs | null
  revokedAt: EpochMs | null
}

export interface TokenFile {
  version: 1
  /** Keeps one sender from finding an id that is counted as another's (see `saltOf`). */
  key: string
  tokens: KeptToken[]
}

/** Random bytes of a token: 192 bits. */
const TOKEN_BYTES = 24
/** Bytes of the key that salts the ids of namespaces. */
const KEY_BYTES = 32
const FILE = 'tokens.json'

const digestOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')

export const tokenFile = (data: string): string => join(data, FILE)

/** The tokens of a data folder; null when none was ever made. @throws PermanentError for a file that is none of ours */
export function readTokens(data: string): TokenFile | null {
  const file = tokenFile(data)
  if (!existsSync(file)) return null
  let read: TokenFile
  try {
    read = JSON.parse(readFileSync(file, 'utf8')) as TokenFile
  } catch (error) {
    throw new PermanentError(
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'it is no JSON'}); restore it from a backup, or delete it and make the tokens anew with \`epicenter token add\``,
    )
  }
  if (read?.version !== 1)
    throw new PermanentError(`${file} is of version ${String(read?.version)}; this program reads version 1`)
  if (typeof read.key !== 'string' || !Array.isArray(read.tokens))
    throw new PermanentError(`${file} holds no tokens; delete it and make them anew with \`epicenter token add\``)
  return read
}

/** Written aside and renamed, readable by the owner alone; as root it is given to whom the folder belongs, who serves. */
export function writeTokens(data: string, tokens: TokenFile): void {
  const file = tokenFile(data)
  const aside = `${file}.${process.pid}.new`
  writeFileSync(aside, `${JSON.stringify(tokens, null, 2)}\n`, { mode: 0o600 })
  if (process.getuid?.() === 0) {
    const { uid, gid } = statSync(data)
    chownSync(aside, uid, gid)
  }
  renameSync(aside, file)
}

export const emptyTokens = (env: Pick<Env, 'random'>): TokenFile => ({
  version: 1,
  key: Buffer.from(env.random(KEY_BYTES)).toString('base64'),
  tokens: [],
})

/** A new token; the answer is its only copy. @throws PermanentError when the name is taken or the file is full */
export function addToken(
  into: TokenFile,
  asked: Pick<KeptToken, 'name' | 'namespace' | 'scopes' | 'services' | 'expiresAt'>,
  env: Pick<Env, 'now' | 'random'>,
): string {
  const known = into.tokens.find(each => each.name === asked.name)
  if (asked.name === OWNER.name) throw new PermanentError('owner is the name of the token in the file `token`')
  if (known !== undefined && known.revokedAt === null)
    throw new PermanentError(
      `there is a token ${asked.name} already; revoke it first, or give the new one a name of its own and --namespace ${known.namespace}`,
    )
  if (into.tokens.length >= TOKENS && known === undefined)
    throw new PermanentError(`there are already ${TOKENS} tokens, the most there may be`)
  const secret = `ept_${Buffer.from(env.random(TOKEN_BYTES)).toString('base64url')}`
  into.tokens = into.tokens.filter(each => each !== known)
  into.tokens.push({ ...asked, hash: digestOf(secret), createdAt: env.now(), revokedAt: null })
  return secret
}

export type Known = { sender: Sender } | { why: 'wrong' | 'expired' | 'revoked'; name?: string }

/** What became of one token's requests since the start. */
export interface Tally {
  accepted: number
  duplicate: number
  rejected: number
  orders: number
  lastSeenAt: EpochMs
}

type Held = Pick<KeptToken, 'expiresAt' | 'revokedAt'> & { digest: Buffer; sender: Sender }

/** All tokens of a workspace: the owner's, those of `tokens.json` and those of the configuration. */
export class Tokens {
  readonly tallies = new Map<string, Tally>()
  private held = new Map<string, Held>()
  private file: TokenFile
  private stamp = ''

  /** `data` null: nothing is kept. `owner`: the token of the file `token`. @throws PermanentError */
  constructor(
    private readonly data: string | null,
    private readonly owner: string,
    private configured: readonly TokenConfig[],
    private readonly env: Pick<Env, 'now' | 'random' | 'log'>,
  ) {
    const read = data === null ? null : readTokens(data)
    this.file = read ?? emptyTokens(env)
    if (data !== null && read === null) writeTokens(data, this.file)
    this.stamp = this.look()
    this.learn()
  }

  /** Other tokens in the configuration, from now on. */
  configure(configured: readonly TokenConfig[]): void {
    this.configured = configured
    this.learn()
  }

  /** Whose token this is. What `epicenter token` changed is noticed here, at once and without a signal. */
  find(secret: string): Known {
    this.refresh()
    const digest = digestOf(secret)
    // Looked up by its digest, which nobody can steer towards that of a token, and compared in one time all the same.
    const found = this.held.get(digest)
    if (found === undefined || !timingSafeEqual(found.digest, Buffer.from(digest, 'hex'))) return { why: 'wrong' }
    const { sender, expiresAt, revokedAt } = found
    if (revokedAt !== null) return { why: 'revoked', name: sender.name }
    if (expiresAt !== null && expiresAt <= this.env.now()) return { why: 'expired', name: sender.name }
    this.tally(sender).lastSeenAt = this.env.now()
    return { sender }
  }

  /** All but the owner's, those of the configuration last; `kept` null: it is one of those. */
  get list(): (Pick<KeptToken, 'name' | 'scopes' | 'services'> & {
    kept: KeptToken | null
    tally: Tally | undefined
  })[] {
    this.refresh()
    return [
      ...this.file.tokens.map(kept => ({ ...kept, kept })),
      ...this.configured.map(({ name, scopes, services }) => ({
        name,
        scopes,
        services: services ?? null,
        kept: null,
      })),
    ].map(each => ({ ...each, tally: this.tallies.get(each.name) }))
  }

  /** A new token; the answer is its only copy. @throws PermanentError */
  add(asked: Parameters<typeof addToken>[1]): string {
    if (this.configured.some(each => each.name === asked.name))
      throw new PermanentError(`the configuration file has a token ${asked.name} already`)
    this.refresh()
    const secret = addToken(this.file, asked, this.env)
    this.write()
    return secret
  }

  /** From now on nothing is taken from it. @throws PermanentError */
  revoke(name: string): void {
    this.refresh()
    const found = this.file.tokens.find(each => each.name === name)
    if (found === undefined) throw new PermanentError(`there is no token ${name}`)
    found.revokedAt ??= this.env.now()
    this.write()
  }

  private write(): void {
    if (this.data !== null) writeTokens(this.data, this.file)
    this.stamp = this.look()
    this.learn()
  }

  tally({ name }: Sender): Tally {
    let tally = this.tallies.get(name)
    if (tally === undefined)
      this.tallies.set(name, (tally = { accepted: 0, duplicate: 0, rejected: 0, orders: 0, lastSeenAt: 0 }))
    return tally
  }

  /**
   * What is mixed into the fingerprints of a namespace's ids. Keyed: fingerprints are quick and no secret, and whoever
   * knew the salts could look for an id of his own that has the fingerprint of another's.
   */
  saltOf = (namespace: string): { hi: number; lo: number } => {
    if (namespace === '') return NO_SALT
    const salt = createHmac('sha256', this.file.key).update(namespace).digest()
    return { hi: salt.readUInt32LE(0), lo: salt.readUInt32LE(4) }
  }

  /** This instance among others: the same as long as the file is, and nothing that leads to it. */
  get instance(): string {
    return this.lentId('instance').slice(0, 16)
  }

  /** An id as others are given it: the same each time, and telling nothing of who sent it and how they count. */
  lentId(...parts: string[]): string {
    return createHmac('sha256', this.file.key).update(JSON.stringify(parts)).digest('base64url').slice(0, 22)
  }

  private refresh(): void {
    const stamp = this.look()
    if (stamp === this.stamp) return
    this.stamp = stamp
    try {
      const read = readTokens(this.data!)
      // Deleted: its tokens are gone, the key stays, or what was counted would count again.
      this.file = read === null ? { ...this.file, tokens: [] } : { ...read, key: this.file.key }
      this.learn()
    } catch (error) {
      this.env.log('error', 'the tokens cannot be read; those known before stay valid', {
        why: (error as Error).message,
      })
    }
  }

  /** Changes whenever the file does: a rename brings a new inode. */
  private look(): string {
    if (this.data === null) return ''
    try {
      const { mtimeMs, ino, size } = statSync(tokenFile(this.data))
      return `${mtimeMs} ${ino} ${size}`
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? 'unknown'
    }
  }

  private learn(): void {
    this.held = new Map()
    const hold = (hash: string, sender: Sender, { expiresAt, revokedAt }: Pick<Held, 'expiresAt' | 'revokedAt'>) =>
      this.held.set(hash, { digest: Buffer.from(hash, 'hex'), sender, expiresAt, revokedAt })
    for (const { name, namespace, scopes, services, hash, ...ends } of this.file.tokens)
      hold(hash, { name, namespace, scopes, services: services === null ? null : new Set(services) }, ends)
    for (const { name, namespace = name, scopes, services, secret } of this.configured)
      hold(
        digestOf(secret),
        { name, namespace, scopes, services: services === undefined ? null : new Set(services) },
        { expiresAt: null, revokedAt: null },
      )
    hold(digestOf(this.owner), OWNER, { expiresAt: null, revokedAt: null })
  }
}

const NO_SALT = { hi: 0, lo: 0 }
