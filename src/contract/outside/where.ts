import { type Static, Type } from '@sinclair/typebox'

const FilePath = Type.String({ minLength: 1, maxLength: 1_000 })
/** Databases in MaxMind's format that say where addresses are. */
export const GeoipSchema = Type.Object(
  {
    /** Countries and their parts. */
    city: Type.Optional(FilePath),
    /** Networks. */
    asn: Type.Optional(FilePath),
  },
  { additionalProperties: false, minProperties: 1 },
)
export type GeoipConfig = Static<typeof GeoipSchema>
