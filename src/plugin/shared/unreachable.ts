/**
 * Codes that say more of us than of what we look at: it was told to stop, our resolver or our own network failed, or the
 * configuration does not let us.
 */
const OURS = new Set([
  'ABORT_ERR',
  'EAI_AGAIN',
  'ENETDOWN',
  'ENETUNREACH',
  'EMFILE',
  'ENFILE',
  'ENOTPUBLIC',
  'EADDRNOTAVAIL',
])

/** Why something cannot be reached, in words; @throws the error itself where it is no word on what was looked at */
export function whyUnreachable(error: unknown): string {
  const { code, message } = error as { code?: string; message: string }
  if (code === undefined || OURS.has(code)) throw error
  return message
}
