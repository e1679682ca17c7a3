import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { attr, html, trusted } from './html.js'

describe('html', () => {
  it('escapes text and attributes by default, and joins lists', () => {
    const evil = `<script>alert("1")</script>'&`
    expect(html`<p title="${evil}">${evil}</p>`.text).toBe(
      '<p title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;">&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;</p>',
    )
    expect(html`<ul>${['a', '<b>'].map(x => html`<li>${x}</li>`)}</ul>`.text).toBe(
      '<ul><li>a</li><li>&lt;b&gt;</li></ul>',
    )
    expect(html`<i>${null}${undefined}${false}${0}</i>`.text).toBe('<i>0</i>')
  })

  it('lets only harmless addresses start an address attribute', () => {
    for (const bad of [
      'javascript:alert(1)',
      ' javascript:alert(1)',
      'JaVaScRiPt:x',
      'data:text/html,x',
      'vbscript:x',
      '\u0001javascript:x',
    ])
      expect(html`<a href="${bad}">x</a>`.text).toBe('<a href="#">x</a>')
    expect(html`<a href="${'https://example.org/?a=1&b="'}">x</a>`.text).toBe(
      '<a href="https://example.org/?a=1&amp;b=&quot;">x</a>',
    )
    expect(html`<a href="/s/${'chat'}?${'q'}">x</a>`.text).toBe('<a href="/s/chat?q">x</a>')
    expect(html`<a${attr('href', 'javascript:x')}>x</a>`.text).toBe('<a href="#">x</a>')
  })

  it('puts attributes only with attr()', () => {
    expect(html`<option${attr('selected', true)}${attr('value', '"')}>`.text).toBe('<option selected value="&quot;">')
    expect(html`<option${attr('selected', false)}>`.text).toBe('<option>')
    expect(() => html`<p ${'onclick=alert(1)'}>`).toThrow(TypeError)
    expect(() => attr('onclick', 'x')).toThrow(TypeError)
    expect(() => attr('style', 'x')).toThrow(TypeError)
  })

  it('refuses holes where no escaping is safe', () => {
    expect(() => html`<p title=${'x'}>`).toThrow(/unquoted/)
    expect(() => html`<p onclick="${'x'}">`).toThrow(/onclick/)
    expect(() => html`<p style="${'x'}">`).toThrow(/style/)
    expect(() => html`<p data-${'x'}="1">`).toThrow(/name/)
    expect(() => html`<script>let a = "${'x'}"</script>`).toThrow(/trusted/)
    expect(html`<style>${trusted('a>b{}')}</style><p>${'<'}</p>`.text).toBe('<style>a>b{}</style><p>&lt;</p>')
  })

  it('never lets a value end its text or attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 40 }), value => {
        const out = html`<p title="${value}" class='${value}'>${value}</p>`.text
        expect(out.match(/[<>]/g)).toHaveLength(4)
        expect(out.match(/"/g)).toHaveLength(2)
        expect(out.match(/'/g)).toHaveLength(2)
      }),
    )
  })
})
