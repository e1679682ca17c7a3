import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'lab/**/*.test.ts', 'bench/**/*.test.ts', '*.test.ts'],
    // Properties and crash tests may be slow on a busy machine; no test asserts a duration.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    // A machine that others use too may starve one test once; what fails twice fails.
    retry: process.env['CI'] ? 1 : 0,
  },
})
