import { type Static, Type } from '@sinclair/typebox'

// Who may look at what is not for everybody, and how they show who they are.

/** Addresses that are not public it may connect to: all, or those in these ranges and of these names. */
export const AllowPrivate = Type.Union([
  Type.Boolean(),
  Type.Array(Type.String({ minLength: 1, maxLength: 253 }), { maxItems: 100 }),
])

const Claim = Type.String({ minLength: 1, maxLength: 100 })
const Values = Type.Array(Type.String({ minLength: 1, maxLength: 300 }), { minItems: 1, maxItems: 500 })

/** Values of one claim that give each role; the highest that fits counts, `*` is everybody whom the provider lets in. */
const RolesOfClaims = Type.Object(
  {
    claim: Type.Optional(Claim),
    viewer: Type.Optional(Values),
    responder: Type.Optional(Values),
    admin: Type.Optional(Values),
  },
  { additionalProperties: false },
)

/** A provider of OpenID Connect. */
const Oidc = Type.Object(
  {
    /** As its own discovery document says it. */
    issuer: Type.String({ pattern: '^https?://[^\\s?#@]+$', maxLength: 300 }),
    clientId: Type.String({ minLength: 1, maxLength: 300 }),
    /** None for a public client, which PKCE protects alone. */
    clientSecret: Type.Optional(Type.String({ minLength: 1, maxLength: 1_000, writeOnly: true })),
    /** What its button says after "Sign in with". */
    label: Type.Optional(Type.String({ minLength: 1, maxLength: 60 })),
    scopes: Type.Optional(
      Type.Array(Type.String({ pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$', maxLength: 100 }), { maxItems: 20 }),
    ),
    /** Claim that names people here. */
    nameClaim: Type.Optional(Claim),
    /** Without it whoever comes first time is a viewer, and an admin says more. */
    roles: Type.Optional(RolesOfClaims),
    allowPrivate: Type.Optional(AllowPrivate),
  },
  { additionalProperties: false },
)

/** Who may see a page that is not for everybody: whoever fits one of these, people of the console, and tokens that read. */
export const PagePrivateSchema = Type.Object(
  {
    password: Type.Optional(Type.String({ minLength: 8, maxLength: 200, writeOnly: true })),
    /** Whoever the provider of `signIn` lets in, or those with one of these values in a claim. */
    oidc: Type.Optional(
      Type.Union([
        Type.Literal(true),
        Type.Object({ claim: Type.Optional(Claim), values: Values }, { additionalProperties: false }),
      ]),
    ),
    /** Addresses and ranges. */
    addresses: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 50 }), { minItems: 1, maxItems: 1_000 }),
    ),
  },
  { additionalProperties: false, minProperties: 1 },
)
export type PagePrivate = Static<typeof PagePrivateSchema>

export const SignInSchema = Type.Object({ oidc: Type.Optional(Oidc) }, { additionalProperties: false })

/** A provider with its defaults filled in. */
export interface OidcConfig {
  issuer: string
  clientId: string
  /** Null: a public client. */
  clientSecret: string | null
  label: string
  scopes: string[]
  nameClaim: string
  /** Null: an admin says who is more than a viewer. */
  roles: { claim: string; viewer: string[]; responder: string[]; admin: string[] } | null
  allowPrivate: boolean | string[]
}

export interface SignInConfig {
  /** Null: people sign in here alone. */
  oidc: OidcConfig | null
}

/** The part of the file with its defaults. */
export function completeSignIn(file: Static<typeof SignInSchema> | undefined): SignInConfig {
  const given = file?.oidc
  if (given === undefined) return { oidc: null }
  const { roles } = given
  return {
    oidc: {
      issuer: given.issuer,
      clientId: given.clientId,
      clientSecret: given.clientSecret ?? null,
      label: given.label ?? 'single sign-on',
      scopes: [...new Set(['openid', ...(given.scopes ?? ['profile'])])],
      nameClaim: given.nameClaim ?? 'preferred_username',
      roles:
        roles === undefined
          ? null
          : {
              claim: roles.claim ?? 'groups',
              viewer: roles.viewer ?? [],
              responder: roles.responder ?? [],
              admin: roles.admin ?? [],
            },
      allowPrivate: given.allowPrivate ?? false,
    },
  }
}
