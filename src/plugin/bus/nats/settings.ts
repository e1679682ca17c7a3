import type { ConfigSchema, Fault } from '../../../contract/plugin.js'
import { faultsOfTls, TLS_SETTINGS, type TlsFiles } from '../../shared/tls-files.js'

// What an operator says of their NATS.

export interface NatsConfig extends TlsFiles {
  servers: string[]
  stream: string
  replicas: number
  partitions?: number
  maxBytes?: number
  user?: string
  password?: string
  token?: string
  credentialsFile?: string
}

/** Each is a subject, a lease and a checkpoint. */
const MOST_PARTITIONS = 64
const SECRET = { type: 'string', pattern: '^[^\\x00]{1,1000}$', writeOnly: true }

export const SETTINGS: ConfigSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['servers'],
  properties: {
    servers: {
      type: 'array',
      minItems: 1,
      maxItems: 16,
      items: { type: 'string', pattern: '^(?!.*://)[^@/\\s]{1,253}:[0-9]{1,5}$' },
    },
    stream: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,40}$', default: 'epicenter' },
    replicas: { type: 'integer', minimum: 1, maximum: 5, default: 3 },
    partitions: { type: 'integer', minimum: 1, maximum: MOST_PARTITIONS },
    maxBytes: { type: 'integer', minimum: 1_048_576 },
    user: { type: 'string', pattern: '^[^\\x00]{1,200}$' },
    password: SECRET,
    token: SECRET,
    credentialsFile: { type: 'string', minLength: 1, role: 'path' },
    ...TLS_SETTINGS,
  },
}

/** One way to say who we are, whole. */
export function faultsOf(config: NatsConfig): Fault[] {
  const { user, password, token, credentialsFile } = config
  const faults = faultsOfTls(config)
  if ((user === undefined) !== (password === undefined))
    faults.push(
      user === undefined
        ? { path: 'user', rule: 'whose the password is', value: 'nothing' }
        : { path: 'password', rule: 'the password of the user', value: 'nothing' },
    )
  const ways = Object.entries({ user, token, credentialsFile }).filter(([, value]) => value !== undefined)
  if (ways.length > 1)
    faults.push({
      path: ways[1]![0],
      rule: `nothing beside ${ways[0]![0]}: there is one way to say who this is`,
      value: 'another',
    })
  return faults
}
