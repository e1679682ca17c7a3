import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from './load.js'
import { checkSettings, typed } from './settings.js'

const folder = mkdtempSync(join(tmpdir(), 'epicenter-uses-'))
afterAll(() => rmSync(folder, { recursive: true }))
const schema = {
  type: 'object',
  required: ['to'],
  properties: {
    to: { type: 'string', minLength: 2 },
    speed: { type: 'integer', minimum: 1, default: 60 },
    letter: { type: 'string', role: 'path' },
    page: { type: 'string', role: 'page' },
    services: { type: 'array', items: { type: 'string', role: 'service' } },
    call: { type: 'string', writeOnly: true, pattern: '^coo' },
    colour: { enum: ['grey', 'white'] },
    tired: { type: 'boolean' },
  },
}
const source = (kind: string, more = '') =>
  `export default { kind: '${kind}', name: 'pigeon', summary: 'by air', config: ${JSON.stringify(schema)}, open() {}, ${more} }`
writeFileSync(
  join(folder, 'pigeon.mjs'),
  source('notifier', "check: ({ to }) => (to === 'mars' ? [{ path: 'to', rule: 'a place on earth', value: to }] : [])"),
)
writeFileSync(join(folder, 'source.mjs'), source('source'))
writeFileSync(join(folder, 'probe.mjs'), source('probe'))

const head = `plugins: [pigeon.mjs, source.mjs, probe.mjs]
services: [{ id: shop }, { id: mail }]
`
const read = (text: string, vars = {}) => parse(head + text, vars, folder)
const said = async (text: string, vars = {}) =>
  (await read(text, vars)).findings.map(f => `${f.line} ${f.path}: ${f.rule}; ${f.value}`)

describe('uses of plug-ins', () => {
  it('have a name, an id, and settings that their own schema has passed', async () => {
    const { config, findings } = await read(`notifiers:
  - { use: pigeon, to: rome, letter: a/b.txt }
  - { kind: pigeon, id: white-one, to: paris, speed: 80, language: ja, allowPrivate: [10.0.0.0/8, loft.internal] }
sources: [{ use: pigeon, to: rome }]
probes: [{ use: pigeon, service: shop, component: cart, everySeconds: 5, to: rome }]
`)
    expect(findings).toEqual([])
    expect(config?.plugins).toEqual(['pigeon', 'source', 'probe'].map(name => join(folder, `${name}.mjs`)))
    expect(config?.notifiers).toEqual([
      {
        use: 'pigeon',
        id: 'pigeon-1',
        allowPrivate: null,
        language: null,
        settings: { to: 'rome', speed: 60, letter: join(folder, 'a/b.txt') },
      },
      {
        use: 'pigeon',
        id: 'white-one',
        allowPrivate: ['10.0.0.0/8', 'loft.internal'],
        language: 'ja',
        settings: { to: 'paris', speed: 80 },
      },
    ])
    expect(config?.sources).toMatchObject([{ id: 'pigeon', settings: { to: 'rome', speed: 60 } }])
    expect(config?.probes).toEqual([
      {
        use: 'pigeon',
        id: 'pigeon',
        allowPrivate: null,
        service: 'shop',
        labels: { component: 'cart' },
        everyMs: 5_000,
        timeoutMs: 5_000,
        slowMs: null,
        tries: 1,
        pauseMs: 0,
        of: null,
        place: null,
        settings: { to: 'rome', speed: 60 },
      },
    ])
  })

  it('of a probe have targets, each with what differs, or with the only setting that is asked for', async () => {
    const { config, findings } = await read(
      `probes:
  - use: pigeon
    id: flock
    service: shop
    labels: { wind: north }
    speed: \${SPEED}
    tries: 2
    everySeconds: 30
    slowSeconds: 2
    targets:
      - https://Rome.example/health
      - https://user:pass@rome.example/
      - { to: paris, id: left-bank, service: mail, component: door, labels: { bank: left }, speed: 7 }
`,
      { SPEED: '80' },
    )
    expect(findings).toEqual([])
    const common = { use: 'pigeon', of: 'flock', everyMs: 30_000, timeoutMs: 10_000, slowMs: 2_000, tries: 2 }
    expect(config?.probes).toMatchObject([
      {
        ...common,
        id: 'flock.rome.example-health',
        service: 'shop',
        labels: { wind: 'north' },
        settings: { to: 'https://Rome.example/health', speed: 80 },
        pauseMs: 1_000,
      },
      { ...common, id: expect.stringMatching(/^flock\.target-[0-9a-f]{8}$/) },
      {
        ...common,
        id: 'flock.left-bank',
        service: 'mail',
        labels: { wind: 'north', bank: 'left', component: 'door' },
        settings: { to: 'paris', speed: 7 },
      },
    ])
  })

  it('of a probe that looks from several places are one use each, with where it looks from as a label', async () => {
    const { config, findings } = await read(`probes:
  - { use: pigeon, id: a, service: shop, to: rome, places: [here, fra] }
  - { use: pigeon, id: b, service: shop, places: [fra], targets: [rome, { to: paris, places: [waw], labels: { x: y } }] }
`)
    expect(findings).toEqual([])
    expect(config?.probes.map(({ id, place, of, labels }) => [id, place, of, labels])).toEqual([
      ['a.here', 'here', null, { vantage: 'here' }],
      ['a.fra', 'fra', null, { vantage: 'fra' }],
      ['b.rome.fra', 'fra', 'b', { vantage: 'fra' }],
      ['b.paris.waw', 'waw', 'b', { x: 'y', vantage: 'waw' }],
    ])
    expect(
      await said(
        'probes: [{ use: pigeon, id: a, service: shop, places: [rome], targets: [{ to: x, id: b }] }, { use: pigeon, id: a.b, service: shop, to: y }]',
      ),
    ).toHaveLength(1)
  })

  it('of a probe with many targets tell a shared mistake a few times, and each with its own place', async () => {
    const targets = Array.from({ length: 500 }, (_, i) => `place-${i}`)
    const wrong = await said(`probes:
  - { use: pigeon, service: shop, speed: fast, targets: [${targets.join(', ')}] }
`)
    expect(wrong.length).toBeLessThan(30)
    expect(wrong[0]).toMatch(/^4 probes\[0\]\.targets\[0\]\.speed: .*fast/)
  })

  it.each<[what: string, text: string, finding: RegExp]>([
    ['a probe of nothing', 'probes: [{ use: pigeon, to: rome }]', /^3 probes\[0\]\.service: a value; nothing$/],
    [
      'two targets that are one',
      'probes: [{ use: pigeon, service: shop, targets: [rome, rome] }]',
      /^3 probes\[0\]\.targets\[1\]\.id: an id that no other target has; rome$/,
    ],
    [
      'looks that do not fit into the interval',
      'probes: [{ use: pigeon, service: shop, to: rome, everySeconds: 10, timeoutSeconds: 5, tries: 2 }]',
      /^3 probes\[0\]\.timeoutSeconds: a time in which 2 tries and their pauses fit into everySeconds \(10\); 5$/,
    ],
    [
      'a probe with the id of a receiver',
      'receivers: [{ use: json, id: bell, map: {} }]\nprobes: [{ use: pigeon, id: bell, service: shop, to: rome }]',
      /^4 probes\[0\]\.id: an id that none of the receivers has; bell$/,
    ],
    [
      'a name that there is not',
      'notifiers:\n  - use: pigoen\n    to: rome',
      /^4 notifiers\[0\]\.use: the name of a notifier, one of .*pigeon.*; did you mean pigeon\?; pigoen$/,
    ],
    [
      'the same in the older spelling',
      'notifiers:\n  - kind: crow',
      /^4 notifiers\[0\]\.kind: .*one of .*pigeon.*; crow$/,
    ],
    [
      'a name of another kind',
      'receivers: [{ use: pigeon }]',
      /^3 receivers\[0\]\.use: the name of a receiver, one of/,
    ],
    ['no name', 'notifiers: [{ to: rome }]', /^3 notifiers\[0\]\.use: a value; nothing$/],
    ['a setting that is missing', 'notifiers: [{ use: pigeon }]', /^3 notifiers\[0\]\.to: a value; nothing$/],
    [
      'a setting that there is not',
      'notifiers:\n  - use: pigeon\n    to: rome\n    sped: 3',
      /^6 notifiers\[0\]\.sped: a known setting; did you mean speed\?; 3$/,
    ],
    [
      'a setting of a wrong kind',
      'notifiers: [{ use: pigeon, to: rome, speed: high }]',
      /speed: a whole number.*; high$/,
    ],
    [
      'a choice that there is not',
      'notifiers: [{ use: pigeon, to: rome, colour: red }]',
      /colour: one of grey, white; red$/,
    ],
    [
      'what a schema cannot say',
      'notifiers: [{ use: pigeon, to: mars }]',
      /^3 notifiers\[0\]\.to: a place on earth; mars$/,
    ],
    [
      'a page that there is not',
      'notifiers: [{ use: pigeon, to: rome, page: b }]',
      /page: the id of a status page, one of main; b$/,
    ],
    [
      'a service that there is not',
      'notifiers: [{ use: pigeon, to: rome, services: [shop, mial] }]',
      /services\[1\]: the id of a service; did you mean mail\?; mial$/,
    ],
    [
      'a probe of a service that there is not',
      'probes: [{ use: pigeon, to: rome, service: sohp }]',
      /^3 probes\[0\]\.service: .*shop.*; sohp$/,
    ],
    [
      'two of one id',
      'sources: [{ use: pigeon, to: rome }, { use: pigeon, to: paris }]',
      /^3 sources\[1\]\.id: an id that none of the other sources has; pigeon$/,
    ],
    [
      'a token that sends ids of a source',
      `sources: [{ use: pigeon, to: rome }]\ntokens: [{ name: a, namespace: source.pigeon, secret: ${'x'.repeat(20)}, scopes: [signals] }]`,
      /^4 tokens\[0\]\.namespace: ids of its own.*; source\.pigeon$/,
    ],
    ['an id that no path can have', 'sources: [{ use: pigeon, id: A/b, to: rome }]', /^3 sources\[0\]\.id: /],
    [
      'a range that is none',
      'sources: [{ use: pigeon, to: rome, allowPrivate: [10.0.0.0/99] }]',
      /allowPrivate\[0\]: an address, a range/,
    ],
    [
      'a secret that is wrong, without repeating it',
      'notifiers: [{ use: pigeon, to: rome, call: hunter2 }]',
      /call: .*; a text of 7 characters, not shown$/,
    ],
    [
      'a bus that ends with its process',
      'bus: { use: memory }',
      /^3 bus\.use: a bus that outlives its process; memory$/,
    ],
    [
      'a store that there is not',
      'store: { use: sqlit }',
      /^3 store\.use: the name of a store, one of .*sqlite.*; did you mean sqlite\?/,
    ],
    ['settings of a store that has none', 'store: { use: sqlite, size: 3 }', /^3 store\.size: a known setting; 3$/],
  ])('say %s', async (_, text, finding) => {
    const [first, ...more] = await said(text)
    expect(first).toMatch(finding)
    expect(more).toEqual([])
  })

  it('take settings from the environment, as what they say, and repeat none of it', async () => {
    const vars = { TO: 'rome', SPEED: '70', TIRED: 'true', CALL: 'coo-secret' }
    const text = 'notifiers: [{ use: pigeon, to: "${TO}", speed: "${SPEED}", tired: "${TIRED}", call: "${CALL}" }]'
    expect((await read(text, vars)).config?.notifiers[0]?.settings).toEqual({
      to: 'rome',
      speed: 70,
      tired: true,
      call: 'coo-secret',
    })
    const wrong = (await said(text, { ...vars, SPEED: 'fast-secret', CALL: 'moo-secret' })).join()
    expect(wrong).toContain('speed')
    expect(wrong).toContain('call')
    expect(wrong).not.toContain('secret')
  })

  it('say which module is none', async () => {
    const { findings } = await parse('plugins: [none.mjs]', {}, folder)
    expect(findings).toMatchObject([{ path: 'plugins[0]', line: 1, value: join(folder, 'none.mjs') }])
  })
})

describe('a schema written by hand', () => {
  const shape = Type.Object(
    {
      a: Type.Array(Type.Integer(), { minItems: 1 }),
      b: Type.Optional(Type.Union([Type.Literal('x'), Type.Literal(2)])),
      c: Type.Optional(Type.Object({ d: Type.Optional(Type.Boolean()) }, { additionalProperties: Type.Number() })),
      e: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    },
    { additionalProperties: false },
  )
  const plain = JSON.parse(JSON.stringify(shape)) as Record<string, unknown>
  it.each<[unknown]>([
    [{ a: [1] }],
    [{ a: [1], b: 'x', c: { d: true, z: 3 }, e: null }],
    [{ a: [] }],
    [{}],
    [{ a: [1.5] }],
    [{ a: [1], b: 'y' }],
    [{ a: [1], c: { d: 1 } }],
    [{ a: [1], c: { z: 'x' } }],
    [{ a: [1], e: 1 }],
    [{ a: [1], f: 1 }],
  ])('asks the same of %j as TypeBox does', value => {
    const paths = (of: Record<string, unknown>) =>
      checkSettings(of, value as Record<string, unknown>, new Set()).errors.map(each => each.path)
    expect(paths(plain)).toEqual(paths(shape))
  })
  it('allows whatever it does not understand', () => {
    const open = typed({ type: 'object', properties: { a: { $ref: '#/somewhere' } } })
    expect(checkSettings(open, { a: { b: 1 } }, new Set()).errors).toEqual([])
  })
})
