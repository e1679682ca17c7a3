import { connect as dial, credsAuthenticator, errors, type NatsConnection } from '@nats-io/transport-node'
import {
  DiscardPolicy,
  type DirectStreamAPI,
  type JetStreamClient,
  JetStreamApiError,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  type MsgRequest,
  RetentionPolicy,
  StorageType,
  type StoredMsg,
  type StreamInfo,
} from '@nats-io/jetstream'
import { PermanentError, TransientError } from '../../../contract/error.js'
import { RETRY_AFTER_MS } from '../../../contract/limits.js'
import type { PluginEnv } from '../../../contract/plugin.js'
import { readTls, UNBELIEVED } from '../../shared/tls-files.js'
import { type Message, readMessage } from './message.js'
import type { NatsConfig } from './settings.js'

// The stream as it is asked: what may be asked again is, for as long as a cluster takes to choose another leader.

/** A cluster chooses another leader within some seconds, and answers nothing meanwhile. */
const LEADERLESS_MS = 20_000
/** Between two tries. */
const NATS_PAUSE_MS = 200
/** A question that nobody answered is asked again after this; so is whether a message arrived. */
const ASK_MS = 2_000
/** A server that says nothing for twice as long is left for another; */
const PING_MS = 5_000
/** one that did not answer a question is asked whether it is there, and left where that is not answered in this time either. */
const PONG_MS = 1_000
/** Whoever is near is asked for so long; it may be one that froze, and then the one that leads is, */
const NEAR_MS = 500
/** for so long: what is read is many questions, of which each third would go to the same server again. */
const LEADER_MS = 10_000
/** An id is known for so long, nanoseconds: twice as long as anything is in doubt is far less. */
const DUPLICATES_NS = 120 * 1e9
/** A code of JetStream's errors: there is no such message. */
const NO_MESSAGE = 10_037
/** There is no such stream. */
const NO_STREAM = 10_059
/** Another message is the newest than the one it was to follow. */
const WRONG_LAST = new Set([10_071, 10_164])
/** No room: of the stream, of the account, of the server, of one message. */
const NO_ROOM = new Set([10_002, 10_023, 10_028, 10_047, 10_054, 10_077])

const codeOf = (error: unknown): number => (error instanceof JetStreamApiError ? error.code : 0)
/** A question that may not be asked fails as a question, for that reason. */
const isForbidden = (error: unknown): boolean =>
  [error, (error as { cause?: unknown }).cause].some(each => each instanceof errors.PermissionViolationError)
const textOf = (error: unknown): string => (error as Error).message ?? String(error)

const sharedBy = (partitions: number): string => `epicenter, partitions: ${partitions}`
const partitionsIn = (description: string | undefined): number | null => {
  const found = /partitions: (\d+)/.exec(description ?? '')?.[1]
  return found === undefined ? null : Number(found)
}

export class Stream implements AsyncDisposable {
  private down = false
  private doubting: Promise<void> | null = null
  /** Until then, by the steady clock, the one that leads is asked for everything. */
  private leaderUntil = 0

  private constructor(
    private readonly connection: NatsConnection,
    private readonly client: JetStreamClient,
    private readonly manager: JetStreamManager,
    private readonly nearby: DirectStreamAPI,
    private readonly config: NatsConfig,
    readonly sleep: (ms: number) => Promise<void>,
  ) {
    void this.watch()
  }

  /** @throws PermanentError where it cannot be as it is configured, TransientError where nobody answers */
  static async open(
    config: NatsConfig,
    env: Pick<PluginEnv, 'readText' | 'sleep'>,
    readonly: boolean,
  ): Promise<Stream> {
    const { servers, user, password, token, credentialsFile } = config
    const tls = await readTls(config, env)
    const creds =
      credentialsFile === undefined ? undefined : new TextEncoder().encode(await env.readText(credentialsFile))
    let connection: NatsConnection
    try {
      connection = await dial({
        servers: servers.map(each => `${config.tls === 'off' ? 'nats' : 'tls'}://${each}`),
        name: readonly ? 'epicenter, reading' : 'epicenter',
        tls: tls ?? null,
        ...(user === undefined ? {} : { user }),
        ...(password === undefined ? {} : { pass: password }),
        ...(token === undefined ? {} : { token }),
        ...(creds === undefined ? {} : { authenticator: credsAuthenticator(creds) }),
        timeout: ASK_MS,
        maxReconnectAttempts: -1,
        reconnectTimeWait: NATS_PAUSE_MS,
        reconnectJitter: NATS_PAUSE_MS,
        pingInterval: PING_MS,
        maxPingOut: 2,
        // What is configured is connected to, not what a server names; and a server that is being set up is asked again.
        ignoreClusterUpdates: true,
        ignoreAuthErrorAbort: true,
      })
    } catch (error) {
      throw unconnected(error, config)
    }
    try {
      const manager = await jetstreamManager(connection, { timeout: ASK_MS, checkAPI: false })
      const { direct } = await jetstreamManager(connection, { timeout: NEAR_MS, checkAPI: false })
      const client = jetstream(connection, { timeout: ASK_MS })
      const stream = new Stream(connection, client, manager, direct, config, env.sleep)
      await stream.made(readonly)
      return stream
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection.close()
  }

  /** First and last number of its messages. */
  async ends(): Promise<{ first: number; last: number }> {
    const { state } = await this.tried('ask the log', () => this.manager.streams.info(this.config.stream))
    return { first: state.first_seq, last: state.last_seq }
  }

  /** Null: it is not there. */
  async get(seq: number): Promise<Message | null> {
    if (seq < 1) return null
    const found = await this.tried('read the log', () => this.led({ seq }))
    if (found === null) return null
    try {
      return readMessage(seq, found.data)
    } catch (error) {
      throw new PermanentError(
        `the stream ${this.config.stream} is damaged: message ${seq} is not ours (${textOf(error)})`,
      )
    }
  }

  /**
   * As bytes, from whichever server is near, which may not have the newest; null: it has none. `seq`: that one, or of a subject
   * the first from there on.
   */
  async near(seq: number, subject?: string): Promise<{ seq: number; data: Uint8Array } | null> {
    const { stream } = this.config
    const query = subject === undefined ? { seq } : { seq, next_by_subj: `${stream}.${subject}` }
    return this.tried('read the log', () => this.nearest(query))
  }

  private async nearest(query: MsgRequest): Promise<{ seq: number; data: Uint8Array } | null> {
    const asksLeader = performance.now() < this.leaderUntil
    try {
      return await (asksLeader ? this.led(query) : this.nearby.getMessage(this.config.stream, query))
    } catch (error) {
      // Where there is no leader either, one of those near may still answer.
      this.leaderUntil = asksLeader ? 0 : performance.now() + LEADER_MS
      throw error
    }
  }

  /** As whoever leads knows it; null: it is not there. */
  private led(query: MsgRequest): Promise<StoredMsg | null> {
    return this.manager.streams.getMessage(this.config.stream, query).catch(error => {
      if (codeOf(error) === NO_MESSAGE) return null
      throw error
    })
  }

  /** The newest of a subject, as whoever leads knows it; null: there is none. */
  async newestOf(subject: string): Promise<{ seq: number; data: Uint8Array } | null> {
    const { stream } = this.config
    return this.tried('read the log', () => this.led({ last_by_subj: `${stream}.${subject}` }))
  }

  /** As `publish`, after the newest of its subject, whatever is written of others. */
  async publishBehind(subject: string, id: string, bytes: Uint8Array, after: number): Promise<number> {
    const { stream } = this.config
    const answer = await this.client.publish(`${stream}.${subject}`, bytes, {
      msgID: id,
      expect: { streamName: stream, lastSubjectSequence: after },
      timeout: ASK_MS,
    })
    return answer.seq
  }

  /** Takes every message before `seq` away; not those that are not there. */
  async purge(seq: number): Promise<void> {
    await this.tried('trim the log', () => this.manager.streams.purge(this.config.stream, { seq }))
  }

  /** Resolves with its number once a majority has it. Where it fails it may be there, unless it `isRefused` or `isOutrun`. */
  async publish(subject: string, id: string, bytes: Uint8Array, after: number): Promise<number> {
    const { stream } = this.config
    const answer = await this.client.publish(`${stream}.${subject}`, bytes, {
      msgID: id,
      expect: { streamName: stream, lastSequence: after },
      timeout: ASK_MS,
    })
    return answer.seq
  }

  /** @throws TransientError where there is no connection for as long as a change of leaders takes: nothing was sent then */
  async reachable(): Promise<void> {
    for (const until = performance.now() + LEADERLESS_MS; this.down; await this.sleep(NATS_PAUSE_MS))
      if (performance.now() > until) throw this.silent('append to the log', new Error('no connection'))
  }

  /** Another message came before: nothing was written. */
  isOutrun(error: unknown): boolean {
    return WRONG_LAST.has(codeOf(error))
  }

  /** For sure nothing was written, and the same will not be soon. */
  isRefused(error: unknown): boolean {
    return NO_ROOM.has(codeOf(error)) || isForbidden(error)
  }

  /** Before something that was not answered is asked again. */
  pause(): Promise<void> {
    this.doubt()
    return this.sleep(NATS_PAUSE_MS)
  }

  /** A server on which even a ping is lost has frozen, or was cut off: the connection goes to another one. */
  private doubt(): void {
    if (this.down || this.connection.isClosed()) return
    const there = () => this.connection.flush().then(() => true)
    this.doubting ??= Promise.race([there(), this.sleep(PONG_MS).then(() => false)])
      .then(answers => (answers ? undefined : this.connection.reconnect()))
      .catch(() => {})
      .finally(() => {
        this.doubting = null
      })
  }

  /** In words for an operator. */
  refusal(operation: string, error: unknown): Error {
    const { stream } = this.config
    if (isForbidden(error))
      return new PermanentError(`cannot ${operation}: NATS does not let this user (${textOf(error)})`, { cause: error })
    return new TransientError(
      `cannot ${operation}: no room in the stream ${stream} (${textOf(error)})`,
      RETRY_AFTER_MS,
      {
        cause: error,
      },
    )
  }

  replaced(operation: string): PermanentError {
    return new PermanentError(
      `cannot ${operation}: another process has taken over the stream ${this.config.stream}; this one has to end`,
    )
  }

  private async watch(): Promise<void> {
    for await (const { type } of this.connection.status()) {
      if (type === 'disconnect') this.down = true
      if (type === 'reconnect') this.down = false
    }
  }

  silent(operation: string, cause: unknown): TransientError {
    const servers = this.config.servers.join(', ')
    return new TransientError(
      `cannot ${operation}: NATS at ${servers} does not answer (${textOf(cause)})`,
      RETRY_AFTER_MS,
      { cause },
    )
  }

  private async tried<T>(operation: string, ask: () => Promise<T>): Promise<T> {
    for (const until = performance.now() + LEADERLESS_MS; ; await this.pause()) {
      try {
        return await ask()
      } catch (error) {
        if (isForbidden(error)) throw this.refusal(operation, error)
        if (codeOf(error) === NO_STREAM)
          throw new PermanentError(`there is no stream ${this.config.stream} any more`, { cause: error })
        if (performance.now() > until || this.connection.isClosed()) throw this.silent(operation, error)
      }
    }
  }

  /** Makes the stream where it is not there, and looks at it where it is. */
  private async made(readonly: boolean): Promise<void> {
    const { stream, replicas, maxBytes, partitions } = this.config
    let info = await this.found()
    if (info === null && readonly) throw new PermanentError(`there is no stream ${stream} yet`)
    const config = {
      name: stream,
      subjects: [`${stream}.>`],
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      discard: DiscardPolicy.New,
      num_replicas: replicas,
      duplicate_window: DUPLICATES_NS,
      // Partitions are read from whichever server is near.
      allow_direct: true,
      ...(partitions === undefined ? {} : { description: sharedBy(partitions) }),
      ...(maxBytes === undefined ? {} : { max_bytes: maxBytes }),
    }
    for (const until = performance.now() + LEADERLESS_MS; info === null; ) {
      try {
        info = await this.manager.streams.add(config)
      } catch (error) {
        if (codeOf(error) === 0 && performance.now() < until) await this.pause()
        else throw this.unmade(error)
      }
    }
    await this.sharedOut(info, readonly)
    const { discard, max_age: age, max_msgs: messages, retention, storage } = info.config
    const wrong = discard !== DiscardPolicy.New || age > 0 || messages > 0 || retention !== RetentionPolicy.Limits
    if (wrong || storage !== StorageType.File)
      throw new PermanentError(
        `the stream ${stream} forgets by itself: it has to be kept in files, with discard "new", retention "limits" and no bound of ` +
          'age or number; let it be made here, or make it so',
      )
  }

  /** What was shared out stays so: an entry is where its service belongs. @throws PermanentError where that is not as configured */
  private async sharedOut({ config, state }: StreamInfo, readonly: boolean): Promise<void> {
    const { stream, partitions } = this.config
    const was = partitionsIn(config.description)
    if (was === (partitions ?? null) && (config.allow_direct || partitions === undefined || readonly)) return
    if (was === null && partitions !== undefined) {
      const newest = state.last_seq === 0 ? null : await this.get(state.last_seq)
      if (newest !== null && newest.head.state.position > 0)
        throw new PermanentError(
          `the stream ${stream} was not shared out when it was written: begin with another, \`epicenter migrate\` carries over what is there`,
        )
    } else if (was !== (partitions ?? null))
      throw new PermanentError(
        `the stream ${stream} is shared out in ${was ?? 0} partitions: the bus has to say "partitions: ${was ?? 0}"`,
      )
    if (readonly || partitions === undefined) return
    const next = { ...config, allow_direct: true, description: sharedBy(partitions) }
    await this.tried('open the log', () => this.manager.streams.update(stream, next))
  }

  private async found(): Promise<StreamInfo | null> {
    return this.tried('open the log', () =>
      this.manager.streams.info(this.config.stream).catch(error => {
        if (codeOf(error) === NO_STREAM) return null
        throw error
      }),
    )
  }

  private unmade(error: unknown): Error {
    const { stream, replicas } = this.config
    const what = `the stream ${stream} with ${replicas} replicas cannot be made: ${textOf(error)}`
    return codeOf(error) === 0
      ? this.silent('open the log', error)
      : new PermanentError(`${what} (${codeOf(error)}); a server that stands alone takes "replicas: 1"`, {
          cause: error,
        })
  }
}

function unconnected(error: unknown, { servers, user }: NatsConfig): Error {
  const causes = [error, (error as Error).cause]
  const code =
    causes.map(each => (each as { code?: unknown } | undefined)?.code).find(each => typeof each === 'string') ?? ''
  const at = `NATS at ${servers.join(', ')}`
  if (causes.some(each => each instanceof errors.AuthorizationError))
    return new PermanentError(
      `${at} refuses ${user === undefined ? 'who this says it is' : `the user ${user}`} (${textOf(error)})`,
    )
  if (UNBELIEVED.test(String(code)))
    return new PermanentError(
      `${at} is not believed: ${textOf(error)} (${String(code)}); caFile names who signs for it`,
    )
  if (/tls/i.test(textOf(error)))
    return new PermanentError(`${at} and "tls" do not fit: ${textOf(error)}; "tls: off" says that none is meant`)
  return new TransientError(`${at} cannot be connected to (${textOf(error)})`, RETRY_AFTER_MS, { cause: error })
}
