import { randomBytes } from 'node:crypto'
import { Command } from 'commander'
import type { Had, Offer } from './compose.js'
import { STARTER } from './starter.js'

interface InitOptions {
  force?: true
  plain?: true
  ask?: true
  with?: string[]
  service?: string
}

export function initCommand(): Command {
  return new Command('init')
    .summary('write a configuration file for what one has')
    .description(
      'Writes a configuration file for what you already run, and says what is left to do there. Where nothing is said of it and a ' +
        'person sits at the terminal they are asked; else it writes one with every setting explained.',
    )
    .argument('[file]', 'where to', 'epicenter.yaml')
    .option(
      '--with <what...>',
      'what you have: NAME, NAME=ANSWER to its first question, NAME.QUESTION=ANSWER; such as prometheus=http://127.0.0.1:9090',
    )
    .option('--service <id>', 'what it is all about (default: "shop")')
    .option('--list', 'what you may have, and what is asked of it')
    .option('--plain', 'ask nothing: a file with every setting explained')
    .option('--ask', 'ask also where no terminal is')
    .option('--force', 'also when the file exists')
    .addHelpText('after', '\nExit codes: 0 written · 2 the file exists, or cannot be written; wrong usage')
    .action(async (file: string, options: InitOptions & { list?: true }) => {
      process.exitCode = options.list === true ? await list() : await init(file, options)
    })
}

const say = (what: string): void => void process.stderr.write(`epicenter init: ${what}\n`)

async function known(): Promise<Offer[]> {
  const { Registry } = await import('../../plugin/registry.js')
  const { offers } = await import('./compose.js')
  return offers((await Registry.open()).registry)
}

async function list(): Promise<number> {
  for (const { kind, plugin, start } of await known()) {
    process.stdout.write(`${start.has.join(', ')}: ${kind} ${plugin.name}, ${plugin.summary}\n`)
    for (const { name, asks, usual } of start.asks) process.stdout.write(`  ${name}: ${asks} (${usual})\n`)
  }
  return 0
}

async function init(file: string, options: InitOptions): Promise<number> {
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true
  const asks = options.ask === true || (isTerminal && options.with === undefined && options.plain === undefined)
  let had: Had[] = []
  let { service = 'shop' } = options
  try {
    if (asks) ({ had, service } = await (await import('./asking.js')).asked(await known(), service))
    else if (options.with !== undefined) had = (await import('./compose.js')).readWith(options.with, await known())
  } catch (error) {
    say((error as Error).message)
    return 2
  }
  if (had.length === 0) return write(file, STARTER, [], options)
  const { compose } = await import('./compose.js')
  const { parse } = await import('../../shell/config/load.js')
  const { text, next } = compose(service, had, 'http://127.0.0.1:8080', () => randomBytes(24).toString('hex'))
  // What it was told may be no address: better said now than by `check`.
  const { findings } = await parse(text, {})
  if (findings.length > 0) {
    const { sentenceOf } = await import('../../shell/config/sentence.js')
    for (const finding of findings) say(sentenceOf(finding))
    return 2
  }
  return write(file, text, next, options)
}

async function write(file: string, text: string, next: readonly string[], { force }: InitOptions): Promise<number> {
  const { writeFileSync } = await import('node:fs')
  try {
    writeFileSync(file, text, { flag: force === true ? 'w' : 'wx', mode: text === STARTER ? 0o666 : 0o600 })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    say(`cannot write ${file}: ${code === 'EEXIST' ? 'it exists; --force overwrites it' : message}`)
    return 2
  }
  for (const each of next) process.stdout.write(`${each}\n`)
  const check = text === STARTER ? '' : ' --try'
  process.stdout.write(
    `${file} is written. Next: epicenter check ${file}${check} && epicenter serve --config ${file}\n`,
  )
  return 0
}
