import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { PermanentError } from '../contract/error.js'
import { PLUGIN_KINDS } from '../contract/plugin.js'
import { PASSING, Registry, STANDARD } from './registry.js'

const folder = mkdtempSync(join(tmpdir(), 'epicenter-registry-'))
afterAll(() => rmSync(folder, { recursive: true }))
let n = 0
const module = (text: string): string => {
  const file = join(folder, `${++n}.mjs`)
  writeFileSync(file, text)
  return file
}
const pigeon = (more = '') =>
  `export default { kind: 'notifier', name: 'pigeon', summary: 'by air', config: {}, open() {}, ${more} }`

describe('the registry', () => {
  it('has each file of a folder as a plug-in of that kind and name', async () => {
    const { registry, faults } = await Registry.open()
    expect(faults).toEqual([])
    for (const kind of PLUGIN_KINDS) {
      expect(registry.names(kind).length, kind).toBeGreaterThan(0)
      for (const name of registry.names(kind)) {
        const plugin = await registry.get(kind, name)
        expect({ kind: plugin.kind, name: plugin.name }).toEqual({ kind, name })
        expect(plugin.summary).toMatch(/^[^.\n]{10,200}$/)
        expect(plugin.config).toMatchObject({ type: 'object' })
      }
    }
  })

  it('has what keeps log and store: in files, or until the process ends', async () => {
    const { registry } = await Registry.open()
    for (const kind of ['bus', 'store'] as const) {
      expect((await registry.get(kind, STANDARD[kind])).files).toBeDefined()
      expect((await registry.get(kind, PASSING[kind])).fleeting).toBe(true)
    }
  })

  it('says which names there are where one is not', async () => {
    const { registry } = await Registry.open()
    expect(await registry.find('bus', 'pigeon')).toBeNull()
    await expect(registry.get('bus', 'pigeon')).rejects.toThrow(PermanentError)
    await expect(registry.get('bus', 'pigeon')).rejects.toThrow(/there are .*memory, .*sqlite/)
    // A part of a plug-in, a helper, a test and a way out of the folder are none.
    for (const name of ['rows', 'lock', 'sqlite.test', '../bus/sqlite', 'Sqlite', ''])
      expect(await registry.find('store', name), name).toBeNull()
  })

  it('takes in modules of other places', async () => {
    const { registry, faults } = await Registry.open([module(pigeon())])
    expect(faults).toEqual([])
    expect(registry.names('notifier')).toContain('pigeon')
    expect((await registry.get('notifier', 'pigeon')).summary).toBe('by air')
    expect(await registry.find('source', 'pigeon')).toBeNull()
  })

  it.each<[what: string, text: string | null, rule: RegExp]>([
    ['that is not there', null, /can be loaded \(ERR_MODULE_NOT_FOUND\)/],
    ['that is no code', 'export default {', /can be loaded \(/],
    ['without a default export', 'export const a = 1', /default export is a plug-in/],
    ['of a kind that there is not', pigeon("kind: 'bird'"), /kind, one of source, receiver/],
    ['with a name that no path can have', pigeon("name: 'A b'"), /name, of small letters/],
    ['without a summary', pigeon("summary: ''"), /summary/],
    ['without a schema', pigeon('config: null'), /config, a JSON Schema/],
    ['that cannot be opened', pigeon('open: 1'), /open, a function/],
    ['with the name of one that comes along', pigeon("kind: 'bus', name: 'sqlite'"), /there is a bus sqlite already/],
  ])('tells of a module %s, and does without it', async (_, text, rule) => {
    const file = text === null ? join(folder, 'none.mjs') : module(text)
    const { registry, faults } = await Registry.open([module(pigeon()), file])
    expect(faults).toEqual([{ path: 'plugins[1]', rule: expect.stringMatching(rule), value: file }])
    expect(registry.names('notifier')).toContain('pigeon')
  })

  it('tells of two modules of one name', async () => {
    const { faults } = await Registry.open([module(pigeon()), module(pigeon())])
    expect(faults).toMatchObject([{ path: 'plugins[1]', rule: expect.stringContaining('there is a notifier pigeon') }])
  })
})
