import { createHash } from 'node:crypto'

/** Length and letters of Statuspage's own ids (`qk867vbbh84x`); 36¹² keeps any number of incidents apart. */
const SHORT_ID_CHARS = 12

/**
 * An id made from content: the same thing has the same id after a restart, on another machine and on every page.
 * Parts are joined by a character that no name may hold.
 */
export function idOf(kind: string, ...parts: readonly (string | number)[]): string {
  const digest = createHash('sha256')
    .update([kind, ...parts].join('\u0000'))
    .digest()
  let out = ''
  let left = digest.readBigUInt64BE(0)
  for (let i = 0; i < SHORT_ID_CHARS; i++) {
    out += (left % 36n).toString(36)
    left /= 36n
  }
  return out
}
