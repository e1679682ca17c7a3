import { type Static, Type } from '@sinclair/typebox'

/** What pages are drawn on: the paper and what is set apart on it, in both themes. Text of a brand has to be read on these. */
export const PAPER = { light: ['#f8f7f4', '#eeebe4'], dark: ['#131416', '#1e2023'] } as const
/** The least contrast of text with what it stands on (WCAG 2.2, 1.4.3). */
export const LEAST_CONTRAST = 4.5

const Colour = Type.String({ pattern: '^#[0-9a-fA-F]{6}$' })

/** How a status page looks as its owner's. */
export const BrandSchema = Type.Object(
  {
    /** Links, the mark and what is chosen, on light paper. */
    accent: Type.Optional(Colour),
    /** The same on dark paper. */
    accentDark: Type.Optional(Colour),
    /** A style sheet beside this file, served from here after ours. */
    css: Type.Optional(Type.String({ pattern: '\\.css$', maxLength: 500 })),
    /** What stands at the foot, in Markdown without HTML. */
    footer: Type.Optional(Type.String({ minLength: 1, maxLength: 1_000 })),
  },
  { additionalProperties: false, minProperties: 1 },
)
export type Brand = Static<typeof BrandSchema>
