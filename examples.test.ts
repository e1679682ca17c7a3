import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { transformSync } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeExamples, consoleSteps, prints, withChecks } from './examples.js'

const root = import.meta.dirname
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  .map(path => `src/${path}`)
  .sort()

/** Numbers to eight digits, wherever they stand: examples are for reading. */
function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(8))
  return Array.isArray(value) ? value.map(rounded) : value
}

describe('examples in doc comments', () => {
  // Without an arrow an example shows a call and claims nothing.
  const examples = sources.flatMap(path => codeExamples(path, read(path))).filter(({ code }) => code.includes('// => '))
  it('are found', () => expect(examples.length).toBeGreaterThan(0))
  it.each(examples)('$place', async ({ path, code }) => {
    const module = (await import(pathToFileURL(join(root, path)).href)) as Record<string, unknown>
    let checks = 0
    const equal = (actual: unknown, wanted: unknown): void => {
      checks += 1
      expect(rounded(actual)).toEqual(rounded(wanted))
    }
    const { code: script } = transformSync(withChecks(code), { loader: 'ts' })
    const names = Object.keys(module)
    new Function(...names, '__equal', script)(...names.map(name => module[name]), equal)
    expect(checks).toBeGreaterThan(0)
  })
})

const pages = ['README.md', ...readdirSync(join(root, 'docs')).map(name => `docs/${name}`)].filter(path =>
  path.endsWith('.md'),
)

describe.each(pages.filter(path => consoleSteps(read(path)).length > 0))('commands in %s', path => {
  const folder = mkdtempSync(join(tmpdir(), 'epicenter-doc-'))
  const env = { ...process.env, PATH: `${join(root, 'bin')}${delimiter}${process.env['PATH']}`, NO_COLOR: '1' }
  beforeAll(() => {
    execFileSync(process.execPath, ['scripts/build.mjs', '--if-stale'], { cwd: root })
    symlinkSync(join(root, 'scenarios'), join(folder, 'scenarios'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  // In order and in one folder: what a step writes, a later one may read.
  it.each(consoleSteps(read(path)))('line $line: $command', ({ command, output }) => {
    const result = spawnSync('bash', ['-c', `set -o pipefail\n${command}`], { cwd: folder, env, encoding: 'utf8' })
    expect(result.status, result.stderr).toBe(0)
    if (!prints(result.stdout, output)) expect(result.stdout).toBe(`${output.join('\n')}\n`)
  })
})

describe('the page on configuration', () => {
  it('shows a file that is right', () => {
    const blocks = [...read('docs/configuration.md').matchAll(/```yaml\n([\s\S]*?)```/g)].map(match => match[1])
    const folder = mkdtempSync(join(tmpdir(), 'epicenter-config-'))
    writeFileSync(join(folder, 'epicenter.yaml'), blocks.join(''))
    const env = {
      ...process.env,
      EPICENTER_WEBHOOK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      TICKETS_SECRET: 'a-secret-of-twenty-characters',
    }
    const check = spawnSync(join(root, 'bin', 'epicenter'), ['check', join(folder, 'epicenter.yaml')], {
      env,
      encoding: 'utf8',
    })
    rmSync(folder, { recursive: true, force: true })
    expect(check.stderr).toBe('')
    expect(check.stdout).toContain('no problems found: 2 services, 1 notifier,')
  })
})

describe('the README on sending signals', () => {
  const folder = mkdtempSync(join(tmpdir(), 'epicenter-readme-'))
  const epicenter = join(root, 'bin', 'epicenter')
  let server: ChildProcess
  let address = ''
  beforeAll(async () => {
    execFileSync(process.execPath, ['scripts/build.mjs', '--if-stale'], { cwd: root })
    execFileSync(epicenter, ['init'], { cwd: folder })
    const args = ['serve', '--config', 'epicenter.yaml', '--port', '0', '--data', './data']
    server = spawn(epicenter, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
    address = await new Promise((resolve, reject) => {
      let said = ''
      server.stdout?.on('data', chunk => {
        said += chunk
        const found = /http:\/\/127\.0\.0\.1:\d+/.exec(said)
        if (found) resolve(found[0])
      })
      server.on('exit', code => reject(new Error(`the server ended with ${code}: ${said}`)))
    })
  })
  afterAll(async () => {
    const ended = new Promise(resolve => server.on('exit', resolve))
    server.kill()
    await ended
    rmSync(folder, { recursive: true, force: true })
  })
  it.skipIf(spawnSync('curl', ['--version']).error)('has an example that is accepted as it stands', () => {
    const block = /```sh\n(NOW=[\s\S]*?)```/.exec(read('README.md'))?.[1] ?? ''
    const script = block.replaceAll('http://127.0.0.1:8081', address)
    expect(script).not.toBe(block)
    const result = spawnSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' })
    expect(JSON.parse(result.stdout)).toMatchObject({ accepted: 3, duplicate: 0, rejected: [] })
  })
})

describe('the readers of examples', () => {
  it('reads code under @example up to the next tag', () => {
    const text = '/**\n * Twice.\n * @example\n * twice(2) // => 4\n * @throws never\n */\nexport const a = 1'
    expect(codeExamples('a.ts', text)).toEqual([{ place: 'a.ts:3', path: 'a.ts', code: 'twice(2) // => 4' }])
  })
  it('turns arrows into checks', () => {
    expect(withChecks('const a = 1 // => no\ntwice(a) // => 2')).toBe('const a = 1 // => no\n__equal((twice(a)), (2));')
  })
  it('reads commands with their output', () => {
    const text = 'x\n```console\n$ a <<E\n> b\n> E\n1\n$ c\n```\n$ no\n```sh\n$ no\n```'
    expect(consoleSteps(text)).toEqual([
      { line: 3, command: 'a <<E\nb\nE', output: ['1'] },
      { line: 7, command: 'c', output: [] },
    ])
  })
  it.each([
    ['a\nb\n', ['a', 'b'], true],
    ['a\nb\n', ['a'], false],
    ['', [], true],
    ['a\n', [], false],
    ['took 12 ms\n', ['took … ms'], true],
    ['1\n2\n3\n', ['1', '…', '3'], true],
    ['1\n2\n', ['1', '…', '3'], false],
    ['a.c\n', ['a.c'], true],
    ['abc\n', ['a.c'], false],
  ])('%j printed where %j is wanted: %j', (actual, wanted, is) => expect(prints(actual, wanted)).toBe(is))
})
