import { Command, InvalidArgumentError, Option } from 'commander'
import { CHANGE_KINDS, type ChangeKind, type Scope } from '../contract/signal.js'
import { DAY, HOUR, MINUTE, type EpochMs } from '../contract/time.js'
import { ask, ASK_HELP, type Asking } from './ask.js'

export interface ChangeOptions {
  service: string
  kind: ChangeKind
  id?: string
  at?: EpochMs
  scope: Scope
  rollout: [at: EpochMs | null, share: number][]
  reverts?: string
  end?: true
  href?: string
}

/** `epicenter change`: for scripts, and for people who do something by hand. */
export function changeCommand(): Command {
  return new Command('change')
    .summary('tell of a change: a deployment, a configuration, a flag, a launch, a mitigation')
    .description(
      'Sends one change to a running server, as any source of signals would. What is told again with the same --id is the same ' +
        'change: its rollout and scope grow. The same words at the same time count once.',
    )
    .argument('[title]', 'what was done, in a few words; may be left out where --id goes on with a change')
    .requiredOption('--service <id>', 'the service that was changed')
    .addOption(new Option('--kind <kind>', 'what it is').choices([...CHANGE_KINDS]).default('deploy'))
    .option('--id <id>', 'which change it is; without it, made of title and time')
    .option(
      '--at <time>',
      'when it took effect: ISO 8601 with an offset, or how long ago, as 15m, 2h; now, if not given',
      timeOf,
    )
    .option(
      '--scope <label=value,…>',
      'what it touches, once for each label; what is not named is unrestricted',
      scopeOf,
      {},
    )
    .option(
      '--rollout <[time=]share>',
      'how much of the world has it from then on, as 10% or 0.1; once for each step, at --at where no time is given',
      stepsOf,
      [],
    )
    .option('--reverts <id>', 'the change that this one undoes')
    .option('--end', 'it is over: from then on nobody has it')
    .option('--href <url>', 'where more is to be read')
    .option('--url <url>', 'the server', process.env['EPICENTER_URL'] ?? 'http://127.0.0.1:8080')
    .option('--token <token>', 'default: EPICENTER_TOKEN, or the file `token` in the data folder')
    .option('--data <dir>', 'data folder of a server on this machine', './data')
    .addHelpText('after', ASK_HELP)
    .action(async (title: string | undefined, options: ChangeOptions & Asking, command: Command) => {
      if (title === undefined && options.id === undefined)
        command.error("error: say what was done, or which change it is with --id: epicenter change 'Raise pool size' …")
      process.exitCode = await send(title, options)
    })
}

async function send(title: string | undefined, options: ChangeOptions & Asking): Promise<number> {
  const signal = changeSignal(title, options, Date.now())
  const answer = (await ask('change', '/api/v1/signals', [signal], options)) as { accepted: number } | null
  if (answer === null) return 1
  const { thread, service, kind } = signal
  process.stdout.write(
    `${answer.accepted > 0 ? 'noted' : 'was noted before'}: ${title === undefined ? '' : `${kind} of `}${service}, ${thread}\n` +
      (options.reverts === undefined && options.end === undefined ? `to undo it: --reverts ${thread}\n` : ''),
  )
  return 0
}

/** The signal that a change is told with. Its id says what it tells, so that a script may try again. */
export function changeSignal(title: string | undefined, options: ChangeOptions, now: EpochMs) {
  const { service, kind, scope, reverts, href, end } = options
  const at = options.at ?? now
  const steps = options.rollout.map(([time, share]): [EpochMs, number] => [time ?? at, share])
  if (end === true) steps.push([at, 0])
  const thread = options.id ?? idOf(title ?? kind, at)
  // Of one change the words of one time are one message; without a time of its own, of one minute.
  const when = options.at ?? Math.floor(now / MINUTE) * MINUTE
  const said = [
    end === true ? 'end' : kind,
    ...steps.map(([time, share]) => `${options.at === undefined && time === at ? '' : time}:${share}`),
  ]
  return {
    type: 'fact',
    via: 'change',
    id: `${thread.slice(0, ID_KEPT)}/${when}/${said.join(',')}`.slice(0, ID_MOST),
    thread,
    service,
    at,
    kind,
    scope,
    ...(title === undefined ? {} : { title }),
    ...(steps.length === 0 ? {} : { rollout: steps }),
    ...(reverts === undefined ? {} : { reverts }),
    ...(href === undefined ? {} : { href }),
  }
}

/** Characters of an id at most, as the door has it, and those of them that a thread may take. */
const [ID_MOST, ID_KEPT] = [200, 100]

/** `Raise pool size` at 20:14 → `raise-pool-size-20260203T2014`. */
function idOf(title: string, at: EpochMs): string {
  const words = title
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '')
  return `${words.slice(0, 60) || 'change'}-${new Date(at).toISOString().slice(0, 16).replace(/[-:]/g, '')}`
}

const UNITS: Record<string, number> = { s: 1_000, m: MINUTE, h: HOUR, d: DAY }

function timeOf(text: string): EpochMs {
  const ago = /^-?(\d+(?:\.\d+)?)\s*([smhd])$/.exec(text.trim())
  if (ago !== null) return Date.now() - Number(ago[1]) * UNITS[ago[2] ?? '']!
  const at = /T[^T]*(?:Z|[+-]\d{2}:?\d{2})$/i.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at))
    throw new InvalidArgumentError('Expected a time with its offset, as 2026-02-03T20:14Z, or how long ago, as 15m.')
  return at
}

function shareOf(text: string): number {
  const [, number, percent] = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text.trim()) ?? []
  const share = Number(number) / (percent === '%' ? 100 : 1)
  if (!(share >= 0 && share <= 1)) throw new InvalidArgumentError('Expected a share, as 10% or 0.1.')
  return share
}

function stepsOf(text: string, before: ChangeOptions['rollout']): ChangeOptions['rollout'] {
  const cut = text.lastIndexOf('=')
  return [...before, [cut < 0 ? null : timeOf(text.slice(0, cut)), shareOf(text.slice(cut + 1))]]
}

function scopeOf(text: string, before: Scope): Scope {
  const cut = text.indexOf('=')
  const values = text
    .slice(cut + 1)
    .split(',')
    .map(each => each.trim())
    .filter(each => each !== '')
  if (cut < 1 || values.length === 0) throw new InvalidArgumentError('Expected label=value, or label=value,value.')
  const label = text.slice(0, cut)
  return { ...before, [label]: [...(before[label] ?? []), ...values] }
}
