import { Command } from 'commander'
import { VERSION } from '../shell/version.js'
import { agentCommand } from './agent/command.js'
import { mcpCommand } from './agents/mcp.js'
import { proposalCommands } from './agents/proposals.js'
import { backtestCommand } from './backtest/command.js'
import { backupCommand, restoreCommand } from './backup/command.js'
import { dumpCommand } from './dump/command.js'
import { eraseCommand } from './erase/command.js'
import { migrateCommand } from './migrate/command.js'
import { changeCommand } from './change.js'
import { checkCommand } from './check/command.js'
import { orderCommands } from './commands.js'
import { configCommand } from './config/command.js'
import { detectCommand } from './detect/command.js'
import { exportCommand } from './export/command.js'
import { forgetCommand } from './forget.js'
import { graphCommand } from './graph.js'
import { draftCommand, incidentCommand, incidentsCommand, postmortemCommand } from './incidents.js'
import { initCommand } from './init/command.js'
import { learnCommand } from './learn/command.js'
import { localizeCommand } from './localize/command.js'
import { mapCommand } from './map.js'
import { notifyCommand } from './notify.js'
import { originCommand } from './origin/command.js'
import { importCommand } from './import/command.js'
import { reloadCommand } from './reload.js'
import { replayCommand } from './replay/command.js'
import { routeCommand } from './route/command.js'
import { reportCommand } from './report.js'
import { serveCommand } from './serve/command.js'
import { onCallCommand } from './on-call.js'
import { simulateCommand } from './simulate/command.js'
import { statusCommand } from './status.js'
import { subscribersCommand } from './subscribers.js'
import { tokenCommand } from './token/command.js'

const HELP = `
Start with:
  $ epicenter serve                                   the demonstration, on http://127.0.0.1:8080
  $ epicenter init && epicenter serve --config epicenter.yaml
  $ epicenter init --with prometheus=http://127.0.0.1:9090 && epicenter check epicenter.yaml --try
  $ epicenter simulate scenarios/FILE.json | epicenter replay -

Exit codes: 0 done · 1 failed, or a check found something · 2 wrong usage or input that cannot be read
EPICENTER_DEBUG=1 shows where a failure came from.`

/** The whole command line. Actions import what they need, so that `--help` costs nothing. */
export function program(): Command {
  const root = new Command('epicenter')
    .description('Thousands feel an outage. Epicenter finds where it started.')
    .version(VERSION)
    .showHelpAfterError('(add --help for what it takes)')
    .addHelpText('after', HELP)
  for (const command of [
    serveCommand(),
    agentCommand(),
    initCommand(),
    checkCommand(),
    mapCommand(),
    replayCommand(),
    backtestCommand(),
    detectCommand(),
    graphCommand(),
    localizeCommand(),
    originCommand(),
    simulateCommand(),
    configCommand(),
    exportCommand(),
    backupCommand(),
    restoreCommand(),
    dumpCommand(),
    eraseCommand(),
    migrateCommand(),
    tokenCommand(),
    statusCommand(),
    learnCommand(),
    reloadCommand(),
    notifyCommand(),
    subscribersCommand(),
    changeCommand(),
    reportCommand(),
    importCommand(),
    mcpCommand(VERSION),
    ...proposalCommands(),
    incidentsCommand(),
    incidentCommand(),
    draftCommand(),
    postmortemCommand(),
    ...orderCommands(),
    onCallCommand(),
    routeCommand(),
    forgetCommand(),
  ])
    root.addCommand(command)
  return root
}

export async function main(argv: readonly string[]): Promise<void> {
  // `… | head` closes our output early: that is an end, not a failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  const root = program()
  for (const command of [root, ...root.commands, ...root.commands.flatMap(each => each.commands)])
    command.exitOverride()
  try {
    await root.parseAsync(argv)
  } catch (error) {
    const e = error as { code?: string; exitCode?: number; message?: string; stack?: string }
    if (e.code?.startsWith('commander.') === true) {
      // Help and version are no failure; anything else that commander refuses is wrong usage.
      process.exitCode = e.exitCode === 0 ? 0 : 2
      return
    }
    process.stderr.write(`epicenter: ${e.message ?? String(error)}\n`)
    if (process.env['EPICENTER_DEBUG'] !== undefined) process.stderr.write(`${e.stack ?? ''}\n`)
    process.exitCode = 1
  }
}
