import { Command } from 'commander'
import { ASK_HELP, type Asking } from '../ask.js'

export interface ImportOptions extends Asking {
  service?: string
  out?: string
  dryRun?: true
  by: string
  incidents: boolean
  subscribers?: true
}

/** `epicenter import`: what other tools know, as a configuration and as the record of past incidents. */
export const importCommand = (): Command =>
  new Command('import')
    .summary('take over services, incidents, maintenance and rotas of another tool')
    .description(
      'Reads the export of another tool: statuspage, cachet, uptime-kuma, gatus, openstatus or cstate, and for who is on call ' +
        'opsgenie, grafana-oncall or pagerduty. Writes a configuration to --out, and past incidents to a running server that ' +
        'has these services. Says what it did not understand. Doing it twice is as doing it once; a file that cannot be read changes nothing.',
    )
    .argument('<source>', 'the tool that it comes from')
    .argument('<file...>', 'its files: JSON, YAML or Markdown')
    .option('--dry-run', 'say what would be done, and do nothing')
    .option('--out <file>', 'where the configuration goes; printed, if not given')
    .option('--service <id>', 'the service that everything belongs to; by the other tool’s names, if not given')
    .option('--no-incidents', 'leave past incidents out')
    .option('--subscribers', 'take subscribers over too: they agreed to be told of this page, whoever sends it')
    .option('--by <person>', 'who imports', process.env['USER'] ?? 'unknown')
    .option('--url <url>', 'the server', process.env['EPICENTER_URL'] ?? 'http://127.0.0.1:8080')
    .option('--token <token>', 'default: EPICENTER_TOKEN, or the file `token` in the data folder')
    .option('--data <dir>', 'data folder of a server on this machine', './data')
    .addHelpText('after', ASK_HELP)
    .action(async (source: string, files: string[], options: ImportOptions) => {
      const { runImport } = await import('./run.js')
      process.exitCode = await runImport(source, files, options)
    })
