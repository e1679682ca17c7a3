import { chownSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PermanentError } from '../../contract/error.js'
import { type Role, ROLES } from '../../contract/role.js'
import type { EpochMs } from '../../contract/time.js'

/** Whom a provider of single sign-on means: its subject, which it never gives to anybody else. */
export interface Identity {
  issuer: string
  subject: string
}

/** Somebody who may sign in. */
export interface Person {
  name: string
  role: Role
  /** Argon2id, PHC string; null: no password was ever set. */
  password: string | null
  createdAt: EpochMs
  signedInAt: EpochMs | null
  /** Comes by a provider; absent: does not. */
  identity?: Identity
  passkeys?: Passkey[]
}

/** A key in somebody's device, with which they sign in. What is here is public. */
export interface Passkey {
  /** As the device calls it, base64url. */
  id: string
  /** COSE, base64url. */
  publicKey: string
  /** Of uses, as far as the device counts; one that goes back is a copy. */
  counter: number
  /** As its person calls it. */
  label: string
  createdAt: EpochMs
  usedAt: EpochMs | null
}

/** A link that was given away: whoever has it may join, once. Its key alone is not here. */
export interface Invitation {
  /** SHA-256 of the key, hexadecimal. */
  hash: string
  role: Role
  /** Whose password it sets anew; null: it makes a person. */
  name: string | null
  by: string
  expiresAt: EpochMs
}

/** A browser that is signed in. */
export interface Session {
  /** SHA-256 of what its cookie holds. */
  hash: string
  name: string
  createdAt: EpochMs
  seenAt: EpochMs
  /** What the browser calls itself, shortened. */
  agent: string
  /** Ends then at the latest, whatever else holds: what a provider said of somebody is asked again. */
  until?: EpochMs
}

/** What somebody did about people, kept with what it did in one write. */
export interface AuditRow {
  at: EpochMs
  by: string
  act: string
  about: string
  detail: string
}

export interface PeopleFile {
  version: 1
  people: Person[]
  invitations: Invitation[]
  sessions: Session[]
  audit: AuditRow[]
}

const FILE = 'people.json'
export const peopleFile = (data: string): string => join(data, FILE)
export const nobodyYet = (): PeopleFile => ({ version: 1, people: [], invitations: [], sessions: [], audit: [] })

/** The people of a data folder; nobody where the file is not there. @throws PermanentError for a file that is none of ours */
export function readPeople(data: string): PeopleFile {
  const file = peopleFile(data)
  if (!existsSync(file)) return nobodyYet()
  let read: PeopleFile
  try {
    read = JSON.parse(readFileSync(file, 'utf8')) as PeopleFile
  } catch (error) {
    throw new PermanentError(
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'it is no JSON'}); restore it from a backup, or delete it: the next start prints a link for a new admin`,
    )
  }
  if (read?.version !== 1)
    throw new PermanentError(`${file} is of version ${String(read?.version)}; this program reads version 1`)
  const whole =
    [read.people, read.invitations, read.sessions, read.audit].every(Array.isArray) &&
    read.people.every(each => typeof each.name === 'string' && ROLES.includes(each.role))
  if (!whole) throw new PermanentError(`${file} holds no people; restore it from a backup, or delete it`)
  return read
}

/** Written aside and renamed, readable by the owner alone. */
export function writePeople(data: string, people: PeopleFile): void {
  const file = peopleFile(data)
  const aside = `${file}.${process.pid}.new`
  writeFileSync(aside, `${JSON.stringify(people, null, 1)}\n`, { mode: 0o600 })
  if (process.getuid?.() === 0) {
    const { uid, gid } = statSync(data)
    chownSync(aside, uid, gid)
  }
  renameSync(aside, file)
}
