import type { AuditRow } from './people-file.js'

/** What changes how somebody gets in, or what they may once they are. */
const CHANGES: ReadonlySet<string> = new Set([
  ...['password', 'add passkey', 'remove passkey', 'connect', 'disconnect', 'role', 'invite', 'end sessions'],
])
/** Signing in by whoever has the person's credentials. */
const SIGN_IN = 'sign in'

/**
 * What was changed of somebody's credentials and role since they signed in the time before this one, oldest first: what they are
 * shown, so that it does not stay unseen where it was not them. Since they joined, where they signed in once.
 */
export function changedSince(audit: readonly AuditRow[], name: string): AuditRow[] {
  const own = audit.filter(each => each.about === name)
  const ins = own.flatMap((each, i) => (each.act === SIGN_IN ? [i] : []))
  const from = ins.at(-2) ?? own.findLastIndex(each => each.act === 'join')
  return own.slice(from + 1).filter(each => CHANGES.has(each.act))
}
