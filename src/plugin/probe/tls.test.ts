import { describe, expect, it } from 'vitest'
import { DAY } from '../../contract/time.js'
import type { Certified } from '../../contract/plugin.js'
import { BLIND, fakeTalk, REFUSING } from '../../testing/outside.js'
import { testProbe } from '../../testing/plugin-contract.js'
import tls, { type TlsConfig } from './tls.js'

const settings: TlsConfig = { host: 'shop.example', port: 443, days: 14, believed: true }
const now = Date.UTC(2026, 1, 3, 12)
const certified = (about: Partial<Certified>) => () => fakeTalk(() => () => {}, about)
testProbe('tls', {
  plugin: tls,
  settings,
  well: certified({}),
  ill: [
    REFUSING,
    [
      'a certificate that ended',
      certified({ certificateUntil: now - 3.5 * DAY, problem: 'CERT_HAS_EXPIRED' }),
      /ended 4 days ago/,
    ],
    ['of nobody known', certified({ problem: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), /not believed \(DEPTH_ZERO/],
    ['of another name', certified({ problem: 'ERR_TLS_CERT_ALTNAME_INVALID' }), /ALTNAME/],
  ],
  blind: BLIND,
})

describe('tls', () => {
  const checked = async (more: Partial<TlsConfig>, about: Partial<Certified>) => {
    await using probe = await tls.open({ ...settings, ...more }, certified(about)().env)
    return probe.check({ aborted: false, addEventListener() {} })
  }
  it('is degraded before the certificate ends', async () => {
    expect(await checked({}, { certificateUntil: now + 15 * DAY })).toMatchObject({
      outcome: 'ok',
      figures: { certificateDaysLeft: 15 },
    })
    expect(await checked({}, { certificateUntil: now + 13.9 * DAY })).toMatchObject({
      outcome: 'degraded',
      why: 'the certificate ends in 13 days',
    })
  })
  it('may leave out whether it is believed, and ask for a protocol', async () => {
    expect((await checked({ believed: false }, { problem: 'SELF' })).outcome).toBe('ok')
    expect((await checked({ alpn: ['h2'] }, { alpn: 'h2' })).outcome).toBe('ok')
    expect((await checked({ alpn: ['h2'] }, {})).why).toBe('it speaks none of h2')
  })
})
