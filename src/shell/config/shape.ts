/** The parts of a schema that a person can be told of. */
interface Shape {
  type?: string
  pattern?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  exclusiveMinimum?: number
  maximum?: number
  minItems?: number
  maxItems?: number
}

/**
 * What a schema asks for, in words; null where it asks for something that has no words here.
 *
 * @example
 * shapeOf({ type: 'integer', minimum: 0, maximum: 65535 }) // => 'a whole number from 0 to 65535'
 */
export function shapeOf(schema: Readonly<Record<string, unknown>>): string | null {
  const shape = schema as Shape
  const { type, pattern, minLength: least, maxLength: most } = shape
  switch (type) {
    case 'string':
      if (pattern !== undefined) return `a text that matches ${pattern}`
      return `a text${spanOf(least === undefined || least <= 1 ? undefined : least, most, ' characters')}`
    case 'integer':
      return `a whole number${spanOf(shape.minimum, shape.maximum)}`
    case 'number':
      return shape.exclusiveMinimum === undefined
        ? `a number${spanOf(shape.minimum, shape.maximum)}`
        : `a number above ${shape.exclusiveMinimum}${shape.maximum === undefined ? '' : `, at most ${shape.maximum}`}`
    case 'boolean':
      return 'true or false'
    case 'array':
      return `a list${spanOf(shape.minItems, shape.maxItems, ' entries')}`
    case 'object':
      return 'a group of settings'
    default:
      return null
  }
}

function spanOf(least: number | undefined, most: number | undefined, of = ''): string {
  const what = of === '' ? '' : ' of'
  if (least !== undefined && most !== undefined) return `${of === '' ? ' from' : what} ${least} to ${most}${of}`
  if (most !== undefined) return `${what} at most ${most}${of}`
  return least === undefined ? '' : `${what} at least ${least}${of}`
}
