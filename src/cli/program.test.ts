import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import type { IncidentView } from '../contract/view.js'
import { serve, tokenIn } from '../testing/served.js'
import { streamOf } from '../testing/stream.js'
import { program } from './program.js'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'epicenter-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, content: string | Buffer) => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}
const run = (args: string[], input?: string | Buffer) => {
  const { status, stdout, stderr } = spawnSync(join(root, 'bin/epicenter'), args, {
    cwd: folder,
    ...(input === undefined ? {} : { input }),
  })
  return { status, out: stdout.toString(), err: stderr.toString() }
}

const signals = streamOf({
  service: 'chat',
  minutes: 100,
  seed: 5,
  reports: 2,
  requests: 60,
  cells: ['a', 'b'],
  components: ['x'],
  tiers: ['free'],
  faults: [{ from: 60, until: 200, where: { cell: ['a'] }, bad: 0.6 }],
})
const ndjson = signals.map(s => `${JSON.stringify(s)}\n`).join('')

describe('epicenter', () => {
  it('teaches: every command says what it does, takes and answers with', () => {
    const { commands } = program()
    expect(commands.length).toBeGreaterThan(9)
    for (const command of commands) {
      expect(command.summary() || command.description()).not.toBe('')
      let help = ''
      command.configureOutput({ writeOut: text => (help += text) })
      command.outputHelp()
      expect(help, command.name()).toMatch(/Exit codes/i)
    }
  })
  it('answers wrong usage with 2', () => {
    const { status, err } = run(['reply'])
    expect(status).toBe(2)
    expect(err).toMatch(/unknown command 'reply'\s+\(Did you mean replay\?\)/)
  })
})

describe('epicenter replay', () => {
  it('prints events and nothing else, the same from a file, from gzip and from standard input', () => {
    const plain = run(['replay', file('s.ndjson', ndjson)])
    expect(plain.status).toBe(0)
    expect(plain.err).toBe('')
    const events = plain.out
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { event: string; at: string })
    expect(events.map(e => e.event)).toContain('opened')
    expect(run(['replay', file('s.ndjson.gz', gzipSync(ndjson))])).toEqual(plain)
    expect(run(['replay', '--batch', '7', '-'], ndjson)).toEqual(plain)
  })
  it('says which lines it left out, and goes on', () => {
    const { status, out, err } = run(['replay', '-'], `${ndjson}{"oops\n${ndjson.slice(0, 500)}`)
    expect(status).toBe(0)
    expect(out).not.toBe('')
    expect(err).toMatch(new RegExp(`line ${signals.length + 1}: line.json`))
  })
  it.each<[sentence: string, args: string[], input: string | undefined, says: RegExp]>([
    ['a file that is not there', ['replay', 'nowhere.ndjson'], undefined, /cannot read nowhere\.ndjson: ENOENT/],
    ['an empty input', ['replay', '-'], '', /no signal in standard input/],
    ['a batch of nothing', ['replay', '--batch', '0', '-'], '', /a whole number of at least 1/],
    ['no file', ['replay'], undefined, /missing required argument/],
  ])('answers %s with 2', (_, args, input, says) => {
    const { status, out, err } = run(args, input)
    expect([status, out]).toEqual([2, ''])
    expect(err).toMatch(says)
  })
})

describe('epicenter init and check', () => {
  it('write a file and find it right', () => {
    expect(run(['init']).status).toBe(0)
    expect(run(['check', 'epicenter.yaml'])).toMatchObject({ status: 0, err: '' })
    expect(run(['init'])).toMatchObject({ status: 2, err: expect.stringContaining('it exists') })
  })
  it('find what is wrong with one, where, and what is there', () => {
    const { status, err } = run(['check', file('wrong.yaml', 'clock: sun\nservices: [{ title: A }]\n')])
    expect(status).toBe(1)
    expect(err).toMatch(/wrong\.yaml:1: clock: expected one of wall, signals \(got sun\)/)
    expect(err).toMatch(/services\[0\]\.id/)
    expect(run(['check', 'nowhere.yaml']).status).toBe(2)
    expect(run(['serve', '--config', join(folder, 'wrong.yaml')]).status).toBe(2)
  })
})

describe('epicenter resolve, say and mute', () => {
  it('act on a running server, with its token, and say what it refuses', async () => {
    const config = file('serve.yaml', `clock: signals\ndata: ${join(folder, 'data')}\n`)
    const server = await serve(root, ['--config', config])
    try {
      const token = tokenIn(join(folder, 'data'))
      const headers = { 'content-type': 'application/x-ndjson', authorization: `Bearer ${token}` }
      await fetch(`${server.url}/api/v1/signals`, { method: 'POST', body: ndjson, headers })
      let incident: IncidentView | undefined
      while (incident === undefined)
        [incident] = (await (await fetch(`${server.url}/api/v1/incidents`)).json()) as IncidentView[]
      const act = (...args: string[]) => run([...args, '--url', server.url, '--by', 'ada', '--why', 'a test'])
      expect(act('say', incident.id, '--text', 'We are on it.')).toMatchObject({ status: 0, err: '' })
      expect(act('mute', incident.id, '--until', '2031-06-01T00:00:00Z').status).toBe(0)
      expect(act('resolve', incident.id).out).toMatch(/resolved/)
      expect(act('resolve', 'nothing')).toMatchObject({ status: 1, err: expect.stringMatching(/no such incident/) })
      expect(act('resolve', incident.id, '--token', 'wrong')).toMatchObject({
        status: 1,
        err: expect.stringMatching(/token/),
      })
      expect(run(['resolve', incident.id, '--url', server.url])).toMatchObject({
        status: 2,
        err: expect.stringMatching(/--why/),
      })
      const story = (await (await fetch(`${server.url}/api/v1/incidents/${incident.id}`)).json()) as IncidentView
      expect(story.latest).toMatchObject({ event: 'resolved', by: 'ada', why: 'a test' })
    } finally {
      expect(await server.stop('SIGTERM')).toBe(0)
    }
    expect(act(server.url)).toMatchObject({ status: 1, err: expect.stringMatching(/cannot reach/) })
    expect(readFileSync(config, 'utf8')).toContain('clock')
  })
  const act = (url: string) => run(['resolve', 'x', '--url', url, '--why', 'a test'])
})

describe('epicenter export', () => {
  it('replaces files only in a folder that an export made, unless it is told to', async () => {
    const data = join(folder, 'exported')
    const server = await serve(root, ['--config', file('export.yaml', `clock: signals\ndata: ${data}\n`)])
    expect(await server.stop('SIGTERM')).toBe(0)
    const site = join(folder, 'site')
    mkdirSync(site)
    writeFileSync(join(site, 'index.html'), 'mine')
    const args = ['export', site, '--data', data]
    expect(run(args)).toMatchObject({
      status: 1,
      err: expect.stringMatching(/holds index\.html and was not made by an export/),
    })
    expect(readFileSync(join(site, 'index.html'), 'utf8')).toBe('mine')
    expect(run([...args, '--force']).status).toBe(0)
    expect(readFileSync(join(site, 'index.html'), 'utf8')).not.toBe('mine')
    // From now on it is one.
    expect(run(args).status).toBe(0)
  }, 60_000)
})
