import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, it, vi } from 'vitest'
import { writeSettings } from '../../shell/settings/settings-file.js'
import { runExport } from './run.js'

const folder = mkdtempSync(join(tmpdir(), 'epicenter-export-'))
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
afterAll(() => rmSync(folder, { recursive: true, force: true }))
afterEach(() => vi.restoreAllMocks())

/** What it prints, and its exit code. */
async function printed(file: string, options: { data?: string; secrets?: boolean } = {}) {
  const said = { out: '', err: '' }
  vi.spyOn(process.stdout, 'write').mockImplementation(text => (said.out += String(text)) !== '')
  vi.spyOn(process.stderr, 'write').mockImplementation(text => (said.err += String(text)) !== '')
  const code = await runExport(file, options)
  vi.restoreAllMocks()
  return { ...said, code }
}

it('prints file and settings as one, with a reference for each secret unless they are asked for', async () => {
  const file = join(folder, 'epicenter.yaml')
  writeFileSync(file, 'title: Shop # ours\ndata: kept\n')
  mkdirSync(join(folder, 'kept'))
  const value = { use: 'webhook', id: 'ops', url: 'https://a.example/', secret: SECRET }
  const entry = { section: 'notifiers' as const, id: 'ops', edition: 1, by: 'ana', at: 1, value }
  writeSettings(join(folder, 'kept'), { version: 1, edition: 1, entries: [entry], audit: [] })
  const { out, code } = await printed(file)
  expect([code, out.includes(SECRET)]).toEqual([0, false])
  expect(out).toContain('#   EPICENTER_NOTIFIERS_OPS_SECRET')
  expect(out).toMatch(/title: Shop # ours[^]*secret: \$\{EPICENTER_NOTIFIERS_OPS_SECRET\}/)
  expect((await printed(file, { secrets: true })).out).toContain(SECRET)
  // Another folder holds other settings.
  mkdirSync(join(folder, 'other'))
  expect((await printed(file, { data: join(folder, 'other') })).out).toBe('title: Shop # ours\ndata: kept\n')
})

it('says what it cannot read', async () => {
  expect(await printed(join(folder, 'nope.yaml'))).toMatchObject({ code: 2, err: expect.stringContaining('ENOENT') })
  const file = join(folder, 'broken.yaml')
  writeFileSync(file, 'a: [')
  expect(await printed(file)).toMatchObject({ code: 1, out: '' })
})
