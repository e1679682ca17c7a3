import { defineConfig } from 'vitest/config'

const INCLUDE = ['src/**/*.test.ts', 'lab/**/*.test.ts', 'bench/**/*.test.ts', '*.test.ts']
/**
 * Tests that change what modules share: they mock one, watch it being loaded, or set a package differently. Each file has its modules
 * for itself; all others share theirs, which halves the processor time of the suite.
 */
export const ALONE = [
  'patterns.test.ts',
  'src/core/evidence/kinds.test.ts',
  'src/plugin/probe/browser.test.ts',
  'src/plugin/receiver/prometheus.test.ts',
  'src/plugin/receiver/prometheus/*.test.ts',
]

const SHARED = {
  // Properties and crash tests may be slow on a busy machine; no test asserts a duration.
  testTimeout: 60_000,
  hookTimeout: 60_000,
  pool: 'forks',
  // A machine that others use too may starve one test once; what fails twice fails.
  retry: process.env['CI'] ? 1 : 0,
} as const

/** Steps of their own in the gate (scripts/ok.mjs). */
const STEPS = ['arch.test.ts', 'examples.test.ts']

export default defineConfig({
  test: {
    // One more than most machines that run this have cores: some tests wait for programs, sockets and a browser.
    maxWorkers: 3,
    projects: [
      {
        test: {
          ...SHARED,
          name: 'together',
          include: INCLUDE,
          exclude: [...ALONE, ...STEPS, '**/node_modules/**'],
          isolate: false,
        },
      },
      { test: { ...SHARED, name: 'alone', include: ALONE, isolate: true } },
      ...STEPS.map(each => ({ test: { ...SHARED, name: each.split('.', 1)[0]!, include: [each] } })),
    ],
  },
})
