import { describe, expect, it } from 'vitest'
import { parseTable, TableFileError } from './table-file.js'

describe('parseTable', () => {
  it('reads attributes, numbers and missing labels', () => {
    const { table, rejects } = parseTable('region,isp,real,predict,total\nr1,i1,3,1.5,10\nr2,,0,0.5,4\n')
    expect(rejects).toEqual([])
    expect(table.attributes).toEqual(['region', 'isp'])
    expect(table.values).toEqual([['r1', 'r2'], ['i1']])
    expect(table.codes.map(c => [...c])).toEqual([
      [0, 1],
      [0, -1],
    ])
    expect([...table.real, ...table.predict, ...table.total!]).toEqual([3, 0, 1.5, 0.5, 10, 4])
  })

  it.each([
    ['NaN', 'a,real,predict\nx,NaN,1\n', { line: 2, rule: 'real is a number', value: 'NaN' }],
    ['an empty number', 'a,real,predict\nx,1,1\ny,2,\n', { line: 3, rule: 'predict is a number', value: '' }],
    ['infinity', 'a,real,predict\nx,Infinity,1\n', { line: 2, rule: 'real is a number', value: 'Infinity' }],
    ['text', 'a,real,predict\nx,1,many\n', { line: 2, rule: 'predict is a number', value: 'many' }],
    ['a short row', 'a,real,predict\nx,1\n', { line: 2, rule: 'a row has 3 cells', value: '2 cells' }],
    ['a negative total', 'a,real,predict,total\nx,-2,1,-1\n', { line: 2, rule: 'total is zero or more', value: '-1' }],
    [
      'more failures than requests',
      'a,real,predict,total\nx,5,1,4\n',
      { line: 2, rule: 'real is at most total', value: '5 of 4' },
    ],
  ])('rejects %s with line, rule and value', (_, text, reject) => {
    expect(parseTable(text).rejects).toContainEqual(reject)
  })

  it('rejects negative counts only where counts are asked for', () => {
    expect(parseTable('a,real,predict\nx,-1,1\n', 'counts').rejects).toHaveLength(1)
    expect(parseTable('a,real,predict\nx,-1,1\n', 'measure').rejects).toEqual([])
  })

  it.each([
    ['an empty file', ''],
    ['no real column', 'a,predict\nx,1\n'],
    ['no attribute', 'real,predict\n1,1\n'],
    ['a column twice', 'a,a,real,predict\nx,y,1,1\n'],
  ])('throws for %s', (_, text) => {
    expect(() => parseTable(text)).toThrow(TableFileError)
  })
})
