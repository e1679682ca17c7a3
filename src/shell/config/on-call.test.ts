import { describe, expect, it } from 'vitest'
import { parse } from './load.js'

const FILE = `
notifiers:
  - { id: chat, use: webhook, url: 'https://chat.example/hook', secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw }
responders:
  - { id: ana, name: Ana, tell: [chat] }
rotas:
  - id: first
    timeZone: Europe/Berlin
    layers: [{ starts: '2026-01-05T09:00', people: [ana] }]
routes:
  - tell: [chat]
    escalate: [{ afterMinutes: 0, rota: first }, { afterMinutes: 10, tell: [chat] }]
    quiet: { from: '22:00', until: '07:00', below: major }
`
const findings = async (from: string, to: string) =>
  (await parse(FILE.replace(from, to), {})).findings.map(({ path, rule }) => `${path}: ${rule}`)

describe('rotas and routes in the configuration', () => {
  it('are read', async () => {
    const { config, findings: wrong } = await parse(FILE, {})
    expect(wrong).toEqual([])
    expect(config!.routes![0]!.quiet).toEqual({ from: '22:00', until: '07:00', below: 'major' })
    expect((await parse('title: x', {})).config).toMatchObject({ responders: [], rotas: [], routes: null })
  })
  it.each([
    [
      'people: [ana]',
      'people: [anna]',
      'rotas[0].layers[0].people[0]: the id of a responder in this file; did you mean ana?',
    ],
    [
      'tell: [chat] }\n',
      'tell: [chap] }\n',
      'responders[0].tell[0]: the id of a notifier in this file; did you mean chat?',
    ],
    ['rota: first', 'rota: frist', 'routes[0].escalate[0].rota: the id of a rota in this file; did you mean first?'],
    ['Europe/Berlin', 'Europe/Barlin', 'rotas[0].timeZone: a time zone such as Europe/Berlin'],
    ['2026-01-05T09:00', '2026-02-30T09:00', 'rotas[0].layers[0].starts: a time such as'],
    [', tell: [chat] }]', ' }]', 'routes[0].escalate[1]: a step with rota or tell'],
    ["until: '07:00'", "until: '22:00'", 'routes[0].quiet: hours that end at another time than they begin'],
    ['name: Ana', 'nmae: Ana', 'responders[0].nmae'],
  ])('are checked: %s as %s', async (from, to, wrong) => expect((await findings(from, to)).join('\n')).toContain(wrong))
})
