import { describe, expect, it } from 'vitest'
import { USES } from '../../../contract/config.js'
import { type Entry, SECTIONS, type Section } from '../../../contract/console/settings.js'
import { Registry } from '../../../plugin/registry.js'
import { isUse, shapeOfEntry } from '../../../shell/settings/shape.js'
import { html } from '../../pages/html.js'
import { drawFields } from './draw.js'
import { fieldsIn } from './fixtures/submit.js'
import { readEntry, secretNames } from './read.js'

const { registry } = await Registry.open()
const NOTHING = { typed: null, faults: new Map(), known: new Map(), fixedId: false, held: new Set<string>() }
/** The page of an entry. */
const pageOf = (schema: Entry, value: Entry, typed: Record<string, string> | null = null) =>
  html`<form method="post" action="/x">${drawFields(schema, { ...NOTHING, value, typed })}</form>`.text

const SECRET = 'do-not-show-me-0123456789'
const ENTRIES: [Section, Entry][] = [
  [
    'services',
    {
      id: 'shop',
      title: 'A <b> & "c"',
      components: [
        { id: 'a', name: 'A' },
        { id: 'b', name: 'B', dependsOn: ['a'] },
      ],
      edges: [{ cell: 'c1', codes: ['LHR', 'FRA'] }],
    },
  ],
  [
    'pages',
    {
      id: 'main',
      description: 'Two\nlines',
      services: ['shop'],
      groups: [{ name: 'One', components: ['shop', 'shop/a'] }],
      unknownAs: 'operational',
    },
  ],
  [
    'maintenance',
    { id: 'm', title: 'Work', starts: '2031-05-09T22:00', minutes: 90, components: ['shop'], alarms: false },
  ],
  [
    'sources',
    {
      use: 'prometheus-query',
      id: 'p',
      url: 'http://a.example',
      token: SECRET,
      headers: { 'x-key': SECRET, 'x-other': SECRET },
    },
  ],
  ['receivers', { use: 'alertmanager', id: 'am', secret: SECRET }],
  [
    'probes',
    {
      use: 'http',
      id: 'h',
      service: 'shop',
      url: 'https://user:do-not-show-me-0123456789@a.example/',
      status: [200, 204],
      json: [{ path: '$.ok', is: true }],
      follow: false,
      labels: { region: 'eu' },
      everySeconds: 30,
      allowPrivate: ['10.0.0.0/8'],
      targets: ['https://b.example', { url: 'https://c.example', component: 'a' }],
    },
  ],
  ['probes', { use: 'ai', id: 'model', service: 'shop', targets: [{ url: 'https://a.example', key: SECRET }] }],
  ['notifiers', { use: 'slack', id: 's', url: `https://hooks.slack.com/${SECRET}`, language: 'de' }],
  ['notifiers', { use: 'telegram', id: 't', token: `1:${SECRET}`, chat: -100123 }],
  ['notifiers', { use: 'telegram', id: 't', token: `1:${SECRET}`, chat: '@ours' }],
  ['responders', { id: 'ana', name: 'Ana', tell: ['s', 't'] }],
  [
    'rotas',
    {
      id: 'r',
      timeZone: 'Europe/Berlin',
      layers: [
        {
          starts: '2031-05-09T09:00',
          every: 2,
          turns: 'days',
          people: ['ana'],
          hours: { days: ['monday', 'friday'], from: '09:00', until: '17:00' },
        },
      ],
    },
  ],
  [
    'routes',
    {
      id: 'all',
      match: { severity: ['major', 'critical'], labels: { team: ['a', 'b'] } },
      tell: ['s'],
      escalate: [
        { afterMinutes: 0, rota: 'r' },
        { afterMinutes: 10, tell: ['t'] },
      ],
      quiet: { from: '22:00', until: '07:00', below: 'major' },
      goOn: true,
    },
  ],
]

describe('a form', () => {
  it.each(ENTRIES)('of %s gives back what it was drawn from, and shows no secret: %#', async (section, value) => {
    const { schema } = (await shapeOfEntry(registry, section, String(value['use'] ?? '')))!
    const page = pageOf(schema, value)
    expect(page).not.toContain('do-not-show-me')
    const { use: _, ...rest } = value
    const sent = fieldsIn(page, '/x')
    expect(readEntry(schema, sent, value)).toEqual(rest)
    // What somebody typed is there again, but for secrets.
    const typed = Object.fromEntries(secretNames(schema, sent).map(name => [name, SECRET]))
    const again = pageOf(schema, value, { ...sent, ...typed })
    expect(again).not.toContain('do-not-show-me')
    expect(readEntry(schema, fieldsIn(again, '/x'), value)).toEqual(rest)
  })

  it('is drawn for every list and every plug-in there is, with a control for each setting', async () => {
    for (const section of SECTIONS)
      for (const use of isUse(section) ? registry.names(USES[section]) : ['']) {
        const shape = await shapeOfEntry(registry, section, use)
        const page = pageOf(shape!.schema, {})
        for (const [name, each] of Object.entries(shape!.schema['properties'] as Record<string, Entry>)) {
          const asked =
            page.includes(`name="v/${name}"`) || page.includes(`name="v/${name}/`) || page.includes(`name="v/${name}#`)
          expect([section, use, name, asked]).toEqual([
            section,
            use,
            name,
            !['path', 'program'].includes(String(each['role'])) && name !== 'logo',
          ])
        }
      }
  })

  it('takes a secret away where that is asked, keeps numbers that are none for the check to tell', async () => {
    const { schema } = (await shapeOfEntry(registry, 'sources', 'prometheus-query'))!
    const value = { id: 'p', url: 'http://a.example', token: SECRET }
    const sent = fieldsIn(pageOf(schema, value), '/x')
    expect(readEntry(schema, { ...sent, 'forget/token': 'on' }, value)).toEqual({ id: 'p', url: 'http://a.example' })
    expect(readEntry(schema, { ...sent, 'v/token': 'another' }, value)['token']).toBe('another')
    const { schema: probe } = (await shapeOfEntry(registry, 'probes', 'http'))!
    expect(readEntry(probe, { 'v/everySeconds': 'soon', 'v/status': '200\nx' }, null)).toEqual({
      everySeconds: 'soon',
      status: [200, 'x'],
    })
  })

  it('puts no secret in another’s place where a list of YAML was changed', async () => {
    const schema = {
      type: 'object',
      properties: { headers: { type: 'array', items: { anyOf: [{ type: 'string' }] }, writeOnly: true } },
    }
    const old = { headers: ['one-secret', 'two-secret'] }
    const read = readEntry(schema, { 'v/headers': '- ••••••' }, old)
    expect(read).toEqual({ headers: ['••••••'] })
  })
})
