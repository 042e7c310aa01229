import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/huaweicloud/**/*.test.ts', 'test/supply-chain/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/cluster/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          // They wait for servers more than they compute: more of them at a time than there are cores.
          maxWorkers: 4,
        },
      },
      {
        test: {
          name: 'chart',
          include: ['test/chart/**/*.test.ts'],
          globalSetup: ['test/cluster/global-setup.ts'],
          testTimeout: 60_000,
          // Helm is built when it is missing.
          hookTimeout: 900_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/e2e/global-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // Each test goes on where the one before has ended.
          bail: 1,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'argocd',
          include: ['test/argocd/**/*.test.ts'],
          globalSetup: ['test/cluster/global-setup.ts'],
          testTimeout: 180_000,
          // Argo CD is built when it is missing.
          hookTimeout: 1_800_000,
        },
      },
    ],
  },
});
