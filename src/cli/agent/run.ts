import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import type { AgentAnswer, AgentTurn } from '../../contract/outside/agent.js'
import { PermanentError, TransientError } from '../../contract/error.js'
import { SECOND } from '../../contract/time.js'
import { Agent, type AskServer } from '../../shell/agent/agent.js'
import { realEnv } from '../../shell/env.js'
import { sleep } from '../../shell/outside/env.js'
import type { AgentOptions } from './command.js'

/** How long the server may take for one turn. */
const AGENT_ANSWER_MS = 30_000

/** Runs until it is told to stop, or the server will not have it; resolves with the exit code. */
export async function runAgent({ url, token, data, allowPrivate }: AgentOptions): Promise<number> {
  const say = (what: string) => process.stderr.write(`epicenter agent: ${what}\n`)
  const secret = token ?? process.env['EPICENTER_TOKEN']
  if (secret === undefined) {
    say('a token is needed; `epicenter token add PLACE --scope agent` makes one, --token or EPICENTER_TOKEN takes it')
    return 2
  }
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort())
  // Nothing else keeps this process: it has no port.
  const alive = setInterval(() => {}, AGENT_ANSWER_MS)
  try {
    mkdirSync(data, { recursive: true, mode: 0o700 })
    await using agent = new Agent({
      ask: askServer(url, secret),
      env: realEnv(),
      folder: data,
      allowPrivate: allowPrivate?.includes('all') === true ? true : (allowPrivate ?? null),
      instance: randomBytes(8).toString('hex'),
    })
    while (!stop.signal.aborted) await sleep(await agent.turn(), stop.signal)
    return 0
  } catch (error) {
    say((error as Error).message)
    return 1
  } finally {
    clearInterval(alive)
  }
}

/** One turn by HTTP. What may be better later is a TransientError. */
export const askServer =
  (url: string, token: string, fetch = globalThis.fetch): AskServer =>
  async (turn: AgentTurn) => {
    let response: Response
    try {
      response = await fetch(`${url.replace(/\/+$/, '')}/api/v1/agent`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify(turn),
        signal: AbortSignal.timeout(AGENT_ANSWER_MS),
      })
    } catch (error) {
      const { cause, message } = error as Error & { cause?: { code?: string } }
      throw new TransientError(cause?.code ?? message, 0)
    }
    const answer = (await response.json().catch(() => null)) as
      | (AgentAnswer & { title?: string; detail?: string; value?: string })
      | null
    if (response.ok && typeof answer?.now === 'number') return answer
    const why = answer?.title ?? `${url} answered ${response.status}, and not as a server of ours`
    // Only a server of ours that understood the question says no for good; what stands before it may say anything.
    if ([401, 403, 404].includes(response.status) && answer?.title !== undefined)
      throw new PermanentError([why, answer.value, answer.detail].filter(Boolean).join('; '))
    throw new TransientError(why, Number(response.headers.get('retry-after') ?? 0) * SECOND)
  }
