import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    exclude: ['test/real/**', 'node_modules/**'],
    globalSetup: 'test/support/build.ts',
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
})
