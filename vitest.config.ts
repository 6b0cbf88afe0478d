import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

/** Unit tests live beside the code; contract and end-to-end tests are projects of their own. */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'path/src/**/*.test.ts',
            'system/*/src/**/*.test.{ts,tsx}',
            'dashboard/src/**/*.test.ts',
            'scripts/**/*.test.ts',
            'bench/*.test.ts',
          ],
          globalSetup: ['test/support/own-temporary-folder.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts', 'system/*/test/**/*.test.ts'],
          globalSetup: ['test/contract/setup.ts'],
          // Some fetch packages from a registry, on machines that have other work.
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: 'end-to-end',
          include: ['test/end-to-end/**/*.test.ts'],
          testTimeout: 900_000,
          hookTimeout: 3_000_000,
          globalSetup: ['test/end-to-end/setup.ts'],
          // Each file has a cluster of its own and mostly waits for it.
          maxWorkers: 3,
          sequence: { concurrent: false },
        },
      },
    ],
  },
});
