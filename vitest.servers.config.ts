import { defineConfig } from 'vitest/config'

/** Tests that need servers of the system's packages, which scripts/servers.mjs brings, and long ones with our own. */
export default defineConfig({
  test: {
    include: ['lab/**/*.servers.ts', 'bench/**/*.servers.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 1,
  },
})
