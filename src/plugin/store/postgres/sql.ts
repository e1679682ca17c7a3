import { DAY, type EpochMs } from '../../../contract/time.js'
import { SHARING_TABLES } from './sharing-sql.js'
import { SUBSCRIBER_TABLES } from './subscribers.js'

// All SQL with more than one line. Rows come as arrays, one for each column, so thousands of them are one statement.

/**
 * Step n brings a schema from version n to n + 1. Never edited once released; a change is a new step. Texts are compared byte by
 * byte ("C"), as the other stores do. Bodies are JSON as it was written; `jsonb` would order it anew, and knows no U+0000.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE owner (epoch bigint NOT NULL);
   INSERT INTO owner VALUES (0);
   CREATE TABLE position (position bigint NOT NULL, now double precision NOT NULL);
   INSERT INTO position VALUES (0, 0);
   CREATE TABLE note (key text COLLATE "C" PRIMARY KEY, value bytea NOT NULL);
   CREATE TABLE snapshot (part integer PRIMARY KEY, position bigint NOT NULL, version integer NOT NULL, body bytea NOT NULL);
   CREATE TABLE event (cursor bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, incident text COLLATE "C" NOT NULL, seq integer NOT NULL,
     body text NOT NULL, UNIQUE (incident, seq));
   CREATE TABLE head (id text COLLATE "C" PRIMARY KEY, service text COLLATE "C" NOT NULL, open boolean NOT NULL,
     opened_at double precision NOT NULL, resolved_at double precision, words text NOT NULL, body text NOT NULL);
   CREATE INDEX head_opened ON head (opened_at);
   CREATE INDEX head_open ON head (open, opened_at);
   CREATE INDEX head_service ON head (service, opened_at);
   CREATE TABLE rollup (service text COLLATE "C" NOT NULL, bin bigint NOT NULL, position bigint NOT NULL, body text NOT NULL,
     PRIMARY KEY (service, bin)) PARTITION BY RANGE (bin);
   CREATE TABLE service (service text COLLATE "C" PRIMARY KEY, body text NOT NULL);
   CREATE TABLE fact (service text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, via text NOT NULL, effect double precision NOT NULL,
     body text NOT NULL, PRIMARY KEY (service, id));
   CREATE INDEX fact_effect ON fact (service, effect);
   CREATE INDEX fact_age ON fact (effect);
   CREATE TABLE command (id text COLLATE "C" PRIMARY KEY, incident text COLLATE "C" NOT NULL, body text NOT NULL);
   CREATE INDEX command_incident ON command (incident);`,
  SUBSCRIBER_TABLES,
  SHARING_TABLES,
]

/** A table with its columns, their types, and what makes a row one and the same. */
export interface Table {
  name: string
  columns: Readonly<Record<string, string>>
  key: readonly string[]
  /** Which of two rows stays where the key is the same; the newer, if not said. */
  where?: string
}

export const ROLLUP: Table = {
  name: 'rollup',
  columns: { service: 'text', bin: 'bigint', position: 'bigint', body: 'text' },
  key: ['service', 'bin'],
  where: 'excluded.position >= rollup.position',
}
export const HEAD: Table = {
  name: 'head',
  columns: {
    ...{ id: 'text', service: 'text', open: 'boolean', opened_at: 'double precision' },
    ...{ resolved_at: 'double precision', words: 'text', body: 'text' },
  },
  key: ['id'],
}
export const SERVICE: Table = {
  name: 'service',
  columns: { service: 'text', position: 'bigint', body: 'text' },
  key: ['service'],
}
export const FACT: Table = {
  name: 'fact',
  columns: { service: 'text', id: 'text', via: 'text', effect: 'double precision', body: 'text' },
  key: ['service', 'id'],
}
export const COMMAND: Table = {
  name: 'command',
  columns: { id: 'text', incident: 'text', body: 'text' },
  key: ['id'],
}

const given = (columns: Table['columns']) =>
  Object.values(columns)
    .map((type, i) => `$${i + 1}::${type}[]`)
    .join(', ')

/**
 * Rows in bulk; of one and the same there may be one alone in a statement.
 *
 * @example
 * putting({ name: 'a', columns: { id: 'text', n: 'int' }, key: ['id'] })
 * // => 'INSERT INTO a (id, n) SELECT * FROM unnest($1::text[], $2::int[]) ON CONFLICT (id) DO UPDATE SET n = excluded.n'
 */
export function putting({ name, columns, key, where }: Table): string {
  const names = Object.keys(columns)
  const set = names.filter(each => !key.includes(each)).map(each => `${each} = excluded.${each}`)
  return (
    `INSERT INTO ${name} (${names.join(', ')}) SELECT * FROM unnest(${given(columns)}) ` +
    `ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${set.join(', ')}${where === undefined ? '' : ` WHERE ${where}`}`
  )
}

/** The newest value of a name. */
export const NOTING =
  'INSERT INTO note (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value'

/** Cursors follow the order of the rows; what is there stays as it was told. */
export const TELLING = `INSERT INTO event (incident, seq, body)
  SELECT incident, seq, body FROM unnest($1::text[], $2::integer[], $3::text[]) WITH ORDINALITY AS told (incident, seq, body, n)
  ORDER BY n ON CONFLICT (incident, seq) DO NOTHING`

/** The first bin of each day, by a clock that is so much ahead; a day is added and taken off again, since division goes towards zero. */
export const DAYS = `SELECT DISTINCT ((bin + $4::bigint + ${DAY}) / ${DAY} - 1) * ${DAY} AS day FROM rollup
  WHERE service = $1 AND bin >= $2 AND bin < $3 ORDER BY day`

/** The outermost bins of each service in [$1, $2). */
export const HEARD = `SELECT here.service, oldest.bin AS first, newest.bin AS last FROM service AS here
  CROSS JOIN LATERAL (SELECT bin FROM rollup WHERE rollup.service = here.service AND bin >= $1 AND bin < $2 ORDER BY bin LIMIT 1) AS oldest
  CROSS JOIN LATERAL (SELECT bin FROM rollup WHERE rollup.service = here.service AND bin >= $1 AND bin < $2 ORDER BY bin DESC LIMIT 1) AS newest
  ORDER BY here.service`

/** Names of partitions sort as their days do. */
export const partitionOf = (day: EpochMs): string =>
  `rollup_${new Date(day).toISOString().slice(0, 10).replaceAll('-', '_')}`
export const dayOf = (bin: EpochMs): EpochMs => Math.floor(bin / DAY) * DAY

export const IS_THERE = 'SELECT to_regclass($1) IS NOT NULL AS there'
/** Made beside the others and then attached, which waits for nobody who reads: `PARTITION OF` would wait for a backup to end. */
export const makingPartition = (day: EpochMs): string =>
  `CREATE TABLE ${partitionOf(day)} (LIKE rollup INCLUDING ALL);
   ALTER TABLE rollup ATTACH PARTITION ${partitionOf(day)} FOR VALUES FROM (${day}) TO (${day + DAY})`
/** Dropping a table waits for all who read any: what cannot be had at once is tried in the next round, so that no page waits behind it. */
export const SOON = "SET LOCAL lock_timeout = '500ms'"

export const PARTITIONS = `SELECT child.relname AS name FROM pg_inherits
  JOIN pg_class AS child ON child.oid = inhrelid WHERE inhparent = 'rollup'::regclass`

/** Who holds the lock of a key, as the server knows them. */
export const HOLDER = `SELECT a.pid, coalesce(host(a.client_addr), 'a local socket') AS address, a.backend_start::text AS since
  FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
  WHERE l.locktype = 'advisory' AND l.granted AND ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended($1, 0)`
