import { Command } from 'commander'

export interface ExportOptions {
  config?: string
  data?: string
  from?: string
  url?: string
  language?: string
  force?: boolean
}

export function exportCommand(): Command {
  return new Command('export')
    .summary('write all public pages as files')
    .description(
      'Writes the public pages, the status pages with their API and feeds, badges and widgets into a folder that a bucket ' +
        'or a CDN can serve when this server is down. Reads a data folder, also while a server works in it, or asks a ' +
        'running instance. Files are replaced one by one, each at once; none is deleted. A folder that holds anything else ' +
        'is refused.',
    )
    .argument('<dir>', 'folder to write to')
    .option('--config <file>', 'configuration file: its pages, maintenance and data folder')
    .option('--data <folder>', 'data folder')
    .option('--from <url>', 'ask the instance at this address instead of a data folder')
    .option('--url <url>', 'address at which the files will be found; by default that of the first page')
    .option('--language <code>', 'of the pages: en, es, pt, hi, fr, de, id, ja or ar', 'en')
    .option('--force', 'also into a folder that holds other files; those of the same name are replaced')
    .addHelpText('after', HELP)
    .action(async (dir: string, options: ExportOptions) => {
      const { runExport } = await import('./run.js')
      process.exitCode = await runExport(dir, options)
    })
}

const HELP = `
Exit codes: 0 done · 1 it cannot be read or written · 2 wrong usage, or a configuration file that is not right

Examples:
  $ epicenter export public --config epicenter.yaml --url https://status.example.com
  $ epicenter export publico --config epicenter.yaml --url https://estado.example.com --language es
  $ epicenter export public --from http://127.0.0.1:8080 --url https://status.example.com`
