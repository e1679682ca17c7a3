import { describe, expect, it } from 'vitest'
import { DAY } from '../../contract/time.js'
import { parse } from './load.js'

const findings = async (text: string, vars = {}) =>
  (await parse(text, vars)).findings.map(f => `${f.path}: ${f.rule}; ${f.value}`)

describe('parse()', () => {
  it('fills in every default', async () => {
    expect((await parse('', {})).config).toMatchObject({
      clock: 'wall',
      port: 8080,
      host: '127.0.0.1',
      services: [],
      demo: false,
    })
    expect((await parse('services: [{ id: a }]\nkeep: { logDays: 3 }', {})).config).toMatchObject({
      services: [{ id: 'a', title: 'a', components: [], dependsOn: [] }],
      keep: { logMs: 3 * DAY },
    })
  })
  it.each<[sentence: string, text: string, finding: string | RegExp]>([
    ['broken YAML', 'title: [', /^line 1, column \d+: YAML; /],
    ['a field that does not exist', 'prot: 1', 'prot: a known setting; did you mean port?; 1'],
    ['a wrong type', 'port: eighty', /^port: a whole number from 0 to 65535; eighty$/],
    ['a port that is too large', 'port: 70000', /^port: a whole number from 0 to 65535; 70000$/],
    ['an unknown clock', 'clock: sun', 'clock: one of wall, signals; sun'],
    ['a service without an id', 'services: [{ title: A }]', 'services[0].id: a value; nothing'],
    [
      'two services of one id',
      'services: [{ id: a }, { id: a }]',
      'services[1].id: an id that no other service has; a',
    ],
    [
      'two parts of one id',
      'services: [{ id: a, components: [{ id: b, name: B }, { id: b, name: C }] }]',
      /components\[1\]\.id: an id that no other part .*; b$/,
    ],
    [
      'a part that stands on a stranger',
      'services: [{ id: a, components: [{ id: b, name: B, dependsOn: [x] }] }]',
      /components\[0\]\.dependsOn: .*; x$/,
    ],
    [
      'a service that is not there',
      'services: [{ id: a, dependsOn: [{ id: b, name: B, service: c }] }]',
      /dependsOn\[0\]\.service: .*; c$/,
    ],
    ['a log that is too short', 'keep: { logDays: 1 }', /^keep\.logDays: .*3; 1$/],
    [
      'a subscriber of a page that is not there',
      `notifiers: [{ kind: statuspage, url: 'https://a.example', secret: ${'A'.repeat(32)}, page: other }]`,
      /^notifiers\[0\]\.page: .*; other$/,
    ],
    [
      'a webhook by mail',
      `notifiers: [{ kind: webhook, url: 'mailto:a', secret: ${'A'.repeat(32)} }]`,
      /^notifiers\[0\]\.url: .*; mailto:a$/,
    ],
    ['a proxy that is no address', 'proxies: [10.0.0.0/8, nginx]', /^proxies\[1\]: .*10\.0\.0\.0\/8.*; nginx$/],
    ['a range that is too long', 'proxies: [10.0.0.0/33]', /^proxies\[0\]: .*; 10\.0\.0\.0\/33$/],
    ['two pages of one id', 'pages: [{ id: a }, { id: a }]', 'pages[1].id: an id that occurs once; a'],
    ['a page with an address in its name', 'pages: [{ id: ../a }]', /^pages\[0\]\.id: .*; \.\.\/a$/],
    ['a zone that is none', 'pages: [{ id: a, timeZone: Mars/Base }]', /^pages\[0\]\.timeZone: .*; Mars\/Base$/],
    [
      'a rule that is not understood',
      'maintenance: [{ id: a, title: A, starts: 2026-01-01T00:00, minutes: 5, components: [s], rrule: FREQ=HOURLY }]',
      'maintenance[0].rrule: a recurrence rule (RFC 5545) that can be read: FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY; FREQ=HOURLY',
    ],
    [
      'a start that is no time',
      'maintenance: [{ id: a, title: A, starts: tomorrow morning, minutes: 5, components: [s] }]',
      /^maintenance\[0\]\.starts: a time such as .*; tomorrow morning$/,
    ],
  ])('finds %s', async (_, text, finding) => {
    const [first] = await findings(text)
    if (typeof finding === 'string') expect(first).toBe(finding)
    else expect(first).toMatch(finding)
  })
  it('takes secrets from the environment, and says which is missing', async () => {
    const text = `notifiers: [{ kind: webhook, url: 'https://example.org', secret: '\${HOOK}' }]`
    const secret = 'whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldY'
    expect((await parse(text, { HOOK: secret })).config?.notifiers[0]?.settings['secret']).toBe(secret)
    expect(await findings(text)).toEqual(['notifiers[0].secret: a value in the environment variable HOOK; nothing'])
  })

  const secret = 'QUJDREVGR0hJSktMTU5PUFFSU1RVVldY'
  const hook = (more: string) => `notifiers: [{ kind: webhook, secret: ${secret}, ${more} }]`
  it.each<[what: string, text: string, vars: Record<string, string>, config: object]>([
    ['within a text', 'title: Status of ${WHO}!', { WHO: 'Example' }, { title: 'Status of Example!' }],
    ['twice within one', 'title: "${A} and ${B}"', { A: 'x', B: 'y' }, { title: 'x and y' }],
    [
      'within an address',
      hook("url: 'https://${USER_}:${PASS}@example.org/${PATH_}'"),
      { USER_: 'u', PASS: 'p', PATH_: 'x' },
      { notifiers: [{ settings: { url: 'https://u:p@example.org/x' } }] },
    ],
    ['as a number', 'port: ${PORT}', { PORT: '9000' }, { port: 9000 }],
    ['as a number in quotes', "port: '${PORT}'", { PORT: '9000' }, { port: 9000 }],
    ['as part of a number', 'port: 90${REST}', { REST: '01' }, { port: 9001 }],
    ['as a fraction', 'falseAlarmsPerMonth: ${F}', { F: '0.5' }, { falseAlarmsPerMonth: 0.5 }],
    [
      'as true',
      'maintenance: [{ id: a, title: A, starts: 2026-01-01T00:00, minutes: 5, components: [s], alarms: "${A}" }]',
      { A: 'true' },
      { maintenance: [{ alarms: true }] },
    ],
    ['as a text that looks like a number', 'title: ${T}', { T: '2026' }, { title: '2026' }],
    ['as a choice', 'clock: ${CLOCK}', { CLOCK: 'signals' }, { clock: 'signals' }],
    ['in a list', 'proxies: ["${NET}/8"]', { NET: '10.0.0.0' }, { proxies: ['10.0.0.0/8'] }],
    ['without being read twice', 'title: ${T}', { T: '${U} $${V}', U: 'no' }, { title: '${U} $${V}' }],
    ['or leaves it where it is escaped', 'title: a $${T} b', {}, { title: 'a ${T} b' }],
    ['or leaves other signs alone', 'title: 5 $ {T} $T', {}, { title: '5 $ {T} $T' }],
  ])('takes a value from the environment %s', async (_, text, vars, config) => {
    expect(await findings(text, vars)).toEqual([])
    expect((await parse(text, vars)).config).toMatchObject(config)
  })
  it.each<[what: string, text: string, vars: Record<string, string>, said: string[]]>([
    [
      'every variable that is missing',
      'title: ${A} ${B}\nhost: ${C}',
      { B: '' },
      ['title: a value in the environment variable A; nothing', 'host: a value in the environment variable C; nothing'],
    ],
    [
      'a reference that is none',
      'title: ${A B}',
      {},
      ['title: a reference such as ${NAME}, with letters, digits and _ ($${ for the characters themselves); ${A B}'],
    ],
    [
      'a reference without end',
      'title: "${A"',
      {},
      ['title: a reference such as ${NAME}, with letters, digits and _ ($${ for the characters themselves); ${A'],
    ],
    [
      'a number that is none, without showing it',
      'port: ${PORT}',
      { PORT: 'hunter2' },
      ['port: a whole number from 0 to 65535; a text of 7 characters, not shown'],
    ],
    ['a number that is too large', 'port: ${PORT}', { PORT: '70000' }, ['port: a whole number from 0 to 65535; 70000']],
    [
      'a secret that is none, without showing it',
      "notifiers: [{ kind: webhook, url: 'https://a.example', secret: hunter2hunter2hunter2hunter2! }]",
      {},
      ['notifiers[0].secret: a text that matches ^(whsec_)?[A-Za-z0-9+/=]{24,}$; a text of 29 characters, not shown'],
    ],
    [
      'a secret whose base64 is cut off',
      `notifiers: [{ kind: webhook, url: 'https://a.example', secret: ${secret}x }]`,
      {},
      ['notifiers[0].secret: whsec_ and base64, with the = at its end; a text of 33 characters, not shown'],
    ],
  ])('names %s', async (_, text, vars, said) => expect(await findings(text, vars)).toEqual(said))

  it.each([
    'https://',
    'http://',
    'https:///x',
    'https://?x',
    'https://#x',
    'https://a b.example',
    'https://a.example:99999',
    'https://a.example/x y',
    'https://[::1',
    'https://%',
    'https://u%zz:p@a.example',
  ])('refuses %j as the address of a webhook', async url =>
    expect((await findings(hook(`url: '${url}'`)))[0]).toMatch(/^notifiers\[0\]\.url: /),
  )
  it('shows no password of an address that is refused', async () => {
    expect(await findings(hook("url: 'https://user:hunter2@a.example:99999/'"))).toEqual([
      'notifiers[0].url: a whole address, such as https://example.org/hooks; https://…@a.example:99999/',
    ])
    expect((await findings("title: [1]\ncontact: 'ftp://user:hunter2@a.example'")).join()).not.toContain('hunter2')
  })

  const shop = `services:
  - { id: shop, title: Shop, components: [{ id: checkout, name: Checkout }, { id: search, name: Search }] }
  - { id: a/b, components: [{ id: c, name: C }] }
  - { id: mail }
`
  const plan = (ref: string) =>
    `${shop}maintenance: [{ id: m, title: M, starts: 2026-01-01T00:00, minutes: 5, components: ['${ref}'] }]`
  const group = (ref: string) => `${shop}pages: [{ id: main, groups: [{ name: G, components: ['${ref}'] }] }]`
  it.each([['shop'], ['shop/checkout'], ['a/b'], ['a/b/c'], ['mail']])(
    'knows %s in plans, groups and pages',
    async ref => {
      for (const text of [plan(ref), group(ref)]) expect(await findings(text)).toEqual([])
    },
  )
  it.each([
    ['shpo', 'a service in this file, or service/component; did you mean shop?; shpo'],
    ['Shop/checkout', 'a service in this file, or service/component; did you mean shop?; Shop/checkout'],
    ['shop/chekout', 'a component of shop; did you mean checkout?; shop/chekout'],
    ['shop/', 'a component of shop, one of checkout, search; shop/'],
    ['mail/inbox', 'a component of mail, which has none in this file; mail/inbox'],
    ['warehouse', 'a service in this file, or service/component, one of shop, a/b, mail; warehouse'],
    ['a/b/d/c', 'a component of a/b, one of c; a/b/d/c'],
  ])('refuses %s in plans and groups', async (ref, said) => {
    expect(await findings(plan(ref))).toEqual([`maintenance[0].components[0]: ${said}`])
    expect(await findings(group(ref))).toEqual([`pages[0].groups[0].components[0]: ${said}`])
  })
  it('refuses a page of a service that is not there', async () =>
    expect(await findings(`${shop}pages: [{ id: main, services: [shop, mial] }]`)).toEqual([
      'pages[0].services[1]: the id of a service in this file; did you mean mail?; mial',
    ]))
  it('cannot tell where a file names no service: signals bring them', async () =>
    expect(await findings('pages: [{ id: main, services: [shop] }]')).toEqual([]))

  it('reads anchors, aliases and merge keys', async () => {
    const aside = 'x-shop: &shop { id: shop, title: Shop }\nservices: [*shop]'
    expect((await parse(aside, {})).config?.services).toMatchObject([{ id: 'shop', title: 'Shop' }])
    const services = `services:
  - &base { id: a, title: A, components: [{ id: c, name: C }] }
  - { <<: *base, id: b }
  - <<: [{ title: T }, *base]
    id: d
`
    expect((await parse(services, {})).config?.services).toMatchObject([
      { id: 'a', title: 'A', components: [{ id: 'c' }] },
      { id: 'b', title: 'A', components: [{ id: 'c' }] },
      { id: 'd', title: 'T', components: [{ id: 'c' }] },
    ])
  })
  it.each([
    ['a key twice', 'title: a\ntitle: b', /^line 2, column 1: YAML; Map keys must be unique$/],
    ['a tab', 'services:\n\t- id: a', /^line 2, column 1: YAML; /],
    ['an alias of nothing', 'title: *nobody', /YAML; .*nobody/],
    ['two documents', 'title: a\n---\ntitle: b', /^line \d, column 1: YAML; /],
    ['a tag that nobody knows', 'title: !secret x', /^line 1, column 8: YAML; .*!secret/],
    [
      'aliases that multiply',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
        .split('')
        .map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefg'[i]}`).join()}]`)
        .join('\n')}`,
      /YAML; Excessive alias count/,
    ],
    ['a list', '[a, b]', /^: a list of settings, such as `title: …`; a list of 2$/],
    ['a word', 'hello', /^: a list of settings.*; hello$/],
    [
      'a number where a text stands',
      'services: [{ id: 7 }]',
      /^services\[0\]\.id: a text: put what reads like a number or like true into quotes; 7$/,
    ],
    [
      'a field deep within',
      'services: [{ id: a, titel: A }]',
      /^services\[0\]\.titel: a known setting; did you mean title\?; A$/,
    ],
    [
      'a field far from all',
      'keep: { zzz: 1 }',
      /^keep\.zzz: a known setting, one of logDays, rollupDays, factDays; 1$/,
    ],
    ['a service with blanks around it', "services: [{ id: ' a' }]", /^services\[0\]\.id: a name with .*; {2}a$/],
    ['a service that is a folder', "services: [{ id: '..' }]", /^services\[0\]\.id: a name with .*; \.\.$/],
    [
      'a component that nobody sees',
      'services: [{ id: a, components: [{ id: "\\u200b", name: X }] }]',
      /components\[0\]\.id: a name with .*; \\u\{200b\}$/,
    ],
    ['a title that turns the direction', 'title: "a\\u202eb"', /^title: a text that can be seen.*; a\\u\{202e\}b$/],
  ])('says what is wrong with %s', async (_, text, said) => expect((await findings(text))[0]).toMatch(said))
  it('gives names one spelling', async () =>
    expect((await parse('services: [{ id: "cafe\\u0301" }]', {})).config?.services[0]?.id).toBe('café'))
})
