import { AddressError, PermanentError, RefusedError, TransientError } from '../../contract/error.js'
import type { Answered, Delivery, Gathering, Notifier, ToSubscriber } from '../../contract/notifier.js'
import { type ConnectTo, type Fault, type Plugin, plugin, type PluginEnv } from '../../contract/plugin.js'
import { MINUTE, SECOND } from '../../contract/time.js'
import { AUDIENCE, type ForWhom, isTeam } from '../shared/message.js'
import { POST_RETRY_MS, REASON_CHARS_MOST } from '../shared/post.js'
import { ConnectionSocket } from '../shared/socket.js'
import { digestOf, domainOf, type Letter, letterOf, type LetterSettings } from './email/letter.js'

interface Settings extends ForWhom {
  host: string
  port?: number
  /** `starttls`: agreed on before anything is said; `tls`: from the first byte; `none`: for a relay on the same machine. */
  security: 'starttls' | 'tls' | 'none'
  user?: string
  password?: string
  from: string
  to: string[]
  replyTo?: string
  /** A list: each of `to` gets a letter of their own, and may leave by one click. */
  unsubscribe?: string
  /** A server that is silent for so long does not answer; one that looks a sender up before it greets takes long. */
  timeoutSeconds: number
  /** One letter about all that comes within so long of the first. */
  digestMinutes?: number
  dkim?: { domain: string; selector: string; key: string }
  /** Certificates (PEM) that are believed instead of those that the machine believes. */
  ca?: string
}

/** For looking it up, connecting and its greeting. */
const CONNECT_MS = 20 * SECOND
/** What is put off (greylisting) is taken some minutes later, and no earlier. */
const PUT_OFF_MS = 2 * MINUTE
/** A password that is refused is mended by people; servers shut out who tries often. */
const SIGN_IN_MS = 5 * MINUTE
/** Letters that are remembered as taken by some of their readers. */
const PARTLY_MOST = 1_000

/** Connections that letters to subscribers share, and letters over one of them: some relays end it after a hundred. */
const POOL = { connections: 4, letters: 100 }
/** Codes (RFC 3463, IANA) by which a server says that there is no such mailbox or domain, now or ever. */
const NOBODY = /\b5\.1\.(?:1|2|3|6|10)\b/

/** What nodemailer says of a failure. */
interface SmtpError extends Error {
  command?: string
  code?: string
  responseCode?: number
  response?: string
  recipient?: string
  rejectedErrors?: SmtpError[]
}
interface SmtpInfo {
  response?: string
  rejectedErrors?: SmtpError[]
}
type Mail = (mail: object) => Promise<SmtpInfo>
interface Mailer {
  mail: Mail
  close(): void
}

class Email implements Notifier {
  /** Who has each letter already, or never will: they are left out when it is sent again to the rest. */
  readonly #settled = new Map<string, Set<string>>()

  /** Letters to subscribers share connections; made with the first of them. */
  #pool: Promise<Mailer> | null = null

  constructor(
    private readonly mail: Mail,
    private readonly settings: Settings,
    private readonly env: PluginEnv,
  ) {}

  async tell(delivery: Delivery): Promise<Answered> {
    if (this.settings.to.length === 0) return { said: 'nobody but subscribers is told' }
    const said = await this.sendAll(delivery.id, each => letterOf(delivery, each))
    return { said, ...(delivery.thread === undefined ? { thread: delivery.message.subject } : {}) }
  }

  async tellOne({ address, leave, manage }: ToSubscriber, deliveries: readonly Delivery[]): Promise<Answered> {
    const { from, replyTo } = this.settings
    const settings = { from, team: false, unsubscribe: leave, manage }
    const [first, ...more] = deliveries as [Delivery, ...Delivery[]]
    const letter = more.length === 0 ? letterOf(first, settings) : digestOf(deliveries, settings)
    const mail = {
      ...letter,
      from,
      ...(replyTo === undefined ? {} : { replyTo }),
      to: address,
      envelope: { from: addressOf(from), to: [address] },
    }
    this.#pool ??= mailer(this.settings, this.env, true)
    try {
      const { response = '' } = await (await this.#pool).mail(mail)
      return { said: this.clean(response) }
    } catch (error) {
      throw this.ofOne(error as SmtpError)
    }
  }

  /** What a failure of a letter to one subscriber is about: their address, this letter, or the way to the server. */
  private ofOne(error: SmtpError): Error {
    const [refused] = error.rejectedErrors ?? []
    if (refused !== undefined && !isLater(refused)) {
      const { response = '' } = refused
      return new AddressError(`the mail server answered ${this.clean(response)}`, NOBODY.test(response))
    }
    const known = this.explained(refused ?? error)
    if (known instanceof TransientError) return known
    // What it said of the letter is about the letter; what it said of the sender is mended by people, and everybody waits for that.
    return error.command === 'DATA'
      ? new RefusedError(known.message, POST_RETRY_MS)
      : new TransientError(known.message, SIGN_IN_MS)
  }

  get gathering(): Gathering | undefined {
    const { digestMinutes, to } = this.settings
    if (digestMinutes === undefined || to.length === 0) return undefined
    const tell = async (deliveries: readonly Delivery[]): Promise<Answered> => ({
      said: await this.sendAll(deliveries.map(each => each.id).join(), each => digestOf(deliveries, each)),
    })
    return { forMs: digestMinutes * MINUTE, tell }
  }

  /** Sends a letter to whoever does not have it yet. @throws what is said of the worst of its readers */
  private async sendAll(id: string, letter: (settings: LetterSettings) => Letter): Promise<string> {
    const { from, to, unsubscribe } = this.settings
    const settled = this.#settled.get(id) ?? new Set()
    this.#settled.set(id, settled)
    // What was given up half way is told to nobody any more.
    if (this.#settled.size > PARTLY_MOST) this.#settled.delete(this.#settled.keys().next().value as string)
    const left = to.filter(each => !settled.has(each))
    const refused: SmtpError[] = []
    let said = ''
    for (const readers of unsubscribe === undefined ? [left] : left.map(each => [each])) {
      const leave = unsubscribe?.replaceAll('{{address}}', encodeURIComponent(readers[0] as string)) ?? null
      const sent = await this.send(letter({ from, team: isTeam(this.settings), unsubscribe: leave }), readers)
      const open = new Set(sent.refused.filter(isLater).map(each => each.recipient))
      for (const each of readers) if (!open.has(each)) settled.add(each)
      refused.push(...sent.refused)
      said = sent.said
    }
    const never = refused.filter(each => !isLater(each))
    for (const each of never)
      this.env.log('error', 'a reader of mail is refused', { reader: each.recipient ?? '', why: this.reason(each) })
    const later = refused.find(isLater)
    if (later !== undefined) throw this.explained(later)
    this.#settled.delete(id)
    if (never[0] !== undefined && never.length === left.length) throw this.explained(never[0])
    return said
  }

  /** One letter to some of its readers, and who of them is refused. @throws what hinders all of them */
  private async send(letter: Letter, readers: readonly string[]): Promise<{ said: string; refused: SmtpError[] }> {
    const { from, to, replyTo, unsubscribe } = this.settings
    const mail = {
      ...letter,
      from,
      ...(replyTo === undefined ? {} : { replyTo }),
      // Readers of a list do not see each other.
      to: unsubscribe === undefined ? to : readers,
      envelope: { from: addressOf(from), to: readers },
    }
    try {
      const { response = '', rejectedErrors = [] } = await this.mail(mail)
      return { said: this.clean(response), refused: rejectedErrors }
    } catch (error) {
      const { rejectedErrors = [] } = error as SmtpError
      if (rejectedErrors.length === 0) throw this.explained(error as SmtpError)
      return { said: '', refused: rejectedErrors }
    }
  }

  /** The same failure as one of ours. */
  private explained(error: SmtpError): Error {
    if (error instanceof PermanentError) return error
    const { code, responseCode } = error
    const text = `cannot tell the mail server at ${this.settings.host}: ${this.reason(error)}`
    if (error instanceof TransientError) return new TransientError(text, error.retryAfterMs)
    if (code === 'EAUTH') return new TransientError(text, SIGN_IN_MS)
    if (responseCode === undefined || code === 'ETLS') return new TransientError(text, POST_RETRY_MS)
    if (isLater(error)) return new TransientError(text, PUT_OFF_MS)
    // 552 and 554 are about what it says, the others about who sends and who reads.
    return responseCode === 552 || responseCode === 554
      ? new RefusedError(text, POST_RETRY_MS)
      : new PermanentError(text)
  }

  private reason({ code, name, responseCode, response }: SmtpError): string {
    return responseCode === undefined ? (code ?? name) : `it answered ${this.clean(response ?? String(responseCode))}`
  }

  /** What a server says, in one line and without what is secret. */
  private clean(text: string): string {
    const { password } = this.settings
    const plain = text.replace(/[\s\p{Cc}]+/gu, ' ').trim()
    return (password === undefined ? plain : plain.replaceAll(password, '…')).slice(0, REASON_CHARS_MOST)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const pool = await this.#pool?.catch(() => null)
    pool?.close()
  }
}

const isLater = ({ responseCode = 0 }: SmtpError): boolean => responseCode >= 400 && responseCode < 500

/** The address within `Name <address>`. */
const addressOf = (mailbox: string): string => /<([^<>]+)>\s*$/.exec(mailbox)?.[1] ?? mailbox

/** How nodemailer is told to send: by a connection of ours, and without reading files or addresses that a message might name. */
async function mailer(settings: Settings, env: PluginEnv, pooled = false): Promise<Mailer> {
  const { createTransport } = await import('nodemailer')
  const { host, security, user, password, from } = settings
  const port = settings.port ?? (security === 'tls' ? 465 : security === 'starttls' ? 587 : 25)
  const ca = settings.ca === undefined ? undefined : await env.readText(settings.ca)
  const dkim = settings.dkim
  const transport = createTransport({
    ...(pooled ? { pool: true, maxConnections: POOL.connections, maxMessages: POOL.letters } : {}),
    host,
    port,
    name: domainOf(from),
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: { minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) },
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
    ...(dkim === undefined
      ? {}
      : { dkim: { domainName: dkim.domain, keySelector: dkim.selector, privateKey: await env.readText(dkim.key) } }),
    disableFileAccess: true,
    disableUrlAccess: true,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: settings.timeoutSeconds * SECOND,
    socketTimeout: settings.timeoutSeconds * SECOND,
    getSocket: (_, done) => void connected(env, { host, port, timeoutMs: CONNECT_MS }, done),
  })
  return { mail: mail => transport.sendMail(mail as never) as Promise<SmtpInfo>, close: () => transport.close() }
}

/** A connection that the guard lets, in the way that nodemailer asks for one. */
async function connected(
  env: PluginEnv,
  to: ConnectTo,
  done: (error: Error | null, made: { connection: never } | false) => void,
): Promise<void> {
  let made: { connection: never } | false = false
  let failure: Error | null = null
  try {
    made = { connection: new ConnectionSocket(await env.connect(to)) as never }
  } catch (error) {
    failure = error as Error
  }
  done(failure, made)
}

function faultsOf({ user, password, security, unsubscribe, to }: Settings): Fault[] {
  const faults: Fault[] = []
  if (user === undefined && password !== undefined)
    faults.push({ path: 'user', rule: 'a name beside the password', value: 'nothing' })
  if (password !== undefined && security === 'none')
    faults.push({ path: 'security', rule: 'starttls or tls where a password is sent', value: 'none' })
  if (unsubscribe !== undefined && !URL.canParse(unsubscribe.replaceAll('{{address}}', 'x')))
    faults.push({ path: 'unsubscribe', rule: 'a whole address', value: unsubscribe.slice(0, 80) })
  if (new Set(to).size < to.length)
    faults.push({ path: 'to', rule: 'each address once', value: `${to.length} addresses` })
  return faults
}

/** A plain mailbox of RFC 5321, its domain in small letters; what stands before it is its own business. */
function mailboxIn(text: string): string | null {
  const [, local = '', domain = ''] =
    /^([\p{L}\p{N}!#$%&'*+/=?^_`{|}~.-]{1,64})@((?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]{2,63})$/u.exec(
      text.trim(),
    ) ?? []
  if (local === '' || /^\.|\.\.|\.$/.test(local) || text.length > 254) return null
  return `${local}@${domain.toLowerCase()}`
}

const MAILBOX = '^(?:[^<>\\r\\n@,;]*<)?[^\\s<>@,;"]+@[^\\s<>@,;"]+>?$'
const email: Plugin<'notifier', Settings, Notifier> = plugin({
  kind: 'notifier',
  name: 'email',
  summary: 'mail by SMTP, one thread an incident',
  config: {
    type: 'object',
    required: ['host', 'from', 'to'],
    additionalProperties: false,
    properties: {
      host: { type: 'string', minLength: 1, maxLength: 253 },
      port: { type: 'integer', minimum: 1, maximum: 65_535 },
      security: { type: 'string', enum: ['starttls', 'tls', 'none'], default: 'starttls' },
      user: { type: 'string', minLength: 1 },
      password: { type: 'string', minLength: 1, writeOnly: true },
      from: { type: 'string', pattern: MAILBOX, maxLength: 320 },
      to: {
        type: 'array',
        maxItems: 500,
        items: { type: 'string', pattern: '^[^\\s<>@,;"]+@[^\\s<>@,;"]+$', maxLength: 254 },
      },
      replyTo: { type: 'string', pattern: MAILBOX, maxLength: 320 },
      unsubscribe: { type: 'string', pattern: '^https://', maxLength: 500 },
      digestMinutes: { type: 'integer', minimum: 1, maximum: 1_440 },
      timeoutSeconds: { type: 'number', minimum: 1, maximum: 300, default: 30 },
      dkim: {
        type: 'object',
        required: ['domain', 'selector', 'key'],
        additionalProperties: false,
        properties: {
          domain: { type: 'string', minLength: 1 },
          selector: { type: 'string', minLength: 1 },
          key: { type: 'string', minLength: 1, role: 'path' },
        },
      },
      ca: { type: 'string', minLength: 1, role: 'path' },
      ...AUDIENCE,
    },
  },
  check: faultsOf,
  // A relay often stands beside the server, or on it.
  allowPrivate: true,
  subscribers: { channel: 'email', addressIn: mailboxIn },
  async open(settings, env): Promise<Notifier> {
    return new Email((await mailer(settings, env)).mail, settings, env)
  },
})
export default email
