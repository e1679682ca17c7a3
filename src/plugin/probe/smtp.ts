import { type Checked, type Plugin, plugin, type Probe } from '../../contract/plugin.js'
import { Amiss, quoted, type Talk, talked } from '../shared/talk.js'

export interface SmtpConfig {
  host: string
  port: number
  /** `starttls`: has to offer it and agree; `direct`: speaks TLS from the first byte. */
  tls: 'none' | 'starttls' | 'direct'
  /** Whether its certificate has to be believed. */
  believed: boolean
  /** How we call ourselves. */
  hello: string
  /** Whether mail from and to these addresses would be taken; none is sent. */
  from: string
  to?: string
}

/** A reply of one or more lines (RFC 5321, 4.2.1). */
async function reply(talk: Talk): Promise<{ code: number; text: string; lines: string[] }> {
  const lines: string[] = []
  for (;;) {
    const line = await talk.line()
    const found = /^([2-5]\d\d)(?:([ -])(.*))?$/.exec(line)
    if (found === null) throw new Amiss(`it does not speak SMTP: ${quoted(line)}`)
    lines.push(found[3] ?? '')
    if (found[2] !== '-') return { code: Number(found[1]), text: quoted(line), lines }
    if (lines.length > 100) throw new Amiss('its reply does not end')
  }
}

async function say(talk: Talk, line: string, good: number): Promise<string[]> {
  await talk.say(`${line}\r\n`)
  const { code, text, lines } = await reply(talk)
  const verb = line.split(/[ :]/, 1)[0]!
  if (code !== good) throw Object.assign(new Amiss(`${verb} is answered with ${text}`), { smtp: code })
  return lines
}

async function ask(talk: Talk, { tls, believed, hello, from, to }: SmtpConfig): Promise<Partial<Checked>> {
  const banner = await reply(talk)
  if (banner.code !== 220) throw new Amiss(`it greets with ${banner.text}`)
  const can = await say(talk, `EHLO ${hello}`, 250)
  if (tls === 'starttls') {
    if (!can.some(each => /^STARTTLS$/i.test(each))) throw new Amiss('it does not offer STARTTLS')
    await say(talk, 'STARTTLS', 220)
    await talk.secure({ check: believed })
    await say(talk, `EHLO ${hello}`, 250)
  }
  let found: Partial<Checked> = {}
  if (to !== undefined) {
    await say(talk, `MAIL FROM:<${from}>`, 250)
    try {
      await say(talk, `RCPT TO:<${to}>`, 250)
    } catch (error) {
      // 4xx: it asks to come again, as it may of strangers.
      const { smtp = 0, message } = error as Amiss & { smtp?: number }
      if (smtp < 400 || smtp > 499) throw error
      found = { outcome: 'degraded', why: message }
    }
    await say(talk, 'RSET', 250)
  }
  await talk.say('QUIT\r\n')
  return found
}

const ADDRESS = { type: 'string', pattern: '^[^\\s<>@]{1,64}@[^\\s<>@]{1,253}$' } as const

const smtp: Plugin<'probe', SmtpConfig, Probe> = plugin({
  kind: 'probe',
  name: 'smtp',
  summary: 'greets a mail server, with TLS if wanted, and asks whether it would take a message; none is sent',
  start: {
    has: ['mail', 'smtp'],
    asks: [{ name: 'host', asks: 'its host', usual: '127.0.0.1' }],
    settings: ({ host }) => ({ host }),
  },
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['host'],
    properties: {
      host: { type: 'string', minLength: 1, maxLength: 253 },
      port: { type: 'integer', minimum: 1, maximum: 65_535, default: 25 },
      tls: { enum: ['none', 'starttls', 'direct'], default: 'none' },
      believed: { type: 'boolean', default: true },
      hello: { type: 'string', pattern: '^[A-Za-z0-9.:\\[\\]-]{1,253}$', default: 'epicenter.invalid' },
      from: { type: 'string', pattern: '^(?:[^\\s<>@]{1,64}@[^\\s<>@]{1,253})?$', default: '' },
      to: ADDRESS,
    },
  },
  async open(config, env) {
    const { host, port, tls, believed } = config
    return {
      check: stop =>
        talked(env, { host, port, ...(tls === 'direct' ? { tls: { check: believed } } : {}) }, stop, talk =>
          ask(talk, config),
        ),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default smtp
