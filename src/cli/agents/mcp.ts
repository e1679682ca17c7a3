import { Command } from 'commander'
import { ASK_HELP, type Asking, tokenOf } from '../ask.js'

/** `epicenter mcp`: the tools of a running server over standard input and output, for assistants that start programs. */
export const mcpCommand = (version: string): Command =>
  new Command('mcp')
    .summary('serve the Model Context Protocol on standard input and output')
    .description(
      'Lets a program read the record of a running server and propose commands, over the Model Context Protocol on standard ' +
        'input and output. It may do what its token may: give it one of its own, with the scopes read and propose.',
    )
    .option('--url <url>', 'the server', process.env['EPICENTER_URL'] ?? 'http://127.0.0.1:8080')
    .option('--token <token>', 'default: EPICENTER_TOKEN, or the file `token` in the data folder')
    .option('--data <dir>', 'data folder of a server on this machine', './data')
    .addHelpText('after', ASK_HELP)
    .action(async (options: Asking) => {
      const { serveStdio } = await import('@modelcontextprotocol/server/stdio')
      const { mcpServer } = await import('../../http/agents/mcp.js')
      const token = await tokenOf(options)
      const ask = (method: 'GET' | 'POST', path: string, body?: object) =>
        question(options.url, token, method, path, body)
      serveStdio(() => mcpServer(ask, version))
    })

/** How long the server may take for one question. */
const QUESTION_MS = 30_000

/** One question to the server; what keeps it from answering is an answer too, so that a tool can tell it. */
async function question(url: string, token: string | undefined, method: string, path: string, body?: object) {
  try {
    const answer = await fetch(`${url.replace(/\/+$/, '')}${path}`, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(QUESTION_MS),
    })
    return { status: answer.status, body: (await answer.json()) as unknown }
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string } }
    return { status: 503, body: { title: 'the server cannot be reached', detail: cause?.code ?? message } }
  }
}
