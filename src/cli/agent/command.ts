import { Command } from 'commander'

export interface AgentOptions {
  url: string
  token?: string
  data: string
  allowPrivate?: string[]
}

/** `epicenter agent`: runs the probes of a server from this machine. */
export const agentCommand = (): Command =>
  new Command('agent')
    .summary('run probes of a server from this place')
    .description(
      'Asks a server which probes are to look from the place that its token is named after, runs them, and hands in what ' +
        'they find. While the server does not answer it keeps that, on the disk and within bounds, and hands it in later.',
    )
    .option('--url <url>', 'the server', process.env['EPICENTER_URL'] ?? 'http://127.0.0.1:8080')
    .option('--token <token>', 'a token with the scope agent, named as the place; default: EPICENTER_TOKEN')
    .option('--data <dir>', 'where it keeps what was not taken yet', './data-agent')
    .option(
      '--allow-private <addresses...>',
      'addresses that are not public, which probes may connect to from here: ranges, names of hosts, or all',
    )
    .addHelpText('after', HELP)
    .action(async (options: AgentOptions) => {
      const { runAgent } = await import('./run.js')
      process.exitCode = await runAgent(options)
    })

const HELP = `
Ends cleanly on SIGINT and SIGTERM. Two with one token are no harm: one works, the other stands by.

Exit codes: 0 stopped · 1 the server will not have it (its token is revoked, no probe looks from its place), or its folder cannot be written · 2 wrong usage

Examples:
  $ epicenter token add fra --scope agent
  $ EPICENTER_TOKEN=ept_… epicenter agent --url https://status.example.com --data /var/lib/epicenter-agent`
