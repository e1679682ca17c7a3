import { Command, InvalidArgumentError } from 'commander'
import { WORK_ROLES, type WorkRole } from '../../contract/sharing/sharing.js'

export interface ServeOptions {
  config?: string
  port?: number
  host?: string
  data?: string
  watch?: string
  roles?: WorkRole[]
  reach?: string
}

/** After a failed start, time for the last lines of the log to be written before the process ends. */
const LAST_WORDS_MS = 1_000

function port(text: string): number {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 0 || n > 65_535)
    throw new InvalidArgumentError(`Expected a port from 0 to 65535, not "${text}".`)
  return n
}

function roles(text: string): WorkRole[] {
  const names = text.split(',').map(each => each.trim())
  const wrong = names.find(each => !WORK_ROLES.includes(each as WorkRole))
  if (wrong !== undefined)
    throw new InvalidArgumentError(`There is no role "${wrong}"; there are ${WORK_ROLES.join(', ')}.`)
  return [...new Set(names as WorkRole[])]
}

export function serveCommand(): Command {
  return new Command('serve')
    .summary('start the server: signals in, pages and API out')
    .description(
      'Serves pages, API and ingest. With no configuration it opens the demonstration: an evening in February 2026, ' +
        'played faster than life. With one it is your own: `epicenter init` writes a file to start from.',
    )
    .option('--config <file>', 'configuration file (YAML)')
    .option('--port <port>', 'port to listen on; 0 takes a free one (default: 8080)', port)
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--data <dir>', 'where everything is kept (default: ./data; the demonstration: ./data-demo)')
    .option(
      '--watch <names>',
      "watch services of the catalogue from outside, by their vendors' pages and public posts: groups (ai, cloud, dev, social, payments, games) or names, with commas between",
    )
    .option(
      '--roles <roles>',
      `what this process does of the work that several share out, with commas between: ${WORK_ROLES.join(', ')} (default: all; docs/many-machines.md)`,
      roles,
    )
    .option('--reach <url>', 'where the other processes reach this one (default: this machine by its name)')
    .addHelpText('after', HELP)
    .action(async (options: ServeOptions) => {
      const { runServe } = await import('./run.js')
      const code = await runServe(options)
      process.exitCode = code
      // Nothing should be left that keeps the process; if there is, it must not look as if it served.
      if (code !== 0) setTimeout(() => process.exit(code), LAST_WORDS_MS).unref()
    })
}

const HELP = `
Ends cleanly on SIGINT and SIGTERM; what was acknowledged also survives kill -9.

Exit codes: 0 stopped · 1 it could not start (port taken, data unreadable, in use or not its own) · 2 the configuration is wrong

Examples:
  $ epicenter serve
  $ epicenter serve --config epicenter.yaml --port 8081 --data /var/lib/epicenter
  $ epicenter serve --watch ai,github
  $ epicenter serve --config epicenter.yaml --roles watch,judge`
