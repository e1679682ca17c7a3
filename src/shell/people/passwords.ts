import { hash, verify } from '@node-rs/argon2'
import { isCommon } from './common-password.js'

/** Argon2id with the least that OWASP's cheat sheet asks for: 19 MiB, two rounds, one lane; about 20 ms. 2 is Argon2id. */
const HOW = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const
/** NIST SP 800-63B asks for 8 at least, ASVS for 12; longer ones than the most are refused, not cut. */
export const [PASSWORD_LEAST, PASSWORD_MOST] = [12, 200]

/** Why a password will not do, or null. No rules on kinds of characters: length is what counts. */
export function passwordFault(password: string, name: string): string | null {
  const { length } = [...password]
  if (length < PASSWORD_LEAST) return `a password has ${PASSWORD_LEAST} characters at least; this has ${length}`
  if (length > PASSWORD_MOST) return `a password has ${PASSWORD_MOST} characters at most; this has ${length}`
  if (new Set(password).size < 5) return 'a password has at least five different characters'
  if (name !== '' && password.toLowerCase().includes(name.toLowerCase())) return 'a password does not hold the name'
  if (isCommon(password))
    return 'this is put together of what everybody chooses (words of lists, rows of keys, counting): take other words'
  return null
}

/** As it is kept: PHC string format. One spelling, whatever keyboard typed it (NFKC, as NIST asks). */
export const hashPassword = (password: string): Promise<string> => hash(password.normalize('NFKC'), HOW)

/** Made once, for names that nobody has: those take as long as names that somebody has. */
let nobody: Promise<string> | null = null

/** Whether this is the password; with `kept` null it is not, after as much work. */
export async function isPassword(kept: string | null, password: string): Promise<boolean> {
  const given = password.normalize('NFKC').slice(0, PASSWORD_MOST)
  nobody ??= hash('nobody has this', HOW)
  const right = await verify(kept ?? (await nobody), given).catch(() => false)
  return right && kept !== null
}
