import { oneOf } from '../contract/one-of.js'
import { REPORT_KINDS, THEMES } from '../contract/people.js'
import { type Static, type TSchema, Type } from '@sinclair/typebox'
import {
  CAUSE_STATES,
  EVENT_NAMES,
  INCIDENT_KINDS,
  type IncidentEvent,
  MEASURED,
  RECOVERY_SIGNS,
  PATTERNS,
  SECURITY_ABOUT,
  SECURITY_STATES,
  SEVERITIES,
} from '../contract/incident.js'
import { ComponentNode, DependencyNode, OriginSchema } from './api/graph-schema.js'
import { REPORT_TEXT_CHARS } from '../contract/limits.js'
import {
  CLOCKS,
  type IncidentView,
  type Rollup,
  SERVICE_STATES,
  type ServiceNow,
  type WorkspaceView,
} from '../contract/view.js'

// The shapes of the API, once: they check what comes in, type the handlers and are the OpenAPI document.

export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const Time = (description: string) => Type.String({ format: 'date-time', description })
export const Ms = (description: string) => Type.Integer({ description: `${description}, in milliseconds since 1970` })
const Where = Type.Record(Type.String(), Type.Array(Type.String()), {
  description: 'And-ed labels with or-ed values; {} is everybody',
})
const Pair = Type.Tuple([Type.Number(), Type.Number()])
const Range = Type.Tuple([Type.String(), Type.String()])
const Share = Type.Number({ minimum: 0, maximum: 1 })

export const Problem = Type.Object(
  {
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.Optional(Type.String({ description: 'What the rule asks' })),
    rule: Type.Optional(Type.String({ description: 'Dotted name of the rule that was broken' })),
    value: Type.Optional(Type.String({ description: 'The value received' })),
  },
  { $id: 'Problem' },
)

export const Reject = Type.Object(
  { line: Type.Integer({ minimum: 1 }), rule: Type.String(), message: Type.String(), value: Type.String() },
  { $id: 'Reject' },
)

export const Receipt = Type.Object(
  {
    accepted: Type.Integer(),
    duplicate: Type.Integer({ description: 'Service + id had been counted before' }),
    late: Type.Optional(
      Type.Integer({
        description:
          'Of those accepted: older than their minute allows. They are kept, and count in no minute; absent where there are none',
      }),
    ),
    lateAfterMs: Type.Optional(
      Type.Integer({ description: 'Up to this age an observation counts in its minute; given beside `late`' }),
    ),
    rejectedCount: Type.Integer(),
    rules: Type.Optional(
      Type.Record(Type.String(), Type.Integer(), {
        description: 'Rejected ones by the rule that they break, all of them; absent where there are none',
      }),
    ),
    rejected: Type.Array(Reject, { description: 'The first hundred of them' }),
  },
  { $id: 'Receipt' },
)

const Labels = Type.Record(Type.String(), Type.String())
const Known = Nullable(Type.Number())
const Read = { value: Type.Number(), capacity: Known, usual: Known, unit: Nullable(Type.String()) }
const Strained = Type.Object({ name: Type.String(), labels: Labels, since: Type.String(), ...Read })
const Evidence = Type.Object({ says: Type.String(), bits: Type.Number(), refs: Type.Array(Type.String()) })
const Segment = Type.Object({ where: Where, share: Nullable(Share), interval: Nullable(Type.Tuple([Share, Share])) })
const Kind = oneOf(INCIDENT_KINDS)
const Severity = oneOf(SEVERITIES)

export const Event = Type.Object(
  {
    at: Time('Log time of the decision'),
    event: oneOf(EVENT_NAMES),
    incident: Type.String(),
    seq: Type.Integer({ minimum: 0 }),
    service: Type.String(),
    title: Type.Optional(Type.String()),
    severity: Type.Optional(Severity),
    kind: Type.Optional(Kind),
    startedAt: Type.Optional(Time('When it began, best estimate')),
    startedAtInterval: Type.Optional(Range),
    components: Type.Optional(Type.Array(Type.String())),
    segments: Type.Optional(Type.Array(Segment, { description: 'What fails at `at`' })),
    uneven: Type.Optional(
      Type.Array(
        Type.Object({
          where: Where,
          share: Share,
          explainedBy: Type.Array(Type.String()),
          hit: Type.Optional(Type.Object({ share: Share, interval: Type.Tuple([Share, Share]) })),
          among: Type.Optional(Type.Object({ share: Share, interval: Type.Tuple([Share, Share]) })),
        }),
      ),
    ),
    unaffected: Type.Optional(Where),
    quoted: Type.Optional(
      Type.Array(
        Type.Object({
          where: Where,
          people: Type.Number(),
          of: Type.Number(),
          usual: Share,
          bits: Type.Number(),
          measured: oneOf(MEASURED),
        }),
      ),
    ),
    strained: Type.Optional(
      Type.Array(Strained, { description: 'What it stands on and is full, missed or far from usual' }),
    ),
    origin: Type.Optional(OriginSchema),
    causes: Type.Optional(
      Type.Array(
        Type.Object({
          subject: Type.String(),
          title: Type.String(),
          state: oneOf(CAUSE_STATES),
          probability: Share,
          because: Type.Array(Evidence),
          settles: Type.Optional(Type.String({ description: 'What would tell whether it is the cause' })),
          p: Type.Optional(Type.Number({ description: 'How often chance would do as well, after Holm' })),
        }),
      ),
    ),
    unexplained: Type.Optional(Share),
    security: Type.Optional(
      Type.Object({
        state: oneOf(SECURITY_STATES),
        about: Type.Optional(Type.Array(oneOf(SECURITY_ABOUT), { description: 'What people report first-hand' })),
        because: Type.Array(Evidence),
      }),
    ),
    recovery: Type.Optional(
      Type.Object({
        recovered: Share,
        interval: Type.Optional(
          Type.Tuple([Share, Share], {
            description: 'How much is surely gone, and how much may be',
          }),
        ),
        of: Type.Optional(
          oneOf(RECOVERY_SIGNS, { description: 'Read from reports or from checks alone: nobody counts requests' }),
        ),
        eta: Nullable(Range),
        segments: Type.Array(Type.Object({ where: Where, recovered: Share, eta: Nullable(Range) })),
      }),
    ),
    pattern: Type.Optional(oneOf(PATTERNS)),
    lately: Type.Optional({
      ...Share,
      description: 'Failing share of the newest minute, where it has clearly left that of the window',
    }),
    evidence: Type.Optional(
      Type.Record(Type.String(), Nullable(Type.Number()), { description: 'Bits of surprise per kind of signal' }),
    ),
    named: Type.Optional(Type.String({ description: 'A person calls it so; empty: nobody does any more' })),
    mitigated: Type.Optional(Type.Boolean({ description: 'The effect is stopped, the cause is not mended' })),
    partOf: Type.Optional(Type.String({ description: 'Incident that it is part of, by a person’s word' })),
    says: Type.Optional(
      Type.Array(
        Type.Object({
          text: Type.String(),
          refs: Type.Array(Type.String()),
          translations: Type.Optional(
            Type.Record(Type.String(), Type.String(), { description: 'The same in other languages, by tag' }),
          ),
        }),
      ),
    ),
    quiet: Type.Optional(Type.Boolean({ description: 'Whoever decided it asked for no messages about it' })),
    by: Type.Optional(Type.String({ description: 'Set where a person decided' })),
    why: Type.Optional(Type.String()),
  },
  { $id: 'Event' },
)

export const Incident = Type.Object(
  {
    id: Type.String(),
    service: Type.String(),
    title: Type.String(),
    open: Type.Boolean(),
    kind: Kind,
    severity: Severity,
    startedAt: Ms('Best estimate'),
    openedAt: Ms('Decision'),
    resolvedAt: Nullable(Ms('Decision')),
    mutedUntil: Nullable(Ms('A person asked for no messages about it before this')),
    publishedAt: Type.Optional(Ms('When its post-mortem was published or last changed')),
    muted: Type.Optional(Type.Object({ by: Type.String(), why: Type.String() }, { description: 'Who asked, and why' })),
    latest: Type.Composite([Event], { description: 'Latest value of each part' }),
    events: Type.Array(Type.Composite([Event]), { description: 'The whole story, oldest first' }),
  },
  { $id: 'Incident' },
)

export const Service = Type.Object(
  {
    service: Type.String(),
    title: Type.String(),
    components: Type.Array(ComponentNode),
    dependsOn: Type.Array(DependencyNode),
    state: oneOf(SERVICE_STATES),
    at: Ms('End of the tick this was computed at'),
    seen: Type.Partial(
      Type.Object({
        report: Ms('Newest report'),
        post: Ms('Newest post'),
        check: Ms('Newest check'),
        metric: Ms('Newest metric'),
      }),
      { description: 'Newest signal of each kind; a kind that was never seen is absent' },
    ),
    recent: Type.Object(
      { bad: Type.Number(), ok: Type.Number(), expected: Nullable(Type.Number()) },
      { description: 'Reports of the last 15 minutes, and the usual number of problems; null until it is learned' },
    ),
    parts: Type.Optional(
      Type.Array(
        Type.Object({
          component: Type.String(),
          known: Type.Boolean(),
          at: Nullable(Ms('Newest signal that names it')),
          spans: Type.Array(Pair, { description: 'When there were signals of it: [first, last] moments' }),
        }),
        { description: 'What is heard of each component, where signals name components' },
      ),
    ),
    held: Type.Optional(
      Type.Array(
        Type.Object({
          incident: Type.String(),
          by: Type.String(),
          closedAt: Ms('When a person closed it'),
          reopensAt: Ms('When it opens again, if this goes on'),
          trouble: Type.Object({
            kind: Type.Optional(Kind),
            severity: Type.Optional(Severity),
            components: Type.Optional(Type.Array(Type.String())),
            segments: Type.Optional(Type.Array(Segment)),
            unaffected: Type.Optional(Where),
            evidence: Type.Optional(Type.Record(Type.String(), Nullable(Type.Number()))),
          }),
        }),
        { description: 'Trouble that is measured on although a person closed its incident' },
      ),
    ),
    coordinated: Type.Optional(
      Type.Integer({ description: 'Possible coordinated reports of the last 15 minutes, in no other count' }),
    ),
    samples: Type.Optional(
      Type.Array(Type.Object({ theme: oneOf(THEMES), people: Type.Integer(), text: Type.Optional(Type.String()) }), {
        description: 'What three people or more wrote in the last hour; a text is words that three strangers share',
      }),
    ),
    incidents: Type.Array(Type.String(), { description: 'Open ones, oldest first' }),
  },
  { $id: 'Service' },
)

const Triple = Type.Tuple([Type.Number(), Type.Number(), Type.Number()])

export const RollupRow = Type.Object(
  {
    service: Type.String(),
    bin: Ms('Start of the five minutes'),
    position: Type.Integer({ description: 'Log position it was computed at' }),
    reports: Type.Object(
      {
        bad: Type.Number(),
        ok: Type.Number(),
        expected: Nullable(Type.Number()),
        high: Nullable(Type.Number()),
      },
      { description: '`expected`: the usual number; `high`: passed once in 1,000 bins; null until they are learned' },
    ),
    posts: Type.Object({ total: Type.Number(), complaints: Type.Number(), expected: Nullable(Type.Number()) }),
    checks: Type.Object({ total: Type.Number(), bad: Type.Number() }),
    metrics: Type.Object({ total: Type.Number(), bad: Type.Number(), slow: Type.Number() }),
    reportsBy: Type.Record(Type.String(), Type.Record(Type.String(), Pair), {
      description: 'label → value → [bad, ok]',
    }),
    ratesBy: Type.Record(Type.String(), Type.Record(Type.String(), Triple), {
      description: 'label → value → [total, bad, slow]',
    }),
  },
  { $id: 'Rollup' },
)

export const Workspace = Type.Object(
  {
    title: Type.String(),
    clock: oneOf(CLOCKS),
    now: Ms('Log time'),
    position: Type.Integer(),
    demo: Type.Boolean(),
  },
  { $id: 'Workspace' },
)

export const Report = Type.Object(
  {
    service: Type.String({ minLength: 1, maxLength: 100 }),
    kind: oneOf(REPORT_KINDS, {
      description: '"I have a problem" or "works for me"',
    }),
    problem: Type.Optional(Type.String({ maxLength: 60 })),
    country: Type.Optional(Type.String({ pattern: '^([A-Za-z]{2}|auto)?$' })),
    platform: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9 ._-]{0,40}$' })),
    text: Type.Optional(Type.String({ maxLength: REPORT_TEXT_CHARS })),
    back: Type.Optional(Type.String({ maxLength: 500, description: 'Path of the page to return to' })),
    proof: Type.Optional(
      Type.String({ maxLength: 1_000, description: 'Answer to a `challenge`: base64 of JSON, as ALTCHA' }),
    ),
    ticket: Type.Optional(
      Type.String({ maxLength: 200, description: 'Given to who has no script, good after a while' }),
    ),
    asked: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9_-]{22}$', description: 'The question that this answers' }),
    ),
  },
  { $id: 'Report' },
)

export const Reported = Type.Object({ counted: Type.Boolean(), id: Type.String() }, { $id: 'Reported' })

// Both directions, however deep: a field, or a word of a list, that is added to one and not to the other does not compile.
type Same<A, B> = [Full<A>] extends [Full<B>] ? ([Full<B>] extends [Full<A>] ? true : never) : never
type Full<T> = T extends object ? { [K in keyof T]-?: Full<T[K]> } : T
const held: [
  Same<Static<typeof Event>, IncidentEvent>,
  Same<Static<typeof Incident>, IncidentView>,
  Same<Static<typeof Service>, ServiceNow>,
  Same<Static<typeof RollupRow>, Rollup>,
  Same<Static<typeof Workspace>, WorkspaceView>,
] = [true, true, true, true, true]
void held
