import { defineConfig } from 'vitest/config'

/** Tests that need servers of the system's packages, which scripts/servers.mjs brings, and long ones with our own. */
export default defineConfig({
  test: {
    include: ['lab/**/*.servers.ts', 'bench/**/*.servers.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // They mostly wait: for leases, intervals, five minutes of metrics.
    maxWorkers: 2,
    // They wait for real programs in real time: a machine that others use too may starve one once; what fails twice fails.
    retry: process.env['CI'] ? 1 : 0,
  },
})
