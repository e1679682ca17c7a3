/** Where a command goes and who gives it. */
export interface Asking {
  url: string
  token?: string
  data: string
  /** How long the server may take; half a minute, if not given. */
  timeoutMs?: number
}

export const ASK_HELP = '\nExit codes: 0 done · 1 the server refused, or cannot be reached · 2 wrong usage'
/**
 * How long a running server may take for a command; it waits for its disk and its engine, usually a few milliseconds.
 */
const ASK_TIMEOUT_MS = 30_000

/** Posts a command to a running server, or asks it where `body` is null; its answer, or null after saying on stderr why there is none. */
export async function ask(
  command: string,
  path: string,
  body: object | null,
  { url, token, data, timeoutMs = ASK_TIMEOUT_MS }: Asking,
): Promise<unknown> {
  const known = await tokenOf({ ...(token === undefined ? {} : { token }), data })
  const say = (what: string) => process.stderr.write(`epicenter ${command}: ${what}\n`)
  let response: Response
  try {
    response = await fetch(`${url.replace(/\/+$/, '')}${path}`, {
      method: body === null ? 'GET' : 'POST',
      headers: {
        ...(body !== null && { 'content-type': 'application/json' }),
        ...(known && { authorization: `Bearer ${known}` }),
      },
      ...(body !== null && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    })
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string } }
    say(`cannot reach ${url}: ${cause?.code ?? message}`)
    return null
  }
  const answer: unknown = await response.json().catch(() => ({}))
  if (response.ok) return answer
  const { title, detail, value } = answer as { title?: string; detail?: string; value?: string }
  const why = [title ?? `the server answered ${response.status}`, detail, value && `received ${value}`]
  say(why.filter(Boolean).join('; '))
  return null
}

/** The token to ask with: as given, of the environment, or of a data folder on this machine. */
export const tokenOf = async ({ token, data }: Pick<Asking, 'token' | 'data'>): Promise<string | undefined> =>
  token ?? process.env['EPICENTER_TOKEN'] ?? (await tokenIn(data))

async function tokenIn(data: string): Promise<string | undefined> {
  const { readFile } = await import('node:fs/promises')
  return readFile(`${data}/token`, 'utf8').then(
    text => text.trim(),
    () => undefined,
  )
}
