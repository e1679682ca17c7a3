import { describe, expect, it } from 'vitest'
import { BLIND, fakeTalk, REFUSING, type Talks } from '../../testing/outside.js'
import { testProbe } from '../../testing/plugin-contract.js'
import smtp, { type SmtpConfig } from './smtp.js'

const settings: SmtpConfig = {
  host: 'mail.example',
  port: 25,
  tls: 'starttls',
  believed: true,
  hello: 'epicenter.invalid',
  from: '',
  to: 'postmaster@mail.example',
}
const good: Record<string, string> = {
  EHLO: '250-mail.example\r\n250-PIPELINING\r\n250 STARTTLS\r\n',
  STARTTLS: '220 2.0.0 Ready\r\n',
  MAIL: '250 2.1.0 Ok\r\n',
  RCPT: '250 2.1.5 Ok\r\n',
  RSET: '250 Ok\r\n',
  QUIT: '221 Bye\r\n',
}
const heardBy: string[] = []
const talks =
  (banner: string, by: Record<string, string>): Talks =>
  say => {
    say(banner)
    return heard => {
      heardBy.push(heard.toString().trim())
      const word = heard.toString().split(/[ :\r]/, 1)[0]!
      say({ ...good, ...by }[word] ?? '500 what?\r\n')
    }
  }
const saying =
  (by: Record<string, string>, banner = '220 mail.example ESMTP\r\n') =>
  () =>
    fakeTalk(talks(banner, by))
testProbe('smtp', {
  plugin: smtp,
  settings,
  well: saying({}),
  ill: [
    REFUSING,
    ['a server that is full', saying({}, '421 4.3.2 try again later\r\n'), /greets with "421 4.3.2 try/],
    ['no STARTTLS', saying({ EHLO: '250 mail.example\r\n' }), /does not offer STARTTLS/],
    ['a mailbox that is gone', saying({ RCPT: '550 5.1.1 No such user\r\n' }), /RCPT is answered with "550 5.1.1 No/],
    ['a web page', saying({}, 'HTTP/1.1 400 Bad Request\r\n'), /does not speak SMTP: "HTTP/],
    [
      'half a greeting',
      () => fakeTalk((say, hangUp) => (say('220 mail.ex'), hangUp(), () => {})),
      /in the middle of "220/,
    ],
    ['a reply without end', saying({ EHLO: '250-more\r\n'.repeat(200) }), /does not end/],
  ],
  blind: BLIND,
})

describe('smtp', () => {
  const checked = async (more: Partial<SmtpConfig>, by: Record<string, string> = {}) => {
    heardBy.length = 0
    await using probe = await smtp.open({ ...settings, ...more }, saying(by)().env)
    return probe.check({ aborted: false, addEventListener() {} })
  }
  it('asks whether it would take a message, and sends none', async () => {
    expect((await checked({})).outcome).toBe('ok')
    expect(heardBy).toEqual([
      'EHLO epicenter.invalid',
      'STARTTLS',
      'EHLO epicenter.invalid',
      'MAIL FROM:<>',
      'RCPT TO:<postmaster@mail.example>',
      'RSET',
      'QUIT',
    ])
  })
  it('takes "come again later" for degraded, as servers say it to strangers', async () => {
    expect(await checked({}, { RCPT: '450 4.2.0 Greylisted\r\n' })).toMatchObject({
      outcome: 'degraded',
      why: 'RCPT is answered with "450 4.2.0 Greylisted"',
    })
  })
})
