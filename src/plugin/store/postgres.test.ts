import { describe, expect, it } from 'vitest'
import postgres from './postgres.js'
import { type PostgresConfig, refusalOf, transient, unanswered } from './postgres/settings.js'
import {
  dayOf,
  FACT,
  HEAD,
  makingPartition,
  MIGRATIONS,
  partitionOf,
  putting,
  ROLLUP,
  TELLING,
} from './postgres/sql.js'

// What can be said of it without a server; lab/postgres.servers.ts has the rest.

const settings: PostgresConfig = {
  ...{ host: 'db.example', port: 5_432, database: 'epicenter', user: 'ada', password: 'hush', schema: 'epicenter' },
  ...{ tls: 'verify', statementTimeoutSeconds: 30 },
}
const failure = (code: string, message = 'no') => Object.assign(new Error(message), { code })

describe('the SQL of the store on PostgreSQL', () => {
  it('puts rows by their key, in arrays, and keeps the rollup that was computed later', () => {
    expect(putting(HEAD)).toBe(
      'INSERT INTO head (id, service, open, opened_at, resolved_at, words, body) SELECT * FROM ' +
        'unnest($1::text[], $2::text[], $3::boolean[], $4::double precision[], $5::double precision[], $6::text[], $7::text[]) ON CONFLICT (id) DO UPDATE SET ' +
        'service = excluded.service, open = excluded.open, opened_at = excluded.opened_at, resolved_at = excluded.resolved_at, words = excluded.words, body = excluded.body',
    )
    expect(putting(ROLLUP)).toMatch(
      /ON CONFLICT \(service, bin\) DO UPDATE SET .* WHERE excluded\.position >= rollup\.position$/,
    )
    expect(putting(FACT)).toContain('ON CONFLICT (service, id)')
    expect(TELLING).toMatch(/WITH ORDINALITY[^]*ORDER BY n ON CONFLICT \(incident, seq\) DO NOTHING/)
  })
  it('has a column of the schema for each that is put, and compares every key byte by byte', () => {
    const schema = MIGRATIONS.join('\n')
    for (const { name, columns, key } of [HEAD, ROLLUP, FACT]) {
      const made = new RegExp(`CREATE TABLE ${name} \\(([^;]*)\\)`).exec(schema)![1]!
      for (const [column, type] of Object.entries(columns))
        expect(made, `${name}.${column}`).toContain(`${column} ${type}`)
      expect(made).toContain('PRIMARY KEY')
      for (const each of key) if (columns[each] === 'text') expect(made).toContain(`${each} text COLLATE "C"`)
    }
  })
  it('has a table for each day, whose names sort as the days do', () => {
    const day = Date.UTC(2026, 1, 3)
    expect(dayOf(day + 86_399_999)).toBe(day)
    // Attached, not made as a part: that would wait for whoever reads everything as of one moment.
    expect(makingPartition(day)).toMatch(
      /^CREATE TABLE rollup_2026_02_03 \(LIKE rollup INCLUDING ALL\);\s+ALTER TABLE rollup ATTACH PARTITION rollup_2026_02_03 FOR VALUES FROM \(1770076800000\) TO \(1770163200000\)$/,
    )
    const names = [Date.UTC(2025, 11, 31), day, Date.UTC(2026, 9, 1)].map(partitionOf)
    expect(names.toSorted()).toEqual(names)
  })
})

describe('settings of the store on PostgreSQL', () => {
  it('asks for a certificate and its key together, and for none where TLS is off', () => {
    expect(postgres.check!(settings)).toEqual([])
    expect(postgres.check!({ ...settings, certFile: 'a', keyFile: 'b', caFile: 'c' })).toEqual([])
    expect(postgres.check!({ ...settings, certFile: 'a' })).toMatchObject([{ path: 'keyFile' }])
    expect(postgres.check!({ ...settings, keyFile: 'a' })).toMatchObject([{ path: 'certFile' }])
    expect(postgres.check!({ ...settings, tls: 'off', caFile: 'a' })).toMatchObject([{ path: 'caFile' }])
  })
})

describe('what PostgreSQL and the network answer', () => {
  it.each([
    ['a server that stops', failure('57P01'), true],
    ['a standby that was the primary', failure('25006'), true],
    ['a connection that was cut', failure('ECONNRESET'), true],
    ['a connection that was cut, in words', new Error('Connection terminated unexpectedly'), true],
    ['a statement that took too long', failure('57014'), false],
    ['a full disk', failure('53100'), false],
  ])('%s: later', (_, error, again) => {
    expect(unanswered(error)).toBe(again)
    expect(transient(error, settings)).not.toBeNull()
    expect(refusalOf(error, 'commit', settings)).toBeNull()
  })
  it.each([
    ['a wrong password', failure('28P01'), /refuses the user ada/],
    ['no right', failure('42501'), /schema epicenter: CREATE SCHEMA epicenter AUTHORIZATION/],
    ['another certificate', failure('ERR_TLS_CERT_ALTNAME_INVALID'), /not believed/],
    ['no TLS', new Error('The server does not support SSL connections'), /"tls: off" says that this is meant/],
  ])('%s: never', (_, error, words) => {
    expect(refusalOf(error, 'commit', settings)).toMatch(words)
    expect(refusalOf(error, 'commit', settings)).not.toContain('hush')
    expect(transient(error, settings)).toBeNull()
  })
  it('what is no failure of theirs is one of ours', () => {
    const ours = failure('42601', 'syntax error')
    expect([unanswered(ours), transient(ours, settings), refusalOf(ours, 'commit', settings)]).toEqual([
      false,
      null,
      null,
    ])
  })
})
