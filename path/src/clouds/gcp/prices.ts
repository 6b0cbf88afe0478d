import type { Price, PriceTable } from '../price.ts';

const source = 'from memory; not looked up';
/** Hours of a month. */
const month = 730;

/** List prices of Google Cloud in its cheaper regions. */
export const prices: PriceTable = {
  date: '2026-11',
  currency: 'USD',
  items: {
    'gke-cluster': {
      text: 'management of a cluster (a credit of 74.40 a month pays for one cluster of the billing account)',
      monthly: 73,
      source,
    },
    'autopilot-cpu': { text: 'processors that pods ask for', monthly: 32.5, unit: 'vCPU', source },
    'autopilot-memory': { text: 'memory that pods ask for', monthly: 3.6, unit: 'GiB', source },
    'forwarding-rule': { text: 'load balancer: a forwarding rule', monthly: 18.25, source },
    'nat-gateway': { text: 'Cloud NAT, for each node', monthly: 1.02, unit: 'node', source },
    address: { text: 'public IPv4 address', monthly: 0.005 * month, unit: 'address', source },
    'registry-storage': { text: 'Artifact Registry, stored', monthly: 0.1, unit: 'GB', source },
    'dns-zone': { text: 'DNS zone', monthly: 0.2, source },
    'sql-f1-micro': { text: 'Cloud SQL db-f1-micro (shared processor, 0.6 GB)', monthly: 7.67, source },
    'sql-g1-small': { text: 'Cloud SQL db-g1-small (shared processor, 1.7 GB)', monthly: 25.55, source },
    'sql-cpu': { text: 'Cloud SQL processor', monthly: 30.15, unit: 'vCPU', source },
    'sql-memory': { text: 'Cloud SQL memory', monthly: 5.11, unit: 'GB', source },
    'sql-disk': { text: 'Cloud SQL disk (SSD)', monthly: 0.17, unit: 'GB', source },
    'sql-backup': { text: 'Cloud SQL backup', monthly: 0.08, unit: 'GB', source },
    disk: { text: 'balanced disk', monthly: 0.1, unit: 'GB', source },
  },
};

/** What a size of Cloud SQL's costs; empty where it is not known. Pure. */
export function tierCosts(tier: string): readonly Price[] {
  if (tier === 'db-f1-micro') return [{ item: 'sql-f1-micro', quantity: 1 }];
  if (tier === 'db-g1-small') return [{ item: 'sql-g1-small', quantity: 1 }];
  const custom = /^db-custom-(\d+)-(\d+)$/.exec(tier);
  if (custom === null) return [];
  return [
    { item: 'sql-cpu', quantity: Number(custom[1]) },
    { item: 'sql-memory', quantity: Number(custom[2]) / 1024 },
  ];
}
