// What processes that share out the work tell each other; times are the server's, so that no two clocks are compared.

export const SHARING_TABLES = `
   ALTER TABLE service ADD COLUMN position bigint NOT NULL DEFAULT 0;
   CREATE INDEX service_position ON service (position);
   CREATE TABLE member (id text COLLATE "C" PRIMARY KEY, body text NOT NULL, since timestamptz NOT NULL, seen timestamptz NOT NULL);
   CREATE TABLE lease (name text COLLATE "C" PRIMARY KEY, epoch bigint NOT NULL, holder text NOT NULL, since timestamptz NOT NULL,
     until timestamptz NOT NULL);
   CREATE TABLE checkpoint (name text COLLATE "C" NOT NULL, part integer NOT NULL, position bigint NOT NULL, version integer NOT NULL,
     at timestamptz NOT NULL, body bytea NOT NULL, PRIMARY KEY (name, part));`

const MS = "interval '1 millisecond'"

export const SEEN = `INSERT INTO member (id, body, since, seen) VALUES ($1, $2, clock_timestamp(), clock_timestamp())
  ON CONFLICT (id) DO UPDATE SET body = excluded.body, seen = excluded.seen`

export const RENEW = `UPDATE lease SET until = clock_timestamp() + $4 * ${MS} FROM unnest($1::text[], $2::bigint[]) AS held (name, epoch)
  WHERE lease.name = held.name AND lease.epoch = held.epoch AND lease.holder = $3`

export const MEMBERS = `SELECT body, extract(epoch FROM since) * 1000 AS since, extract(epoch FROM clock_timestamp() - seen) * 1000 AS ago
  FROM member ORDER BY id`

export const LEASES = `SELECT name, epoch, holder, extract(epoch FROM until - clock_timestamp()) * 1000 AS left,
  extract(epoch FROM clock_timestamp() - since) * 1000 AS held FROM lease ORDER BY name`

/**
 * Locks it against whoever writes by it; one that was never had is made. Nobody waits for somebody who froze while writing by it: the
 * server ends that (FROZEN_MS), and the next try finds it free.
 */
export const SEE_LEASE = `SELECT epoch, until < clock_timestamp() AS free FROM lease WHERE name = $1 FOR UPDATE SKIP LOCKED`
export const NEW_LEASE = `INSERT INTO lease VALUES ($1, 0, '', clock_timestamp(), to_timestamp(0)) ON CONFLICT (name) DO NOTHING`
export const TAKE = `UPDATE lease SET epoch = epoch + 1, holder = $2, since = clock_timestamp(), until = clock_timestamp() + $3 * ${MS}
  WHERE name = $1 RETURNING epoch`
export const RELEASE = `UPDATE lease SET until = to_timestamp(0) WHERE name = $1 AND epoch = $2`
/** It does not wait for who goes on holding it, and keeps out who would take it. */
export const IS_MINE = 'SELECT FROM lease WHERE name = $1 AND epoch = $2 FOR KEY SHARE'

export const CHECKPOINT = `INSERT INTO checkpoint (name, part, position, version, at, body) VALUES ($1, $2, $3, $4, clock_timestamp(), $5)`
export const CHECKPOINTS = `SELECT name, max(position) AS position, extract(epoch FROM clock_timestamp() - max(at)) * 1000 AS age,
  sum(length(body)) AS bytes FROM checkpoint GROUP BY name ORDER BY name`

/** Who was not heard of for so long is forgotten. */
export const FORGET_MEMBERS = `DELETE FROM member WHERE seen < clock_timestamp() - interval '1 day'`
