/** What the rules of arch.ts are held against: which room may enter which, which packages it may use, and the exceptions with their reasons. */

/** Room → rooms it may enter. A room always may enter itself. */
export const DOORS: Record<string, readonly string[]> = {
  contract: [],
  core: ['contract'],
  plugin: ['contract'],
  scenario: ['contract', 'core/stat'],
  shell: ['contract', 'core', 'plugin/registry.ts'],
  http: ['contract', 'core', 'shell'],
  web: ['contract'],
  testing: ['contract', 'core/stat', 'core/ingest/door.ts', 'core/ingest/past.ts'],
  cli: ['contract', 'core', 'plugin/registry.ts', 'scenario', 'shell', 'http'],
  lab: ['contract', 'core', 'plugin', 'scenario', 'shell', 'http', 'cli', 'testing'],
  bench: ['contract', 'core', 'plugin', 'scenario', 'shell', 'http', 'cli', 'testing', 'lab'],
}

/** Single doors beside the rooms' own, each with its reason. */
export const SIDE_DOORS: readonly { from: RegExp; to: RegExp; because: string }[] = [
  {
    from: /^plugin\/source\/scenario(\.test)?\.ts$/,
    to: /^scenario\//,
    because: 'it is the player as a plug-in',
  },
  {
    from: /^shell\/demo(\.test)?\.ts$/,
    to: /^scenario\//,
    because: 'the demonstration is a scenario that is played into a workspace',
  },
  {
    from: /^shell\/folder\/data-folder\.ts$/,
    to: /^plugin\/shared\/lock\.ts$/,
    because: 'a lock of the operating system is taken through SQLite, the only one here that takes any',
  },
  {
    from: /^plugin\/.*\.test\.ts$/,
    to: /^shell\/outside\/env\.ts$/,
    because: 'the tests of a plug-in go outside the way the product does',
  },
]

/**
 * Rooms of core → rooms of core that each may enter, every one only those that stand above it here: so no arrow goes back.
 * The last three are corridors, which order what the others do; `stat` may be entered from everywhere.
 */
export const CORE_DOORS: Record<string, readonly string[]> = {
  stat: [],
  calendar: [],
  text: [],
  graph: [],
  ingest: [],
  aggregate: [],
  localize: [],
  series: [],
  rates: ['aggregate'],
  gauges: [],
  counts: ['aggregate', 'localize', 'series'],
  admission: ['text'],
  mentions: ['aggregate', 'localize', 'rates', 'counts'],
  evidence: ['text', 'aggregate', 'series', 'rates', 'gauges', 'counts'],
  explain: [],
  origin: ['graph'],
  incident: [],
  words: ['ingest', 'incident'],
  vendors: ['incident'],
  oncall: ['calendar'],
  route: ['calendar', 'incident'],
  lessons: [],
  trouble: ['aggregate', 'localize', 'rates', 'counts', 'admission', 'mentions', 'evidence'],
  service: ['text', 'graph', 'aggregate', 'rates', 'gauges', 'counts', 'admission', 'mentions', 'evidence', 'trouble'],
  watch: ['graph', 'rates', 'counts', 'admission', 'mentions', 'evidence', 'trouble', 'service'],
  judge: ['ingest', 'graph', 'explain', 'incident', 'words'],
  fold: [
    'graph',
    'origin',
    'aggregate',
    'series',
    'rates',
    'counts',
    'admission',
    'mentions',
    'evidence',
    'incident',
    'service',
    'watch',
    'judge',
  ],
}

/** npm packages a room may import. Tests of the outer rooms, lab and bench use what they like. */
export const PACKAGES: Record<string, readonly string[]> = {
  contract: ['@sinclair/typebox'],
  core: ['@stdlib/*'],
  plugin: [
    '@nats-io/jetstream',
    '@nats-io/transport-node',
    '@sinclair/typebox',
    'dns-packet',
    'feedsmith',
    'jsonpath-rfc9535',
    'libsql',
    'nodemailer',
    'pg',
    'playwright-core',
    'protobufjs',
    're2js',
    'standardwebhooks',
  ],
  shell: ['@node-rs/argon2', '@simplewebauthn/server', '@sinclair/typebox', 'mmdb-lib', 'openid-client', 'yaml'],
  http: [
    '@modelcontextprotocol/server',
    '@sinclair/typebox',
    'd3-geo',
    'fastify',
    'markdown-it',
    'prom-client',
    'topojson-client',
    'world-atlas',
  ],
  web: [],
  testing: ['fast-check', 'mailparser', 'smtp-server', 'vitest'],
  cli: ['@modelcontextprotocol/server', 'commander', 'd3-dsv', 'hyparquet-writer', 'yaml'],
}

/** Types alone, which come with the @types packages that need them. */
export const TYPE_PACKAGES = ['geojson', 'topojson-specification']

export const TEST_PACKAGES = [
  '@redocly/openapi-core',
  'ajv',
  'ajv-formats',
  'axe-core',
  'esbuild',
  'fast-check',
  'feedsmith',
  'hyparquet',
  'ical.js',
  'openapi-typescript-codegen',
  'playwright-core',
  'protobufjs',
  'snappyjs',
  'vitest',
]

/** Rooms whose tests too keep to the room's packages and {@link TEST_PACKAGES}. */
export const PURE = new Set(['contract', 'core', 'web'])

/** Rooms without Node: they must run anywhere. */
export const NO_NODE = new Set(['contract', 'core', 'web'])

/** Rooms that serve every plug-in alike. */
export const KNOWS_NO_PLUGIN = new Set(['contract', 'core', 'shell', 'http', 'cli'])

/** Words that are also the name of a plug-in: where they mean something else, with what. */
export const OTHER_WORDS: readonly { path: RegExp; word: string; means: string }[] = [
  { path: /^src\/cli\/program\.ts$/, word: 'epicenter', means: 'the command itself' },
  { path: /^src\/http\/agents\//, word: 'epicenter', means: 'what this server calls itself' },
  { path: /^src\/shell\/tracing\//, word: 'epicenter', means: 'what this server calls itself' },
  { path: /^src\/cli\/dump\//, word: 'ndjson', means: 'rows as JSON, a line each' },
  { path: /^src\/(shell|cli)\//, word: 'memory', means: 'a workspace that ends with its process' },
  { path: /^src\/http\//, word: 'statuspage', means: 'the rule by which Statuspage reckons uptime' },
  { path: /^src\/http\//, word: 'http', means: 'the protocol' },
  { path: /^src\/core\/localize\//, word: 'nats', means: 'information, by the natural logarithm' },
  { path: /^src\/shell\/catalogue\//, word: 'ai', means: 'a group of the catalogue' },
  ...['email', 'webhook', 'slack'].map(word => ({
    path: /^src\/(contract|http|cli|shell)\/(.*\/)?subscribers?(\/|\.ts$)/,
    word,
    means: 'how a subscriber is told, as Statuspage calls it',
  })),
  { path: /^src\/(contract|shell)\//, word: 'tls', means: 'the part of a connection, and of its time' },
  { path: /^src\/(contract|shell)\//, word: 'tcp', means: 'what a port listens by' },
]

/** Who connects past the guard, each with its reason. */
export const PAST_THE_GUARD: readonly { path: RegExp; because: string }[] = [
  { path: /^src\/shell\/outside\//, because: 'it is the guard, and what stands behind it' },
  { path: /^src\/shell\/(env|remote)\.ts$/, because: 'an export reads the server that a person names at the terminal' },
  { path: /^src\/plugin\/probe\/grpc\.ts$/, because: 'it speaks HTTP/2 over a connection that the guard gave' },
  { path: /^src\/plugin\/probe\/ping\.ts$/, because: 'fping is told an address that the guard looked up' },
]

/** What the test of each kind of plug-in calls. */
export const CONTRACT_TESTS: Record<string, string> = {
  source: 'testSource',
  receiver: 'testReceiver',
  probe: 'testProbe',
  notifier: 'testNotifier',
  bus: 'testLog',
  store: 'testStore',
}
