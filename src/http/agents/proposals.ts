import { randomUUID } from 'node:crypto'
import type { Static } from '@sinclair/typebox'
import { PROPOSAL_MS, PROPOSALS } from '../../contract/limits.js'
import type { PROPOSAL_STATES } from '../../contract/order.js'
import type { EpochMs } from '../../contract/time.js'
import type { App } from '../../shell/app.js'
import type { Sender } from '../../shell/visitors/tokens.js'
import { begin, carryOut, checked, openable } from '../api/orders.js'
import { HttpProblem, notFound } from '../problem.js'
import type { Begin, Command } from '../schema-commands.js'

/** What a program proposes: a command on an incident, or one that opens it at a service. */
export type Proposed = Omit<Static<typeof Command>, 'notify'> & { notify: boolean; incident?: string; service?: string }

/** A command that waits for a person, or what became of it. */
export interface Proposal {
  id: string
  at: EpochMs
  expiresAt: EpochMs
  /** Name of the token that it came with. */
  token: string
  command: Proposed
  state: (typeof PROPOSAL_STATES)[number]
  decided?: { by: string; at: EpochMs; order?: string; incident?: string }
}

const NOTE = 'proposals'

/** Commands that programs propose: kept over a restart, forgotten after a day, and carried out once a person says so. */
export class Proposals {
  private last: Promise<unknown> = Promise.resolve()

  constructor(private readonly app: App) {}

  /** Newest first. */
  async list(): Promise<Proposal[]> {
    const kept = await this.app.noted(NOTE)
    const all = kept === null ? [] : (JSON.parse(Buffer.from(kept).toString()) as Proposal[])
    const now = this.app.env.now()
    return all
      .filter(each => now < each.expiresAt + PROPOSAL_MS)
      .map(each => (each.state === 'waiting' && now >= each.expiresAt ? { ...each, state: 'expired' as const } : each))
  }

  /**
   * Checks a command as if it were given now, and keeps it for a person; what the configuration lets programs do alone is done.
   *
   * @throws HttpProblem for what could not be carried out, and where too many wait
   */
  propose(command: Proposed, sender: Sender): Promise<Proposal> {
    return this.inTurn(async () => {
      const { app } = this
      const list = await this.list()
      await this.possible(command, sender)
      const now = app.env.now()
      const proposal: Proposal = {
        ...{
          id: `p-${randomUUID()}`,
          at: now,
          expiresAt: now + PROPOSAL_MS,
          token: sender.name,
          command,
          state: 'waiting',
        },
      }
      if (app.config.agents.alone.includes(command.verb)) {
        const decided = await this.carryOut(proposal, command.by, sender)
        await this.save([{ ...proposal, state: 'alone', decided }, ...list])
        return { ...proposal, state: 'alone', decided }
      }
      if (list.filter(each => each.state === 'waiting').length >= PROPOSALS)
        throw new HttpProblem(503, 'too many proposals wait', `${PROPOSALS} wait for a person`, {
          retryAfterMs: 60_000,
        })
      await this.save([proposal, ...list])
      return proposal
    })
  }

  /**
   * A person's word on a proposal. Approved, it is their command, with what was proposed and by whom in its reason.
   *
   * @throws HttpProblem where it does not wait any more, cannot be carried out any more, or its own sender would approve it
   */
  decide(id: string, approve: boolean, by: string, sender: Sender | null): Promise<Proposal> {
    return this.inTurn(async () => {
      const list = await this.list()
      const proposal = list.find(each => each.id === id)
      if (proposal === undefined) throw notFound('proposal', id)
      if (proposal.state !== 'waiting')
        throw new HttpProblem(409, 'it does not wait any more', `it is ${proposal.state}`, {
          rule: 'proposal',
          value: id,
        })
      if (approve && sender !== null && sender.role === undefined && sender.name === proposal.token)
        throw new HttpProblem(
          403,
          'a proposal is approved by somebody else',
          `token ${sender.name} made it; give programs a token of their own with the scope propose`,
          { rule: 'proposal.token', value: sender.name },
        )
      const decided = approve ? await this.carryOut(proposal, by, sender) : { by, at: this.app.env.now() }
      const after: Proposal = { ...proposal, state: approve ? 'approved' : 'refused', decided }
      await this.save(list.map(each => (each.id === id ? after : each)))
      return after
    })
  }

  private async possible({ incident, service, ...asked }: Proposed, sender: Sender): Promise<void> {
    if (asked.verb === 'open') {
      const { verb: _, seen: __, href: ___, ...body } = asked
      await openable(this.app, { ...body, service: service ?? '' } as Static<typeof Begin>, sender)
    } else await checked(this.app, incident ?? '', asked, sender)
  }

  private async carryOut({ command, token }: Proposal, by: string, sender: Sender | null) {
    const { incident, service, ...asked } = command
    const why = by === command.by ? asked.why : `${asked.why} (proposed by ${command.by}, token ${token})`
    const { verb: _, seen: __, href: ___, ...body } = asked
    const answer =
      asked.verb === 'open'
        ? await begin(this.app, { ...body, by, why, service: service ?? '' } as Static<typeof Begin>, sender)
        : await carryOut(this.app, incident ?? '', { ...asked, by, why }, sender)
    return { by, at: this.app.env.now(), order: answer.order.id, incident: answer.incident.id }
  }

  private save(list: readonly Proposal[]): Promise<void> {
    // Those that were decided make room first: who reads what became of one reads it soon.
    const waiting = list.filter(each => each.state === 'waiting')
    const done = list.filter(each => each.state !== 'waiting').slice(0, PROPOSALS)
    const kept = [...waiting, ...done].sort((a, b) => b.at - a.at)
    return this.app.note(NOTE, Buffer.from(JSON.stringify(kept)))
  }

  /** One after the other: two people who decide at once do not both. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work)
    this.last = turn.catch(() => {})
    return turn
  }
}
