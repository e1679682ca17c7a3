import { Command, Option } from 'commander'
import { COMMAND_SENDER } from '../../contract/order.js'
import { ask, ASK_HELP, type Asking } from '../ask.js'

interface Proposal {
  id: string
  at: number
  token: string
  state: string
  command: {
    verb: string
    by: string
    why: string
    notify: boolean
    incident?: string
    service?: string
    text?: string
  }
  decided?: { by: string; incident?: string }
}

const asking = (command: Command): Command =>
  command
    .option('--url <url>', 'the server', process.env['EPICENTER_URL'] ?? 'http://127.0.0.1:8080')
    .option('--token <token>', 'default: EPICENTER_TOKEN, or the file `token` in the data folder')
    .option('--data <dir>', 'data folder of a server on this machine', './data')
    .addHelpText('after', ASK_HELP)

/** What programs propose, and a person's word on it. */
export const proposalCommands = (): Command[] => [
  asking(
    new Command('proposals')
      .summary('list what programs propose')
      .description('Lists the commands that programs proposed, newest first, and what became of them.')
      .option('--all', 'those that were decided as well')
      .option('--json', 'the answer as it came'),
  ).action(async (options: Asking & { all?: true; json?: true }) => {
    const rows = (await ask('proposals', '/api/v1/proposals', null, options)) as Proposal[] | null
    if (rows === null) {
      process.exitCode = 1
      return
    }
    const shown = rows.filter(each => options.all === true || each.state === 'waiting')
    const text = options.json ? JSON.stringify(rows) : shown.map(lineOf).join('\n')
    process.stdout.write(`${text || 'nothing waits for anybody'}\n`)
  }),
  ...(['approve', 'refuse'] as const).map(word =>
    asking(
      new Command(word)
        .summary(word === 'approve' ? 'carry out what a program proposed' : 'say no to what a program proposed')
        .description(
          word === 'approve'
            ? 'Carries out what a program proposed, as a command of whoever approves it; its reason says who proposed it.'
            : 'Says no to what a program proposed: nothing is done.',
        )
        .argument('<proposal>', 'id of the proposal')
        .addOption(
          new Option('--by <person>', COMMAND_SENDER.by.help).default(
            process.env['USER'] ?? 'unknown',
            'the user of this shell',
          ),
        ),
    ).action(async (id: string, options: Asking & { by: string }) => {
      const path = `/api/v1/proposals/${encodeURIComponent(id)}/${word}`
      const answer = (await ask(word, path, { by: options.by }, options)) as Proposal | null
      if (answer === null) process.exitCode = 1
      else process.stdout.write(`${lineOf(answer)}\n`)
    }),
  ),
]

const lineOf = ({ id, at, token, state, command, decided }: Proposal): string =>
  [
    `${id}  ${new Date(at).toISOString().slice(0, 16)}Z  ${state}`,
    `  ${command.verb} ${command.incident ?? command.service ?? ''}${command.text === undefined ? '' : `: ${JSON.stringify(command.text)}`}`,
    `  ${command.by} (token ${token}): ${JSON.stringify(command.why)}${command.notify ? '' : ', no messages'}`,
    ...(decided ? [`  by ${decided.by}`] : []),
  ].join('\n')
