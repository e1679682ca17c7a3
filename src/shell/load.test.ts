import { describe, expect, it } from 'vitest'
import { DAY } from '../contract/time.js'
import { parse } from './load.js'

const findings = (text: string, vars = {}) => parse(text, vars).findings.map(f => `${f.path}: ${f.rule}; ${f.value}`)

describe('parse()', () => {
  it('fills in every default', () => {
    expect(parse('', {}).config).toMatchObject({
      clock: 'wall',
      port: 8080,
      host: '127.0.0.1',
      services: [],
      demo: false,
    })
    expect(parse('services: [{ id: a }]\nkeep: { logDays: 3 }', {}).config).toMatchObject({
      services: [{ id: 'a', title: 'a', components: [], dependsOn: [] }],
      keep: { logMs: 3 * DAY },
    })
  })
  it.each<[sentence: string, text: string, finding: string | RegExp]>([
    ['broken YAML', 'title: [', /^line 1, column \d+: the file is YAML; /],
    ['a field that does not exist', 'prot: 1', 'prot: it is a field that exists; 1'],
    ['a wrong type', 'port: eighty', /^port: .*integer.*; eighty$/],
    ['a port that is too large', 'port: 70000', /^port: .*65535; 70000$/],
    ['an unknown clock', 'clock: sun', 'clock: one of wall, signals; sun'],
    ['a service without an id', 'services: [{ title: A }]', 'services[0].id: it is there; nothing'],
    [
      'two services of one id',
      'services: [{ id: a }, { id: a }]',
      'services[1].id: every service has an id of its own; a',
    ],
    [
      'two parts of one id',
      'services: [{ id: a, components: [{ id: b, name: B }, { id: b, name: C }] }]',
      /components\[1\]\.id: every part .*; b$/,
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
    ['two pages of one id', 'pages: [{ id: a }, { id: a }]', 'pages[1].id: every id stands once; a'],
    ['a page with an address in its name', 'pages: [{ id: ../a }]', /^pages\[0\]\.id: .*; \.\.\/a$/],
    ['a zone that is none', 'pages: [{ id: a, timeZone: Mars/Base }]', /^pages\[0\]\.timeZone: .*; Mars\/Base$/],
    [
      'a rule that is not understood',
      'maintenance: [{ id: a, title: A, starts: 2026-01-01T00:00, minutes: 5, components: [s], rrule: FREQ=HOURLY }]',
      'maintenance[0].rrule: FREQ is DAILY, WEEKLY, MONTHLY or YEARLY; FREQ=HOURLY',
    ],
    [
      'a start that is no time',
      'maintenance: [{ id: a, title: A, starts: tomorrow morning, minutes: 5, components: [s] }]',
      /^maintenance\[0\]\.starts: a time such as .*; tomorrow morning$/,
    ],
  ])('finds %s', (_, text, finding) => {
    const [first] = findings(text)
    if (typeof finding === 'string') expect(first).toBe(finding)
    else expect(first).toMatch(finding)
  })
  it('takes secrets from the environment, and says which is missing', () => {
    const text = `notifiers: [{ kind: webhook, url: 'https://example.org', secret: '\${HOOK}' }]`
    const secret = 'whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldY'
    expect(parse(text, { HOOK: secret }).config?.notifiers[0]?.secret).toBe(secret)
    expect(findings(text)).toEqual(['notifiers[0].secret: the environment variable HOOK is set; nothing'])
  })
})
