/** Where a cloud's database is in its network; in tests it is at that address on this machine, while they run. */
export const databaseAddresses = { aws: '10.20.128.10', gcp: '10.200.0.3', azure: '10.225.18.4' } as const;
