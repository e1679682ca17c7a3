import type { Fault, PluginEnv } from '../../contract/plugin.js'

/** How a server of the operator's own is spoken to. `verify`: by TLS, with a certificate that is believed; `off`: in the clear. */
export interface TlsFiles {
  tls: 'verify' | 'off'
  caFile?: string
  certFile?: string
  keyFile?: string
}

const FILE = { type: 'string', minLength: 1, role: 'path' }
export const TLS_SETTINGS = {
  tls: { enum: ['verify', 'off'], default: 'verify' },
  caFile: FILE,
  certFile: FILE,
  keyFile: FILE,
}

export function faultsOfTls({ tls, caFile, certFile, keyFile }: TlsFiles): Fault[] {
  const files = Object.entries({ caFile, certFile, keyFile }).flatMap(([path, file]) =>
    file === undefined ? [] : path,
  )
  if (tls === 'off' && files.length > 0)
    return [{ path: files[0]!, rule: 'nothing, where tls is off', value: 'a file' }]
  if ((certFile === undefined) === (keyFile === undefined)) return []
  return certFile === undefined
    ? [{ path: 'certFile', rule: 'the certificate of keyFile', value: 'nothing' }]
    : [{ path: 'keyFile', rule: 'the key of certFile', value: 'nothing' }]
}

/** Certificates and keys as TLS takes them; undefined: none is spoken. */
export async function readTls(
  { tls, caFile, certFile, keyFile }: TlsFiles,
  env: Pick<PluginEnv, 'readText'>,
): Promise<{ ca?: string; cert?: string; key?: string } | undefined> {
  if (tls === 'off') return undefined
  const files = Object.entries({ ca: caFile, cert: certFile, key: keyFile })
  const read = files.flatMap(([name, file]) => (file === undefined ? [] : [[name, file] as const]))
  return Object.fromEntries(await Promise.all(read.map(async ([name, file]) => [name, await env.readText(file)])))
}

/** Codes of Node: the other side is not who it should be, and will not be the next time. */
export const UNBELIEVED = /^(?:SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|CERT_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|HOSTNAME_MISMATCH)/
