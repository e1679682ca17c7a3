import { describe, expect, it } from 'vitest'
import { ODD } from './fixtures/odd.js'
import { readHead } from './head.js'

const read = (text: string, proxy: string | null = null) => readHead(text, 0, text.indexOf('\r\n\r\n'), proxy)

describe('a head', () => {
  it('that is plain is read into what an answer depends on', () => {
    const text = [
      'GET /s/chat?range=7d HTTP/1.1',
      'Host: Status.Example:8080',
      'Accept-Encoding: gzip, br',
      'Cookie: a=b; lang=ja',
      'Accept-Language: de',
      'Sec-Fetch-Dest: empty',
      'IF-NONE-MATCH:  "x" ',
      'X-Forwarded-Host: elsewhere.example',
      'User-Agent: (anything) = \t ~',
      '\r\n',
    ].join('\r\n')
    const plain = {
      method: 'GET',
      target: '/s/chat?range=7d',
      host: 'status.example:8080',
      encoding: 'br',
      language: 'ja',
      byScript: true,
      tag: '"x"',
      known: false,
    }
    expect(read(text)).toEqual({ ...plain, proxy: null })
    const proxy = { address: '10.0.0.1', host: 'elsewhere.example', protocol: undefined }
    expect(read(text, '10.0.0.1')).toEqual({ ...plain, proxy })
  })

  it('is read where it begins and not beyond its end', () => {
    const one = 'GET /status HTTP/1.1\r\nHost: a\r\n\r\n'
    const two = 'HEAD / HTTP/1.1\r\nHost: b\r\nAccept-Encoding: br\r\n\r\n'
    const text = one + two
    expect(readHead(text, 0, one.length - 4, null)).toMatchObject({
      target: '/status',
      host: 'a',
      encoding: 'identity',
    })
    expect(readHead(text, one.length, text.length - 4, null)).toMatchObject({ method: 'HEAD', target: '/', host: 'b' })
  })

  const mayBePlain = ['half a head']
  it.each(ODD.filter(([sentence]) => !mayBePlain.includes(sentence)))('with %s is not plain', (_, bytes) => {
    const text = bytes.toString('latin1')
    const end = text.indexOf('\r\n\r\n')
    expect(end < 0 ? null : readHead(text, 0, end, null)).toBeNull()
  })

  it.each(['\x00', '\x0b', '\x1f', '\x7f', '\x80', '\xa0', '\xff', '\r', '\n'])(
    'with %j in a value is not plain',
    c => {
      for (const name of ['X', 'Cookie', 'User-Agent'])
        expect(read(`GET / HTTP/1.1\r\nHost: a\r\n${name}: b${c}c\r\n\r\n`)).toBeNull()
    },
  )

  it.each(['X y', 'X\t', ' X', '', 'X"', 'Xü', 'X(', 'X\x7f', 'Content-Length ', 'Transfer-Encoding\t'])(
    'with %j as a name is not plain',
    name => expect(read(`GET / HTTP/1.1\r\nHost: a\r\n${name}: 5\r\n\r\n`)).toBeNull(),
  )
})
