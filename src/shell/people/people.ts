import { createHash } from 'node:crypto'
import { PEOPLE_MOST, SESSIONS_OF_PERSON } from '../../contract/limits.js'
import { type Role, SCOPES_OF_ROLE } from '../../contract/role.js'
import { DAY, HOUR, MINUTE } from '../../contract/time.js'
import type { Env } from '../env.js'
import { OWNER, TOKEN_NAME, type Sender } from '../visitors/tokens.js'
import { hashPassword, isPassword, passwordFault } from './passwords.js'
import {
  type AuditRow,
  type Invitation,
  nobodyYet,
  type PeopleFile,
  type Person,
  readPeople,
  type Session,
  writePeople,
} from './people-file.js'

/** A link to join is good for so long; the first admin's, which stands in a log, for less. */
const [INVITATION_MS, FIRST_MS] = [3 * DAY, HOUR]
/** A session ends so long after its beginning, and so long after it was last seen. */
const [SESSION_MS, IDLE_MS] = [30 * DAY, 7 * DAY]
/** That a session was seen is written down so often. */
const SEEN_MS = 10 * MINUTE
/** Rows of the audit that are kept, the newest. */
const AUDIT_ROWS = 10_000
/** Characters that are kept of what a browser calls itself. */
const BROWSER_CHARS = 120
/** Random bytes of a key or a session. */
const SESSION_BYTES = 24

const digestOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')

/** What was asked cannot be done, in words for who asked. */
export class NotDone extends Error {
  override name = 'NotDone'
}

/** What a session lets its browser do, in place of a token. */
export interface SignedIn {
  sender: Sender
  person: Pick<Person, 'name' | 'role'>
  /** Digest of the session, by which it is told from a person's others. */
  session: string
}

/** The people who may sign in: who they are, their sessions, the links that were given away, and what was done about them. */
export class People {
  private file: PeopleFile

  /** `data` null: nothing is kept. @throws PermanentError */
  constructor(
    private readonly data: string | null,
    private readonly env: Pick<Env, 'now' | 'random'>,
  ) {
    this.file = data === null ? nobodyYet() : readPeople(data)
  }

  get list(): readonly Omit<Person, 'password'>[] {
    return this.file.people.map(({ password: _, ...person }) => person)
  }
  get audit(): readonly AuditRow[] {
    return this.file.audit
  }
  get invitations(): readonly Omit<Invitation, 'hash'>[] {
    const now = this.env.now()
    return this.file.invitations.filter(each => each.expiresAt > now).map(({ hash: _, ...rest }) => rest)
  }

  /** The key by which the first admin joins; null where there is one. Another start makes the one before worthless. */
  firstKey(): string | null {
    if (this.file.people.some(each => each.role === 'admin')) return null
    this.file.invitations = this.file.invitations.filter(each => each.by !== FIRST)
    return this.invite({ role: 'admin', name: null, by: FIRST }, FIRST_MS)
  }

  /** The key of a link by which somebody joins, or sets their password anew. @throws NotDone */
  invite({ role, name, by }: Pick<Invitation, 'role' | 'name' | 'by'>, forMs = INVITATION_MS): string {
    const now = this.env.now()
    const known = name === null ? undefined : this.named(name)
    const key = Buffer.from(this.env.random(SESSION_BYTES)).toString('base64url')
    const invitation = { hash: digestOf(key), role: known?.role ?? role, name, by, expiresAt: now + forMs }
    this.file.invitations = [...this.file.invitations.filter(each => each.expiresAt > now), invitation].slice(
      -PEOPLE_MOST,
    )
    this.save(by, 'invite', name ?? '', role)
    return key
  }

  /** Who a key lets in; null where it is unknown, used or too old. */
  invitation(key: string): Pick<Invitation, 'role' | 'name'> | null {
    const found = this.file.invitations.find(each => each.hash === digestOf(key) && each.expiresAt > this.env.now())
    return found === undefined ? null : { role: found.role, name: found.name }
  }

  /** Makes a person of who holds a key, or sets their password anew, and ends all their sessions. @throws NotDone */
  async join(key: string, name: string, password: string): Promise<Person> {
    const invited = this.invitation(key)
    if (invited === null) throw new NotDone('this link was used, or is too old: ask for another')
    const called = invited.name ?? name
    if (!TOKEN_NAME.test(called))
      throw new NotDone('a name has 1 to 60 letters, digits and . _ -, and begins with a letter or digit')
    const known = this.file.people.find(each => same(each.name, called))
    if (known && invited.name === null) throw new NotDone(`there is somebody called ${known.name} already`)
    if (!known && this.file.people.length >= PEOPLE_MOST)
      throw new NotDone(`there are already ${PEOPLE_MOST} people, the most there may be`)
    const fault = passwordFault(password, called)
    if (fault !== null) throw new NotDone(fault)
    const kept = await hashPassword(password)
    // Two may have come with one link meanwhile.
    if (this.invitation(key) === null) throw new NotDone('this link was used meanwhile')
    this.file.invitations = this.file.invitations.filter(each => each.hash !== digestOf(key))
    const person = known ?? {
      name: called,
      role: invited.role,
      password: null,
      createdAt: this.env.now(),
      signedInAt: null,
    }
    person.password = kept
    if (!known) this.file.people.push(person)
    this.file.sessions = this.file.sessions.filter(each => each.name !== person.name)
    this.save(person.name, known ? 'password' : 'join', person.name, person.role)
    return person
  }

  /** What goes into the cookie of a new session, or null where name and password do not fit. */
  async signIn(name: string, password: string, agent: string): Promise<string | null> {
    const person = this.file.people.find(each => same(each.name, name))
    if (!(await isPassword(person?.password ?? null, password)) || person === undefined) return null
    return this.begin(person.name, agent)
  }

  /** A new session of somebody who has shown who they are. */
  begin(name: string, agent: string): string {
    const person = this.named(name)
    const now = this.env.now()
    const secret = Buffer.from(this.env.random(SESSION_BYTES)).toString('base64url')
    const own = this.sessionsOf(person.name).slice(-(SESSIONS_OF_PERSON - 1))
    const others = this.file.sessions.filter(each => each.name !== person.name && this.isLive(each))
    const session = {
      hash: digestOf(secret),
      name: person.name,
      createdAt: now,
      seenAt: now,
      agent: agent.slice(0, BROWSER_CHARS),
    }
    this.file.sessions = [...others, ...own, session]
    person.signedInAt = now
    this.save(person.name, 'sign in', person.name, session.agent)
    return secret
  }

  /** Whose session a cookie's content is; null where it is none, or over. */
  find(secret: string): SignedIn | null {
    const hash = digestOf(secret)
    const session = this.file.sessions.find(each => each.hash === hash)
    if (session === undefined || !this.isLive(session)) return null
    const person = this.file.people.find(each => each.name === session.name)
    if (person === undefined) return null
    const now = this.env.now()
    if (now - session.seenAt >= SEEN_MS) {
      session.seenAt = now
      this.write()
    }
    const { name, role } = person
    // What is done in a browser is the owner's as far as ids go, and the person's own as far as names go.
    const sender: Sender = { name, namespace: '', scopes: SCOPES_OF_ROLE[role], services: null, role }
    return { sender, person: { name, role }, session: hash }
  }

  /** Sessions of a person that are not over, eldest first. */
  sessionsOf(name: string): readonly Session[] {
    return this.file.sessions.filter(each => each.name === name && this.isLive(each))
  }

  /** Ends a session, or all of a person but one. */
  end(name: string, which: { session: string } | { allBut: string | null }, by = name): void {
    const goes = (each: Session) =>
      each.name === name && ('session' in which ? each.hash === which.session : each.hash !== which.allBut)
    this.file.sessions = this.file.sessions.filter(each => !goes(each))
    this.save(by, 'session' in which ? 'sign out' : 'end sessions', name, '')
  }

  /** @throws NotDone where it would leave no admin */
  setRole(name: string, role: Role, by: string): void {
    const person = this.named(name)
    if (person.role === 'admin' && role !== 'admin') this.mustStay(name)
    const before = person.role
    person.role = role
    this.save(by, 'role', name, `${before} → ${role}`)
  }

  /** @throws NotDone where it would leave no admin */
  remove(name: string, by: string): void {
    const person = this.named(name)
    this.mustStay(name)
    this.file.people = this.file.people.filter(each => each !== person)
    this.file.sessions = this.file.sessions.filter(each => each.name !== name)
    this.file.invitations = this.file.invitations.filter(each => each.name !== name)
    this.save(by, 'remove', name, person.role)
  }

  private named(name: string): Person {
    const person = this.file.people.find(each => each.name === name)
    if (person === undefined) throw new NotDone(`there is nobody called ${name}`)
    return person
  }

  private mustStay(name: string): void {
    const admins = this.file.people.filter(each => each.role === 'admin')
    if (admins.length === 1 && admins[0]!.name === name)
      throw new NotDone(`${name} is the only admin: make somebody else one first`)
  }

  private isLive({ createdAt, seenAt }: Session): boolean {
    const now = this.env.now()
    return now - createdAt < SESSION_MS && now - seenAt < IDLE_MS
  }

  /** Something was done that stands elsewhere, such as a token: a row of the audit. */
  note(by: string, act: string, about: string, detail: string): void {
    this.save(by, act, about, detail)
  }

  /** The audit's row is written with what was done: neither is there without the other. */
  private save(by: string, act: string, about: string, detail: string): void {
    this.file.audit = [...this.file.audit, { at: this.env.now(), by, act, about, detail }].slice(-AUDIT_ROWS)
    this.write()
  }

  private write(): void {
    if (this.data !== null) writePeople(this.data, this.file)
  }
}

/** Who invites the first admin: whoever can read what a start prints. */
const FIRST = OWNER.name
/** Names that differ in capitals alone are one person's. */
const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
/** Max-Age of a session's cookie. */
export const SESSION_SECONDS = SESSION_MS / 1000
