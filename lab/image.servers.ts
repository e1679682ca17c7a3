import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from './recipes.js'

// deploy/Dockerfile played step by step where no engine for images is, and the package in an empty folder: what would be shipped
// is built from a fresh copy, belongs to root, and runs as a user who may write to nothing but its data.

const root = fileURLToPath(new URL('..', import.meta.url))
/** `nobody` of Debian. */
const NOBODY = 65534
const folder = mkdtempSync(join(tmpdir(), 'epicenter-image-'))
const quiet = { stdio: ['ignore', 'ignore', 'inherit'] as ['ignore', 'ignore', 'inherit'] }

interface Step {
  word: string
  rest: string
}
const stages = readFileSync(join(root, 'deploy/Dockerfile'), 'utf8')
  .split('\n')
  .flatMap(line => /^([A-Z]+) (.+)$/.exec(line)?.slice(1) ?? [])
  .reduce<Step[][]>((made, text, at, all) => {
    if (at % 2 === 1) return made
    const step = { word: text, rest: all[at + 1]! }
    if (step.word === 'FROM') made.push([])
    else made.at(-1)!.push(step)
    return made
  }, [])

/** Copies as COPY does: folders give what is in them, files keep their name where the target is a folder. */
function copy(from: string, to: string, target: string, sources: readonly string[]) {
  for (const source of sources) {
    const path = join(from, source)
    const into = target.endsWith('/') || sources.length > 1 ? join(to, target, basename(path)) : join(to, target)
    mkdirSync(dirname(into), { recursive: true })
    cpSync(path, lstatSync(path).isDirectory() ? join(to, target) : into, { recursive: true, verbatimSymlinks: true })
  }
}

const [source, clone, image] = ['source', 'src', 'opt'].map(name => join(folder, name)) as [string, string, string]
const data = join(folder, 'var')
const of = (word: string) => stages[1]!.find(step => step.word === word)!.rest
const megabytes = (path: string) => Number(execFileSync('du', ['-sm', path], { encoding: 'utf8' }).split('\t')[0])

beforeAll(() => {
  // What Git has or would take: nothing else that lies about in this folder.
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\0')
    .filter(Boolean)
  for (const file of files) if (existsSync(join(root, file))) copy(root, source, file, [file])
  mkdirSync(clone)
  for (const { word, rest } of stages[0]!) {
    if (word === 'RUN') execFileSync('sh', ['-c', rest], { cwd: clone, ...quiet })
    if (word !== 'COPY') continue
    const parts = rest.split(' ')
    copy(source, clone, parts.at(-1)!, parts.slice(0, -1))
  }
  for (const { word, rest } of stages[1]!) {
    if (word !== 'COPY') continue
    const [, ...parts] = rest.split(' ')
    copy(
      clone,
      image,
      parts.at(-1)!,
      parts.slice(0, -1).map(path => path.replace('/src/', '')),
    )
  }
  mkdirSync(data, { mode: 0o700 })
  execFileSync('chown', [`${NOBODY}`, data])
  execFileSync('chmod', ['-R', 'go-w', image])
  execFileSync('chmod', ['755', folder])
}, 600_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Starts it as the image does, as nobody; resolves when it answers. */
async function start(words: readonly string[], cwd: string, args: readonly string[]) {
  const port = await freePort()
  const before = performance.now()
  const child = spawn(words[0]!, [...words.slice(1), ...args, '--port', `${port}`], {
    cwd,
    uid: NOBODY,
    gid: NOBODY,
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', HOME: '/nonexistent' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stdout.on('data', (piece: Buffer) => (said += piece.toString()))
  child.stderr.on('data', (piece: Buffer) => (said += piece.toString()))
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`${url}/healthz`).catch(() => null)
    if (answer?.ok) break
    if (tries === 600 || child.exitCode !== null) throw new Error(`it does not answer: ${said}`)
    await new Promise(next => setTimeout(next, 100))
  }
  const stop = async () => {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    return ((await ended) as [number | null])[0]
  }
  return { url, said: () => said, stop, seconds: (performance.now() - before) / 1000 }
}

it('the image holds what runs and its list of parts, and nothing that builds it', () => {
  const parts = readdirSync(join(image, 'node_modules'))
  expect(parts).toContain('fastify')
  for (const tool of ['vitest', 'esbuild', 'typescript', 'kubernetes-models']) expect(parts).not.toContain(tool)
  const { components, bomFormat } = JSON.parse(readFileSync(join(image, 'sbom.cdx.json'), 'utf8')) as {
    bomFormat: string
    components: { name: string }[]
  }
  expect(bomFormat).toBe('CycloneDX')
  expect(components.map(each => each.name)).toContain('fastify')
  expect(components.map(each => each.name)).not.toContain('vitest')
  console.log(
    `image beside its base: ${megabytes(image)} MB, of them packages ${megabytes(join(image, 'node_modules'))} MB, ` +
      `${components.length} parts`,
  )
})

it('runs as nobody, writes to its data alone, and ends on SIGTERM', async () => {
  const words = JSON.parse(of('ENTRYPOINT')) as string[]
  const args = (JSON.parse(of('CMD')) as string[]).map(word =>
    word
      .replace('/etc/epicenter/epicenter.yaml', join(image, 'epicenter.yaml'))
      .replace('/var/lib/epicenter', data)
      .replace('0.0.0.0', '127.0.0.1'),
  )
  cpSync(join(root, 'deploy/epicenter.yaml'), join(image, 'epicenter.yaml'))
  const server = await start(words, image, args)
  try {
    expect(await (await fetch(`${server.url}/status`)).text()).toContain('Shop')
    const written = execFileSync('find', [folder, '-user', 'nobody', '-not', '-path', `${data}*`], { encoding: 'utf8' })
    expect(written).toBe('')
    expect(readdirSync(join(data, 'data'))).toContain('log.db')
    console.log(`answers after ${server.seconds.toFixed(1)} s`)
  } finally {
    expect(await server.stop()).toBe(0)
  }
}, 120_000)

it('the package runs where it is installed in an empty folder', async () => {
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: clone,
    encoding: 'utf8',
  }).trim()
  const empty = join(folder, 'empty')
  mkdirSync(empty)
  execFileSync('npm', ['init', '--yes'], { cwd: empty, ...quiet })
  execFileSync('npm', ['install', '--ignore-scripts', '--prefer-offline', join(folder, packed)], {
    cwd: empty,
    ...quiet,
  })
  const bin = join(empty, 'node_modules/.bin/epicenter')
  expect(execFileSync(bin, ['--version'], { cwd: empty, encoding: 'utf8' }).trim()).toBe(
    (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version,
  )
  const own = join(data, 'demo')
  const server = await start([bin], empty, ['serve', '--data', own])
  try {
    expect((await fetch(`${server.url}/`)).status).toBe(200)
    console.log(`${megabytes(join(folder, packed))} MB packed, ${megabytes(join(empty, 'node_modules'))} MB installed`)
  } finally {
    expect(await server.stop()).toBe(0)
  }
}, 300_000)
