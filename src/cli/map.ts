import { Command } from 'commander'
import type { Use } from '../contract/config.js'
import type { PluginOf } from '../contract/plugin.js'
import type { Sampled } from '../shell/running/sample.js'

interface MapOptions {
  config?: string
  path: string
  header?: string[]
  at?: string
  json?: true
}

export function mapCommand(): Command {
  return new Command('map')
    .summary('what would become of a sample of a source')
    .description(
      'Shows a sample to a source, or posts it to a receiver, of a configuration file or as `init --with` would write it, and says what ' +
        'would become of it: signals, labels, what is dropped and why. Asks nothing of the outside and keeps nothing.',
    )
    .argument('<source>', 'id of a source or receiver in the file; without a file what one has, such as nginx')
    .argument('[samples...]', 'files, one after the other; standard input, if none')
    .option('--config <file>', 'configuration file')
    .option('--path <path>', 'of a request, below the receiver, such as v1/metrics', '')
    .option('--header <line...>', 'of a request, such as "x-github-event: release"')
    .option('--at <time>', 'when it comes (ISO 8601); now, if not given')
    .option('--json', 'the signals, one a line, and nothing else')
    .addHelpText('after', '\nExit codes: 0 all of it is taken · 1 some is not, or nothing comes of it · 2 wrong usage')
    .action(async (source: string, samples: string[], options: MapOptions) => {
      process.exitCode = await map(source, samples, options)
    })
}

const say = (what: string): void => void process.stderr.write(`epicenter map: ${what}\n`)

async function map(
  source: string,
  files: string[],
  { config, path, header = [], at, json }: MapOptions,
): Promise<number> {
  const now = at === undefined ? Date.now() : Date.parse(at)
  if (Number.isNaN(now)) {
    say(`--at is a time such as 2031-05-09T12:00Z; received ${at}`)
    return 2
  }
  const found = await foundUse(source, config)
  if (found === null) return 2
  const { readFile } = await import('node:fs/promises')
  const { mapSamples } = await import('../shell/running/sample.js')
  const headers = Object.fromEntries(
    header.map(line => [line.split(':', 1)[0]!.trim().toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  let sampled: Sampled
  try {
    const samples = files.length === 0 ? [await standardInput()] : await Promise.all(files.map(each => readFile(each)))
    sampled = await mapSamples(found.plugin, found.use, samples, { now, path, headers })
  } catch (error) {
    say((error as Error).message)
    return 2
  }
  if (json === true) for (const signal of sampled.signals) process.stdout.write(`${JSON.stringify(signal)}\n`)
  else process.stdout.write(`${(await linesOf(sampled)).join('\n')}\n`)
  const { judged, refused, dropped } = sampled
  return judged.accepted > 0 && judged.refused.length + refused.length + dropped.length === 0 ? 0 : 1
}

async function standardInput(): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of process.stdin) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

/** The use that is meant, and its plug-in; null after saying why there is none. */
async function foundUse(
  source: string,
  file: string | undefined,
): Promise<{ use: Use; plugin: PluginOf<'source'> | PluginOf<'receiver'> } | null> {
  const { load, parse } = await import('../shell/config/load.js')
  const { Registry } = await import('../plugin/registry.js')
  const { tellFindings } = await import('./check/run.js')
  const text = file === undefined ? await asInit(source) : ''
  if (text === null) return null
  const { config, findings } = file === undefined ? await parse(text, {}) : await load(file, process.env)
  if (config === null) {
    tellFindings(file ?? source, findings)
    return null
  }
  const { registry } = await Registry.open(config.plugins)
  const meant = (uses: readonly Use[]) => (file === undefined ? uses[0] : uses.find(each => each.id === source))
  const [reads, receives] = [meant(config.sources), meant(config.receivers)]
  if (reads !== undefined) return { use: reads, plugin: await registry.get('source', reads.use) }
  if (receives !== undefined) return { use: receives, plugin: await registry.get('receiver', receives.use) }
  const ids = [...config.sources, ...config.receivers].map(each => each.id)
  say(`there is no source or receiver ${source}; there are ${ids.join(', ') || 'none'}`)
  return null
}

/** A configuration with this and nothing else, every question answered as usual. */
async function asInit(name: string): Promise<string | null> {
  const { Registry } = await import('../plugin/registry.js')
  const { compose, offers, readWith } = await import('./init/compose.js')
  const all = (await offers((await Registry.open()).registry)).filter(
    ({ kind }) => kind === 'source' || kind === 'receiver',
  )
  try {
    return compose('service', readWith([name], all), 'http://127.0.0.1:8080', () => 'a-secret-that-nobody-knows').text
  } catch (error) {
    say((error as Error).message)
    return null
  }
}

async function linesOf({ judged, dropped, ignored, refused }: Sampled): Promise<string[]> {
  const { judgedLines, signalsIn } = await import('../shell/running/judged.js')
  return [
    signalsIn(judged),
    ...judgedLines(judged),
    ...dropped.map(
      ({ rule, count, value }) =>
        `  ${count} left out, ${rule}${value === undefined ? '' : `: ${value.slice(0, 120)}`}`,
    ),
    ...Object.entries(ignored).map(([reason, count]) => `  ${count} of no use, ${reason}`),
    ...refused.map(
      ({ rule, message, value }) => `  refused, ${rule}: ${message}${value === undefined ? '' : `; received ${value}`}`,
    ),
  ]
}
