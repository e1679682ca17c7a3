import { describe, expect, it } from 'vitest'
import { BLIND, fakeTalk, REFUSING, type Talks } from '../../testing/outside.js'
import { testProbe } from '../../testing/plugin-contract.js'
import redis, { type RedisConfig } from './redis.js'

const settings: RedisConfig = { host: 'cache.example', port: 6379, tls: false, password: 'hush', role: 'master' }
/** A server that answers commands by their first word. */
const answers =
  (by: Record<string, string>): Talks =>
  say =>
  heard =>
    say(by[heard.toString().split('\r\n')[2]!] ?? '-ERR unknown command\r\n')
const info = (role: string, more = '') => {
  const text = `# Replication\r\nrole:${role}\r\n${more}`
  return `$${text.length}\r\n${text}\r\n`
}
const good = { AUTH: '+OK\r\n', PING: '+PONG\r\n', INFO: info('master') }
const saying = (more: Record<string, string>) => () => fakeTalk(answers({ ...good, ...more }))
testProbe('redis', {
  plugin: redis,
  settings,
  well: saying({}),
  ill: [
    REFUSING,
    ['another password', saying({ AUTH: '-WRONGPASS invalid username-password pair\r\n' }), /WRONGPASS/],
    ['still loading', saying({ PING: '-LOADING Redis is loading the dataset in memory\r\n' }), /LOADING/],
    ['another role', saying({ INFO: info('slave') }), /is a replica, not a master/],
    ['a lie', saying({ PING: '+PING\r\n' }), /answers PING with "PING"/],
    ['a web page', saying({ AUTH: 'HTTP/1.1 400 Bad Request\r\n\r\n' }), /does not speak as Redis does: "HTTP/],
    ['half an answer', () => fakeTalk((say, hangUp) => () => (say('+O'), hangUp())), /hangs up in the middle/],
  ],
  blind: BLIND,
})

describe('redis', () => {
  const checked = async (more: Partial<RedisConfig>, by: Record<string, string>) => {
    await using probe = await redis.open({ host: 'cache.example', port: 6379, tls: false, ...more }, saying(by)().env)
    return probe.check({ aborted: false, addEventListener() {} })
  }
  it('calls a replica without its master degraded', async () => {
    expect(await checked({ role: 'replica' }, { INFO: info('slave', 'master_link_status:up\r\n') })).toMatchObject({
      outcome: 'ok',
    })
    expect(await checked({ role: 'replica' }, { INFO: info('slave', 'master_link_status:down\r\n') })).toMatchObject({
      outcome: 'degraded',
      why: 'it has lost its master',
    })
  })
  it('asks for neither password nor role where none is given', async () => {
    expect((await checked({}, { AUTH: '-no\r\n', INFO: '-no\r\n' })).outcome).toBe('ok')
    expect((await checked({}, { PING: '-NOAUTH Authentication required.\r\n' })).why).toMatch(/NOAUTH/)
  })
})
