import { Type } from '@sinclair/typebox'
import { oneOf } from '../../contract/one-of.js'
import { SERVICE_STATES } from '../../contract/view.js'
import { EDGE_BASES, NODE_KINDS, ORIGIN_REASONS } from '../../contract/topology.js'

const Node = {
  id: Type.String(),
  name: Type.String(),
  kind: Type.Optional(oneOf(NODE_KINDS)),
  dependsOn: Type.Optional(Type.Array(Type.String())),
  bases: Type.Optional(
    Type.Record(Type.String(), oneOf(EDGE_BASES), {
      description: 'Where what it depends on is known from, by id; what is not named here is declared',
    }),
  ),
}
/** A part of a service, as a row of services shows it. */
export const ComponentNode = Type.Object(Node)
/** What a service stands on, as a row of services shows it. */
export const DependencyNode = Type.Object({
  ...Node,
  service: Type.Optional(Type.String()),
  basis: Type.Optional(oneOf(EDGE_BASES)),
})

const Name = Type.String()

/** Where a trouble began. */
export const OriginSchema = Type.Object(
  {
    node: Type.Union([Name, Type.Null()], { description: 'Null: not in the graph' }),
    probability: Type.Number(),
    onset: Type.Tuple([Type.String({ format: 'date-time' }), Type.String({ format: 'date-time' })]),
    path: Type.Array(Type.Object({ from: Name, to: Name })),
    victims: Type.Array(Name),
    candidates: Type.Array(
      Type.Object({
        node: Type.Union([Name, Type.Null()]),
        probability: Type.Number(),
        because: Type.Array(
          Type.Object({
            reason: oneOf(ORIGIN_REASONS),
            bits: Type.Number({ description: 'Below zero: against' }),
            nodes: Type.Optional(Type.Array(Name)),
          }),
        ),
      }),
      { description: 'Best first' },
    ),
    same: Type.Optional(
      Type.Array(Type.Object({ measured: Name, drawn: Name }), { description: 'Taken for one thing under two names' }),
    ),
  },
  { description: 'Where it began among services and what they stand on: a suspicion, as far as was last known' },
)

/** What stands on what, over all services. */
export const GraphSchema = Type.Object(
  {
    nodes: Type.Array(
      Type.Object({
        id: Name,
        name: Name,
        kind: oneOf(NODE_KINDS),
        state: Type.Optional(oneOf(SERVICE_STATES)),
      }),
      { description: 'By id; one that is watched has a state' },
    ),
    edges: Type.Array(
      Type.Object({
        from: Name,
        to: Name,
        basis: oneOf(EDGE_BASES),
        used: Type.Boolean({ description: 'False: only suggested, until a trace or a person confirms it' }),
      }),
      { description: '`from` calls `to` or stands on it' },
    ),
  },
  { description: 'What stands on what, over all services' },
)
