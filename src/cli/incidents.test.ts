import { afterEach, expect, it, vi } from 'vitest'
import { draftCommand, incidentCommand, incidentsCommand, postmortemCommand } from './incidents.js'

const COMMANDS = {
  incidents: incidentsCommand,
  incident: incidentCommand,
  draft: draftCommand,
  postmortem: postmortemCommand,
}

const row = {
  ...{ id: 'shop-1', service: 'shop', title: 'Shop: Login failing', open: true, severity: 'major', resolvedAt: null },
  startedAt: Date.UTC(2031, 4, 9, 12),
  latest: {
    says: [{ text: '40 % of requests fail.', refs: [] }],
    causes: [{ subject: 'chg-7', title: 'Raise pool size', state: 'suspected', probability: 0.81, because: [] }],
  },
}
const response = {
  ...{ acknowledged: { by: 'ana', at: row.startedAt }, assignee: 'bo', newest: 'ord-2' },
  commands: [
    { id: 'ord-1', at: row.startedAt, verb: 'ack', by: 'ana', why: 'looking' },
    { id: 'ord-2', at: row.startedAt, verb: 'assign', by: 'ana', why: 'database', person: 'bo' },
  ],
}

afterEach(() => vi.unstubAllGlobals())

/** Runs a command against a server that answers as given; returns what was printed and asked. */
async function run(command: keyof typeof COMMANDS, args: string[], answers: Record<string, unknown>) {
  const asked: string[] = []
  let printed = ''
  vi.stubGlobal('fetch', async (url: string) => {
    const { pathname, search } = new URL(url)
    asked.push(pathname + search)
    return new Response(JSON.stringify(answers[pathname] ?? { title: 'there is no such incident' }), {
      status: pathname in answers ? 200 : 404,
    })
  })
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(text => ((printed += String(text)), true))
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  await COMMANDS[command]().parseAsync(args, { from: 'user' })
  write.mockRestore()
  const exitCode = process.exitCode
  process.exitCode = undefined
  return { asked, printed, exitCode }
}

it('lists what is open, by default', async () => {
  const { asked, printed } = await run('incidents', ['--service', 'shop'], { '/api/v1/incidents': [row] })
  expect(asked).toEqual(['/api/v1/incidents?limit=20&open=true&service=shop'])
  expect(printed).toBe('shop-1  major  2031-05-09T12:00Z  Shop: Login failing\n')
  expect((await run('incidents', [], { '/api/v1/incidents': [] })).printed).toBe('no incident is open\n')
})
it('shows one with who has it and what was asked', async () => {
  const answers = { '/api/v1/incidents/shop-1': row, '/api/v1/incidents/shop-1/response': response }
  const { printed } = await run('incident', ['shop-1'], answers)
  for (const line of [
    'acknowledged: ana, 2031-05-09T12:00Z',
    'assigned to: bo',
    'suspected 81 %  chg-7',
    'newest: ord-2',
  ])
    expect(printed).toContain(line)
  expect(printed).toContain('ana: assign to bo (database)')
  expect((await run('incident', ['nope'], answers)).exitCode).toBe(1)
})

it('prints what the record bears, in a language and as it stood', async () => {
  const answers = {
    '/api/v1/incidents/shop-1/post-mortem': { draft: '# It\n', published: null },
    '/api/v1/incidents/shop-1/draft': { lines: [], text: 'Shop is down.', short: 'Down.', dueAt: null },
  }
  const { asked, printed } = await run('postmortem', ['shop-1', '--lang', 'de', '--at', '2031-05-09T12:00Z'], answers)
  expect(asked).toEqual(['/api/v1/incidents/shop-1/post-mortem?lang=de&at=2031-05-09T12%3A00Z'])
  expect(printed).toBe('# It\n')
  expect((await run('draft', ['shop-1'], answers)).printed).toBe('Shop is down.\n')
  expect((await run('draft', ['shop-1', '--short'], answers)).printed).toBe('Down.\n')
  expect((await run('postmortem', ['nope'], answers)).exitCode).toBe(1)
})
