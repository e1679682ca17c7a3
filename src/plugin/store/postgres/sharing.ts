import type { PluginEnv } from '../../../contract/plugin.js'
import type { CheckpointAt, Held, Lease, Member, MemberSeen, SharedStore } from '../../../contract/sharing/sharing.js'
import { sharing } from './owner.js'
import type { Ask, Session } from './session.js'
import { type PostgresConfig, replaced } from './settings.js'
import * as sql from './sharing-sql.js'

/** A part of a checkpoint, as of a snapshot. */
const CHECKPOINT_PART_BYTES = 16 * 1024 * 1024

export async function openShared(config: PostgresConfig, env: PluginEnv): Promise<SharedStore> {
  return new PostgresShared(await sharing(config, env), config.schema)
}

class PostgresShared implements SharedStore {
  constructor(
    private readonly session: Session,
    private readonly schema: string,
  ) {}

  beat(member: Member, held: readonly Held[], leaseMs: number): Promise<{ members: MemberSeen[]; leases: Lease[] }> {
    return this.session.do('say that this process is there', async ask => {
      await ask(sql.SEEN, [member.id, JSON.stringify(member)])
      if (held.length > 0)
        await ask(sql.RENEW, [held.map(each => each.name), held.map(each => each.epoch), member.id, leaseMs])
      return { members: await membersOf(ask), leases: await leasesOf(ask) }
    })
  }

  async take(name: string, holder: string, leaseMs: number): Promise<Held | null> {
    return this.session.within('take a lease', async ask => {
      await ask(sql.NEW_LEASE, [name])
      const [lease] = await ask<{ free: boolean }>(sql.SEE_LEASE, [name])
      if (lease?.free !== true) return null
      const [taken] = await ask<{ epoch: number }>(sql.TAKE, [name, holder, leaseMs])
      return { name, epoch: taken!.epoch }
    })
  }

  async release({ name, epoch }: Held): Promise<void> {
    await this.session.do('let a lease go', ask => ask(sql.RELEASE, [name, epoch]))
  }

  async leave(member: string): Promise<void> {
    await this.session.do('leave', async ask => {
      await ask('DELETE FROM member WHERE id = $1', [member])
      await ask(sql.FORGET_MEMBERS)
    })
  }

  async saveCheckpoint({ name, epoch }: Held, position: number, version: number, body: Uint8Array): Promise<void> {
    await this.session.within('save a checkpoint', async ask => {
      if ((await ask(sql.IS_MINE, [name, epoch])).length === 0) throw replaced('save a checkpoint', this.schema)
      await ask('DELETE FROM checkpoint WHERE name = $1', [name])
      for (let part = 0, from = 0; part === 0 || from < body.length; part++, from += CHECKPOINT_PART_BYTES) {
        const { buffer, byteOffset, length } = body.subarray(from, from + CHECKPOINT_PART_BYTES)
        await ask(sql.CHECKPOINT, [name, part, position, version, Buffer.from(buffer, byteOffset, length)])
      }
    })
  }

  async loadCheckpoint(name: string): Promise<{ position: number; version: number; body: Uint8Array } | null> {
    const rows = await this.session.do('read a checkpoint', ask =>
      ask<{ position: number; version: number; body: Buffer }>(
        'SELECT position, version, body FROM checkpoint WHERE name = $1 ORDER BY part',
        [name],
      ),
    )
    if (rows.length === 0) return null
    const { position, version } = rows[0]!
    return { position, version, body: Buffer.concat(rows.map(row => row.body)) }
  }

  checkpoints(): Promise<CheckpointAt[]> {
    return this.session.do('read the checkpoints', checkpointsOf)
  }

  look(): Promise<{ members: MemberSeen[]; leases: Lease[]; checkpoints: CheckpointAt[] }> {
    return this.session.do('look at who is there', async ask => ({
      members: await membersOf(ask),
      leases: await leasesOf(ask),
      checkpoints: await checkpointsOf(ask),
    }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]()
  }
}

async function membersOf(ask: Ask): Promise<MemberSeen[]> {
  const rows = await ask<{ body: string; since: string; ago: string }>(sql.MEMBERS)
  return rows.map(({ body, since, ago }) => ({
    ...(JSON.parse(body) as Member),
    since: Math.round(Number(since)),
    agoMs: Math.round(Number(ago)),
  }))
}

async function leasesOf(ask: Ask): Promise<Lease[]> {
  const rows = await ask<{ name: string; epoch: number; holder: string; left: string; held: string }>(sql.LEASES)
  return rows.map(({ left, held, ...row }) => ({
    ...row,
    leftMs: Math.round(Number(left)),
    heldMs: Math.round(Number(held)),
  }))
}

async function checkpointsOf(ask: Ask): Promise<CheckpointAt[]> {
  const rows = await ask<{ name: string; position: number; age: string; bytes: number }>(sql.CHECKPOINTS)
  return rows.map(({ age, bytes, ...row }) => ({ ...row, ageMs: Math.round(Number(age)), bytes: Number(bytes) }))
}
