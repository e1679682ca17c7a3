import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { oneOf } from '../../contract/one-of.js'
import { CLAIM_SOURCES, VERDICTS } from '../../contract/order.js'
import { HEDGES } from '../../contract/incident.js'
import { claimsOf } from '../../core/words/claim.js'
import { draftOf } from '../../core/words/draft.js'
import { postmortemOf } from '../../core/words/postmortem.js'
import { publishedOf } from '../../core/words/published.js'
import { hedgeOf, type Line } from '../../core/words/says.js'
import { nextAfterNow, nextDue, UPDATE_EVERY_MS } from '../../core/words/story.js'
import { readTime } from '../../core/ingest/door.js'
import type { App } from '../../shell/app.js'
import { languageOf, speechOf } from '../pages/language.js'
import type { Language } from '../pages/strings.js'
import { HttpProblem } from '../problem.js'
import type { Routes } from '../routes.js'
import { Ms, Nullable } from '../schema.js'
import { draftText, postmortemMarkdown } from '../words/markdown.js'
import { nameOf, pastOf, type Read, readStory } from '../words/reading.js'
import { lineText, type Sayer, sayerOf } from '../words/say.js'
import { noSuchIncident } from './orders.js'

type Guard = Parameters<Routes['add']>[2]

const Id = Type.Object({ id: Type.String({ minLength: 1, maxLength: 300 }) })
const Query = Type.Object({
  at: Type.Optional(Type.String({ maxLength: 40, description: 'As it stood then: ISO 8601 UTC; now, if not given' })),
  lang: Type.Optional(Type.String({ maxLength: 35, description: 'Language; as the browser says, if not given' })),
})
const Sentence = Type.Object({
  says: Type.String({ description: 'Which sentence: the same in every language' }),
  hedge: oneOf(HEDGES),
  text: Type.String(),
  slots: Type.Record(Type.String(), Type.Object({ is: Type.String() }), { description: 'The facts in it' }),
  refs: Type.Array(Type.String(), { description: 'What it rests on' }),
})
const Draft = Type.Object({
  lines: Type.Array(Sentence),
  text: Type.String(),
  short: Type.String({ description: 'For a phone and a message' }),
  dueAt: Nullable(Ms('When the next word is due after the last')),
})
const ClaimRow = Type.Object({
  id: Type.String(),
  at: Ms('Log time'),
  text: Type.String(),
  source: oneOf(CLAIM_SOURCES),
  who: Nullable(Type.String()),
  href: Nullable(Type.String()),
  verdict: oneOf(VERDICTS),
  decidedBy: Nullable(Type.String({ description: 'Null: the record, by rule' })),
  reasons: Type.Array(Sentence),
})
const Postmortem = Type.Object({
  draft: Nullable(Type.String({ description: 'Markdown, as the record has it' })),
  published: Nullable(
    Type.Object({
      body: Type.String(),
      by: Type.String(),
      at: Ms('Log time'),
      changedAt: Ms('Log time'),
      amendments: Type.Array(
        Type.Object({ by: Type.String(), at: Ms('Log time'), why: Type.String(), href: Nullable(Type.String()) }),
      ),
    }),
  ),
})

const sentence = (line: Line, sayer: Sayer) => ({
  says: line.say,
  hedge: hedgeOf(line.say),
  text: lineText(line, sayer),
  slots: line.slots,
  refs: line.refs,
})

/** What may be said of an incident: drafts for the team, claims with their verdicts for everybody. */
export function wordRoutes(server: FastifyInstance, routes: Routes, app: App, { reads, free }: Guards): void {
  const shared = { method: 'GET' as const, params: Id, query: Query, fails: [400, 404] }
  const read = async ({ params, query }: Asked) => {
    const at = query.at === undefined ? null : readTime(query.at)
    if (Number.isNaN(at))
      throw new HttpProblem(400, 'not a time', 'a time must be ISO 8601 UTC', { rule: 'query.at', value: query.at! })
    return (await readStory(app.reader, params.id, at)) ?? Promise.reject(await noSuchIncident(app, params.id))
  }
  routes.add(
    server,
    {
      ...shared,
      url: '/api/v1/incidents/:id/draft',
      summary: 'An update that the record bears, sentence by sentence with its facts',
      scope: 'read',
      answer: Draft,
      handle: async asked => draftAnswer(app, await read(asked), languageOf(asked.raw)),
    },
    reads,
  )
  routes.add(
    server,
    {
      ...shared,
      url: '/api/v1/incidents/:id/claims',
      summary: 'What others say of an incident, and what the record says of that',
      answer: { list: ClaimRow },
      handle: async asked => claimsAnswer(await read(asked), languageOf(asked.raw)),
    },
    free,
  )
  routes.add(
    server,
    {
      ...shared,
      url: '/api/v1/incidents/:id/post-mortem',
      summary: 'The post-mortem as the record has it, and the one that is published',
      scope: 'read',
      answer: Postmortem,
      handle: async asked => postmortemAnswer(app, await read(asked), languageOf(asked.raw)),
    },
    reads,
  )
}

interface Guards {
  reads: Guard
  free: Guard
}
interface Asked {
  params: Static<typeof Id>
  query: Static<typeof Query>
}

function draftAnswer(app: App, { story }: Read, language: Language): Static<typeof Draft> {
  const sayer = sayerOf(language, story)
  const every = { ...UPDATE_EVERY_MS, ...app.config.updates.everyMs }
  const { lines, short } = draftOf(story, nextAfterNow(story, every))
  return {
    lines: lines.map(each => sentence(each, sayer)),
    text: draftText(lines, sayer),
    short: draftText(short, sayer),
    dueAt: nextDue(story, every),
  }
}

function claimsAnswer({ story }: Read, language: Language): Static<typeof ClaimRow>[] {
  const sayer = sayerOf(language, story)
  return claimsOf(story).map(({ by: _, reasons, ...claim }) => ({
    ...claim,
    reasons: reasons.map(each => sentence(each, sayer)),
  }))
}

async function postmortemAnswer(app: App, found: Read, language: Language): Promise<Static<typeof Postmortem>> {
  const { story, incident } = found
  const made = postmortemOf(story, await pastOf(app.reader, incident))
  return {
    draft: made && postmortemMarkdown(made, nameOf(found, speechOf(language)), sayerOf(language, story)),
    published: publishedOf(story.orders),
  }
}
