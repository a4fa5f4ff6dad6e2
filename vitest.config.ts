import { configDefaults, defineConfig } from 'vitest/config';

const folders = '{daemon,destinations,panel-ui,bench}/**';
const ignored = [...configDefaults.exclude, 'dist/**', '.bench/**', '.sandbox/**'];

/** small: pure functions. medium: real files, SQLite and processes. large: the built daemon. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'small',
          include: [`${folders}/*.spec.ts`],
          exclude: [...ignored, '**/*.int.spec.ts', '**/*.e2e.spec.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'medium',
          include: [`${folders}/*.int.spec.ts`],
          exclude: ignored,
          pool: 'forks',
          // Vitest leaves one core unused; these wait for servers and disks more than they compute.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'large',
          include: [`${folders}/*.e2e.spec.ts`],
          exclude: ignored,
          pool: 'forks',
          // Each starts daemons of its own: two files at a time, after everything else.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
          testTimeout: 600_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
