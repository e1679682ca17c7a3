import { type SchemaOptions, Type } from '@sinclair/typebox'

/** The schema of one word of a list, so that a list stands once and gives type, check and OpenAPI. */
export const oneOf = <const Words extends readonly string[]>(words: Words, options?: SchemaOptions) =>
  Type.Union(
    words.map(word => Type.Literal<Words[number]>(word)),
    options,
  )
