import { readFileSync } from 'node:fs'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

/** A certificate for `shop.test` that nobody signed, with its key. */
export const PEM_FILE = new URL('../shell/outside/fixtures/shop.test.pem', import.meta.url)

/** A refusal in the words of SMTP. */
export const refusal = (responseCode: number, text = 'no'): Error => Object.assign(new Error(text), { responseCode })

/** What somebody does with a letter or a reader: null takes it. */
export interface MailRules {
  reader?(address: string): Error | null
  letter?(raw: string, readers: readonly string[]): Error | null
  /** Ends the connection where the letter is there and the answer is not. */
  hangsUp?(): boolean
  options?: SMTPServerOptions
}

/** A real mail server on this machine, and what it has taken. */
export interface MailServer extends AsyncDisposable {
  port: number
  /** As they came. */
  raw: string[]
  readers: string[][]
  /** Letters as a mail program reads them. */
  letters(): Promise<ParsedMail[]>
}

export async function mailServer({ reader, letter, hangsUp, options = {} }: MailRules = {}): Promise<MailServer> {
  const raw: string[] = []
  const readers: string[][] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 10,
    ...options,
    onRcptTo: ({ address }, _, done) => done(reader?.(address) ?? null),
    onData(stream, session, done) {
      const pieces: Buffer[] = []
      stream.on('data', (piece: Buffer) => pieces.push(piece))
      stream.on('end', () => {
        const text = Buffer.concat(pieces).toString('utf8')
        const to = session.envelope.rcptTo.map(each => each.address)
        const error = letter?.(text, to) ?? null
        if (error !== null) return done(error)
        raw.push(text)
        readers.push(to)
        if (hangsUp?.() === true) return [...server.connections].forEach(each => each.close())
        done(null)
      })
    },
  })
  server.on('error', () => {})
  await new Promise<void>(listens => server.listen(0, '127.0.0.1', listens))
  const { port } = server.server.address() as { port: number }
  return {
    port,
    raw,
    readers,
    letters: () => Promise.all(raw.map(each => simpleParser(each))),
    [Symbol.asyncDispose]: () => new Promise(done => server.close(() => done())),
  }
}

/** The certificate and its key. */
export const pem = (): string => readFileSync(PEM_FILE, 'utf8')
