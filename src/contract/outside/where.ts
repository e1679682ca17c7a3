import { type Static, Type } from '@sinclair/typebox'
import { LABEL_VALUE_CHARS } from '../limits.js'

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

/** Labels by which people are counted, and values of one. Beyond: a finding of the configuration. */
const EXPOSED_LABELS = 10
/** Values of one label: all countries and some. */
const EXPOSED_VALUES = 300
/**
 * How many people use a service, by label and value, as `country: { DE: 120000 }`: all in the same unit, such as people of a
 * usual day. Values of different labels are the same people counted again.
 */
export const ExposureSchema = Type.Record(
  Type.String({ pattern: '^[a-z][a-z0-9_-]{0,40}$' }),
  Type.Record(Type.String({ minLength: 1, maxLength: LABEL_VALUE_CHARS }), Type.Integer({ minimum: 1 }), {
    minProperties: 1,
    maxProperties: EXPOSED_VALUES,
  }),
  { maxProperties: EXPOSED_LABELS, additionalProperties: false },
)
export type Exposure = Static<typeof ExposureSchema>
