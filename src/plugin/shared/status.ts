/** Codes of HTTP that settings name: one, or a hundred of them as `5xx`. */
export type StatusCodes = readonly (number | string)[]

/** The schema of one of {@link StatusCodes} in a plug-in's settings. */
export const STATUS_CODE = {
  anyOf: [
    { type: 'integer', minimum: 0, maximum: 999 },
    { type: 'string', pattern: '^[1-5]xx$' },
  ],
}

/** All codes that the settings name, each as a number. */
export const codesOf = (list: StatusCodes): Set<number> =>
  new Set(
    list.flatMap(each => {
      const text = String(each)
      if (!text.endsWith('xx')) return [Number(text)]
      return Array.from({ length: 100 }, (_, i) => Number(text[0]) * 100 + i)
    }),
  )
