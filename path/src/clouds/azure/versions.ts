/** The version of each service's interface that is spoken (`api-version`), as of the official clients of November 2026. */
export const versions = {
  subscriptions: '2022-12-01',
  resources: '2025-04-01',
  authorization: '2022-04-01',
  identity: '2024-11-30',
  network: '2026-03-01',
  usages: '2024-07-01',
  cluster: '2026-06-01',
  registry: '2025-11-01',
  database: '2026-10-01',
  privateDns: '2024-06-01',
  dns: '2018-05-01',
} as const;
