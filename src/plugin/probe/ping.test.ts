import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { PermanentError } from '../../contract/error.js'
import { fakeOutside, REFUSING } from '../../testing/outside.js'
import { testProbe } from '../../testing/plugin-contract.js'
import ping, { type PingConfig } from './ping.js'

const folder = mkdtempSync(join(tmpdir(), 'epicenter-ping-'))
afterAll(() => rmSync(folder, { recursive: true }))
const program = join(folder, 'fping')
writeFileSync(program, '')
/** What fping says, on which exit code; it says what it was asked as well. */
const saying =
  (line: string, code = 0) =>
  () => {
    writeFileSync(program, `#!/bin/sh\necho "$@" > ${join(folder, 'asked')}\necho '${line}' >&2\nexit ${code}\n`)
    chmodSync(program, 0o755)
    return fakeOutside()
  }
const settings: PingConfig = { host: 'shop.example', count: 3, lossShare: 0, program }
testProbe('ping', {
  plugin: ping,
  settings,
  well: saying('192.0.2.1 : 0.52 0.48 1.50'),
  ill: [REFUSING, ['nothing that comes back', saying('192.0.2.1 : - - -', 1), /none of 3 echo requests came back/]],
  blind: [
    ['no rights', saying("fping: can't create socket (must run as root?)", 4)],
    ['something else', saying('hello')],
  ],
})

describe('ping', () => {
  it('is degraded when some are lost, and tells how long they took', async () => {
    await using probe = await ping.open(settings, saying('192.0.2.1 : 1.00 - 3.00', 0)().env)
    expect(await probe.check({ aborted: false, addEventListener() {} })).toMatchObject({
      outcome: 'degraded',
      why: '1 of 3 echo requests are lost',
      phases: { firstByte: 2 },
      figures: { tripMsMax: 3 },
    })
    await using patient = await ping.open({ ...settings, lossShare: 0.5 }, fakeOutside().env)
    expect((await patient.check({ aborted: false, addEventListener() {} })).outcome).toBe('ok')
  })
  it('says so where fping is not there, and stops', async () => {
    await using probe = await ping.open({ ...settings, program: join(folder, 'none') }, fakeOutside().env)
    const looked = probe.check({ aborted: false, addEventListener() {} })
    await expect(looked).rejects.toThrow(PermanentError)
    await expect(looked).rejects.toThrow(/fping is not installed/)
  })
})
