import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { BLIND, fakeTalk, REFUSING, type Talks } from '../../testing/outside.js'
import { testProbe } from '../../testing/plugin-contract.js'
import postgresql, { type PostgresqlConfig } from './postgresql.js'

const settings: PostgresqlConfig = {
  host: 'db.example',
  port: 5432,
  tls: 'none',
  user: 'watcher',
  password: 'hush',
  database: 'shop',
  query: 'select 1',
}
const message = (type: string, body: Buffer) => {
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length + 4)
  return Buffer.concat([Buffer.from(type), length, body])
}
const number = (n: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(n)
  return bytes
}
const auth = (kind: number, more: string | Buffer = '') =>
  message('R', Buffer.concat([number(kind), Buffer.from(more as string)]))
const READY = message('Z', Buffer.from('I'))
const failure = (code: string, text: string) => message('E', Buffer.from(`SFATAL\0C${code}\0M${text}\0\0`))

/** A server that lets in who knows the password, by SCRAM-SHA-256, and answers any query. */
const server =
  ({ password = 'hush', query = READY, lie = false } = {}): Talks =>
  say => {
    let bare = ''
    let challenge = ''
    return heard => {
      const type = String.fromCharCode(heard[0]!)
      if (type === '\0') return say(auth(10, 'SCRAM-SHA-256\0\0'))
      if (type === 'Q') return say(Buffer.concat([message('T', Buffer.from([0, 0])), query]))
      if (type !== 'p') return
      const text = heard.subarray(5).toString()
      if (text.startsWith('SCRAM-SHA-256\0')) {
        bare = heard.subarray(5 + 14 + 4 + 3).toString()
        challenge = `r=${bare.slice(bare.indexOf('r=') + 2)}more,s=${Buffer.from('salt').toString('base64')},i=10`
        return say(auth(11, challenge))
      }
      const [without, proof] = text.split(',p=') as [string, string]
      const salted = pbkdf2Sync(password, 'salt', 10, 32, 'sha256')
      const hmac = (key: Buffer, of: string) => createHmac('sha256', key).update(of).digest()
      const key = hmac(salted, 'Client Key')
      const all = `${bare},${challenge},${without}`
      const own = hmac(createHash('sha256').update(key).digest(), all)
      if (Buffer.from(key.map((byte, i) => byte ^ own[i]!)).toString('base64') !== proof)
        return say(failure('28P01', 'password authentication failed for user "watcher"'))
      const signature = hmac(hmac(salted, lie ? 'Another Key' : 'Server Key'), all).toString('base64')
      say(Buffer.concat([auth(12, `v=${signature}`), auth(0), message('S', Buffer.from('a\0b\0')), READY]))
    }
  }
const always =
  (bytes: Buffer | string): Talks =>
  say =>
  () =>
    say(bytes)
testProbe('postgresql', {
  plugin: postgresql,
  settings,
  well: () => fakeTalk(server()),
  ill: [
    REFUSING,
    ['another password', () => fakeTalk(server({ password: 'other' })), /password authentication failed.*28P01/],
    ['a server that does not know it', () => fakeTalk(server({ lie: true })), /does not know the password/],
    [
      'a start',
      () => fakeTalk(always(failure('57P03', 'the database system is starting up'))),
      /starting up" \(57P03\)/,
    ],
    ['a query that fails', () => fakeTalk(server({ query: failure('42P01', 'relation "x" does not exist') })), /42P01/],
    ['a web page', () => fakeTalk(always('HTTP/1.1 400 Bad Request\r\n\r\n')), /does not speak as PostgreSQL does/],
    [
      'rounds without end',
      () =>
        fakeTalk(
          say => heard =>
            say(
              heard[0] === 0
                ? auth(10, 'SCRAM-SHA-256\0\0')
                : auth(11, `r=${/r=(.*)/.exec(heard.toString())![1]}x,s=c2FsdA==,i=900000000`),
            ),
        ),
      /more than 100000/,
    ],
    [
      'half an answer',
      () => fakeTalk((say, hangUp) => () => (say(Buffer.from([82, 0, 0])), hangUp())),
      /hangs up in the middle/,
    ],
  ],
  blind: BLIND,
})

describe('postgresql', () => {
  const checked = async (more: Partial<PostgresqlConfig>, talks: Talks) => {
    const { user: _, password: __, ...nobody } = settings
    await using probe = await postgresql.open({ ...nobody, ...more }, fakeTalk(talks).env)
    return probe.check({ aborted: false, addEventListener() {} })
  }
  it('needs no user to see whether connections are taken', async () => {
    for (const said of [auth(10, 'SCRAM-SHA-256\0\0'), auth(0), failure('28000', 'no pg_hba.conf entry')])
      expect((await checked({}, always(said))).outcome).toBe('ok')
    expect((await checked({}, always(failure('53300', 'sorry, too many clients already')))).why).toMatch(/53300/)
  })
  it('gives a password as it is asked for it', async () => {
    const said: string[] = []
    const asking =
      (kind: number, more = ''): Talks =>
      say =>
      heard => {
        const type = String.fromCharCode(heard[0]!)
        if (type === 'p') said.push(heard.subarray(5, -1).toString())
        say(type === '\0' ? auth(kind, more) : Buffer.concat([auth(0), READY]))
      }
    const who = { user: 'watcher', password: 'hush' }
    expect((await checked(who, asking(3))).outcome).toBe('ok')
    expect((await checked(who, asking(5, 'salt'))).outcome).toBe('ok')
    const md5 = (text: string) => createHash('md5').update(text).digest('hex')
    expect(said).toEqual(['hush', `md5${md5(`${md5('hushwatcher')}salt`)}`])
    expect((await checked(who, asking(7))).why).toMatch(/not known here/)
  })
  it('asks for TLS where it has to, and says so where there is none', async () => {
    expect((await checked({ tls: 'require' }, always('N'))).why).toBe('it does not offer TLS')
    const talks: Talks = say => heard => say(heard.length === 8 ? 'S' : auth(0))
    expect((await checked({ tls: 'require' }, talks)).outcome).toBe('ok')
  })
})
