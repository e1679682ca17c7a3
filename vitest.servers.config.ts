import { defineConfig } from 'vitest/config'

/** Tests that need servers of the system's packages; scripts/servers.mjs brings them. */
export default defineConfig({
  test: {
    include: ['lab/**/*.servers.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 1,
  },
})
