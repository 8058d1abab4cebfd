import { defineConfig } from 'vitest/config'

/** Tests on a real Nextcloud: one after the other, they share the machine. */
export default defineConfig({
  test: {
    include: ['test/real/**/*.test.ts'],
    globalSetup: 'test/support/build.ts',
    testTimeout: 300_000,
    hookTimeout: 300_000,
    fileParallelism: false,
  },
})
