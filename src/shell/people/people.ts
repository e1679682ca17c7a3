import { createHash } from 'node:crypto'
import { PEOPLE_MOST, SESSIONS_OF_PERSON } from '../../contract/limits.js'
import { type Role, SCOPES_OF_ROLE } from '../../contract/role.js'
import { DAY, type EpochMs, HOUR, MINUTE } from '../../contract/time.js'
import type { Env } from '../env.js'
import { OWNER, TOKEN_NAME, type Sender } from '../visitors/tokens.js'
import { hashPassword, isPassword, passwordFault } from './passwords.js'
import {
  type AuditRow,
  type Identity,
  type Invitation,
  nobodyYet,
  type Passkey,
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
/** One that a provider vouched for is asked for again after a shift, so that who left there is soon gone here. */
const VOUCHED_MS = 12 * HOUR
/** That a session was seen is written down so often. */
const SEEN_MS = 10 * MINUTE
/** Rows of the audit that are kept, the newest. */
const AUDIT_ROWS = 10_000
/** Characters that are kept of what a browser calls itself. */
const BROWSER_CHARS = 120
/** Passkeys of one person. */
const PASSKEYS_MOST = 10
/** Characters of a passkey's name; longer ones are cut. */
const PASSKEY_NAME_CHARS = 60
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
  /** When they last showed who they are. */
  shownAt: EpochMs
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
    if (!known) this.mustFit()
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
    // Whoever had the old one may have added some.
    delete person.passkeys
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

  /**
   * A session of somebody for whom a provider vouches; the first time makes a person of them. A name that somebody has who comes
   * otherwise is never taken over: the two are connected by that somebody, who is signed in.
   *
   * @param asked `role`: by their claims, each time; undefined: a viewer at first, then as an admin says
   * @throws NotDone
   */
  enter(identity: Identity, asked: { name: string; role: Role | undefined }, agent: string): string {
    const now = this.env.now()
    let person = this.vouched(identity)
    if (person === undefined) {
      const taken = this.file.people.find(each => same(each.name, asked.name))
      if (taken)
        throw new NotDone(
          `there is somebody called ${taken.name} here already: if that is you, sign in as before and connect the two on the page Me; if not, ask an admin`,
        )
      this.mustFit()
      const { name, role = 'viewer' } = asked
      person = { name, role, password: null, createdAt: now, signedInAt: null, identity }
      this.file.people.push(person)
      this.save(name, 'join', name, `${role}, by ${identity.issuer}`)
    } else if (asked.role !== undefined && asked.role !== person.role && !this.isLastAdmin(person.name)) {
      const before = person.role
      person.role = asked.role
      this.save(identity.issuer, 'role', person.name, `${before} → ${asked.role}`)
    }
    return this.begin(person.name, agent, now + VOUCHED_MS)
  }

  /** What is signed in of somebody ends: their provider says no more that they may. */
  shutOut(identity: Identity, why: string): void {
    const person = this.vouched(identity)
    if (person === undefined) return
    this.file.sessions = this.file.sessions.filter(each => each.name !== person.name)
    this.save(identity.issuer, 'refuse', person.name, why)
  }

  /** From now on somebody comes by a provider too; null: no more. @throws NotDone */
  connect(name: string, identity: Identity | null): void {
    const person = this.named(name)
    if (identity === null) {
      if (person.password === null)
        throw new NotDone('without it you could not sign in any more: ask an admin for a password first')
      delete person.identity
      return this.save(name, 'disconnect', name, '')
    }
    const other = this.vouched(identity)
    if (other && other !== person) throw new NotDone(`that account of the provider is ${other.name}’s already`)
    person.identity = identity
    this.save(name, 'connect', name, identity.issuer)
  }

  passkeysOf(name: string): readonly Passkey[] {
    return this.file.people.find(each => each.name === name)?.passkeys ?? []
  }

  /** What a device keeps beside its key to name its person: it tells strangers nothing. */
  handleOf(name: string): string {
    const { createdAt } = this.named(name)
    return createHash('sha256').update(`${name} ${createdAt}`).digest('base64url')
  }

  passkey(id: string): { name: string; passkey: Passkey } | null {
    for (const { name, passkeys = [] } of this.file.people)
      for (const passkey of passkeys) if (passkey.id === id) return { name, passkey }
    return null
  }

  /** Beside a password alone: whoever comes by a provider is asked there. @throws NotDone */
  addPasskey(name: string, passkey: Passkey): void {
    const person = this.named(name)
    if (person.password === null) throw new NotDone('you sign in by the provider, which may ask for a passkey')
    if (this.passkey(passkey.id)) throw new NotDone('that passkey is known here already')
    const passkeys = person.passkeys ?? []
    if (passkeys.length >= PASSKEYS_MOST)
      throw new NotDone(`nobody has more than ${PASSKEYS_MOST} passkeys: remove one first`)
    const label = labelOf(passkey.label)
    person.passkeys = [...passkeys, { ...passkey, label }]
    this.save(name, 'add passkey', name, label)
  }

  /** @throws NotDone */
  renamePasskey(name: string, id: string, label: string): void {
    const found = this.ownPasskey(name, id)
    found.label = labelOf(label)
    this.save(name, 'rename passkey', name, found.label)
  }

  /** @throws NotDone */
  removePasskey(name: string, id: string): void {
    const { label } = this.ownPasskey(name, id)
    const person = this.named(name)
    person.passkeys = person.passkeys!.filter(each => each.id !== id)
    this.save(name, 'remove passkey', name, label)
  }

  /** Written with the sign-in that follows. */
  usedPasskey(id: string, counter: number): void {
    const { passkey } = this.passkey(id)!
    passkey.counter = counter
    passkey.usedAt = this.env.now()
  }

  private ownPasskey(name: string, id: string): Passkey {
    const found = this.passkeysOf(name).find(each => each.id === id)
    if (found === undefined) throw new NotDone('you have no such passkey')
    return found
  }

  private vouched({ issuer, subject }: Identity): Person | undefined {
    return this.file.people.find(
      ({ identity: each }) => each !== undefined && each.issuer === issuer && each.subject === subject,
    )
  }

  /** A new session of somebody who has shown who they are. */
  begin(name: string, agent: string, until?: EpochMs): string {
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
      ...(until === undefined ? {} : { until }),
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
    return { sender: senderOf(person), person: { name, role }, session: hash, shownAt: session.createdAt }
  }

  /** What somebody may who is known by another way than a session; null: nobody is called so. */
  sender(name: string): Sender | null {
    const person = this.file.people.find(each => same(each.name, name))
    return person === undefined ? null : senderOf(person)
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

  private mustFit(): void {
    if (this.file.people.length >= PEOPLE_MOST)
      throw new NotDone(`there are already ${PEOPLE_MOST} people, the most there may be`)
  }

  private isLastAdmin(name: string): boolean {
    const admins = this.file.people.filter(each => each.role === 'admin')
    return admins.length === 1 && admins[0]!.name === name
  }

  private mustStay(name: string): void {
    if (this.isLastAdmin(name)) throw new NotDone(`${name} is the only admin: make somebody else one first`)
  }

  private isLive({ createdAt, seenAt, until }: Session): boolean {
    const now = this.env.now()
    return now < (until ?? Infinity) && now - createdAt < SESSION_MS && now - seenAt < IDLE_MS
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

const labelOf = (text: string): string => text.trim().slice(0, PASSKEY_NAME_CHARS) || 'a passkey'

/** What is done in a browser is the owner's as far as ids go, and the person's own as far as names go. */
const senderOf = ({ name, role }: Pick<Person, 'name' | 'role'>): Sender => ({
  ...{ name, namespace: '', scopes: SCOPES_OF_ROLE[role], services: null, role },
})

/** Who invites the first admin: whoever can read what a start prints. */
const FIRST = OWNER.name
/** Names that differ in capitals alone are one person's. */
const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
/** Max-Age of a session's cookie. */
export const SESSION_SECONDS = SESSION_MS / 1000
