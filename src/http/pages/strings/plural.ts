/** A number as the reader sees it, with its value for the plural rules. Stands in a template like its text. */
export class Count {
  constructor(
    readonly value: number,
    readonly text: string,
  ) {}
  toString(): string {
    return this.text
  }
}

/**
 * Picks words by a language's plural rules (Unicode CLDR through Intl). `C` names the categories that the language tells
 * apart besides `other`: a form that is missing does not compile, and a test holds the categories against Intl's.
 */
export function plurals<C extends Intl.LDMLPluralRule = 'other'>(
  locale: string,
): (count: Count | number, forms: Record<C | 'other', string>) => string {
  const rules = new Intl.PluralRules(locale)
  return (count, forms) => {
    const { [rules.select(typeof count === 'number' ? count : count.value)]: form } = forms as Partial<
      Record<Intl.LDMLPluralRule, string>
    >
    return form ?? forms.other
  }
}

export function pair(one: string, other: string): [string, string] {
  return [one, other]
}
