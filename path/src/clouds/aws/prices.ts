import type { PriceItem, PriceTable } from '../price.ts';
import { databaseFamilies } from './database-classes.ts';

const source = 'from memory, for us-east-1; other regions are up to 30 % dearer';

/** An hour's `large` of each family of RDS for PostgreSQL in one zone, USD. */
const largeAnHour: Readonly<Record<string, number>> = {
  t4g: 0.129,
  t3: 0.145,
  m6g: 0.159,
  m7g: 0.168,
  r6g: 0.225,
  r7g: 0.239,
};

const item = (text: string, monthly: number, unit?: string): PriceItem => ({
  text,
  monthly,
  ...(unit === undefined ? {} : { unit }),
  source,
});

/** List prices of what a target on AWS is made of. */
export const prices: PriceTable = {
  date: '2026-11',
  currency: 'USD',
  items: {
    'eks-cluster': item('control plane of an EKS cluster', 73),
    'node-c6a.large': item('node, c6a.large (2 vCPU, 4 GiB)', 55.85, 'node'),
    'auto-mode-c6a.large': item('EKS Auto Mode for a c6a.large (12 %)', 6.7, 'node'),
    disk: item('general purpose disk (gp3)', 0.08, 'GB'),
    'network-load-balancer': item('network load balancer', 16.43, 'balancer'),
    'public-ipv4': item('public IPv4 address', 3.65, 'address'),
    'nat-gateway': item('NAT gateway', 32.85, 'gateway'),
    ecr: item('images in ECR', 0.1, 'GB'),
    zone: item('zone in Route 53', 0.5, 'zone'),
    secret: item('secret in Secrets Manager', 0.4, 'secret'),
    'rds-storage': item('disk of a database (gp3)', 0.115, 'GB'),
    'rds-snapshot': item('snapshot of a database', 0.095, 'GB'),
    ...Object.fromEntries(
      Object.keys(databaseFamilies).map((family) => [
        `rds-${family}-large`,
        item(
          `RDS PostgreSQL, ${family} (as parts of db.${family}.large)`,
          Math.round((largeAnHour[family] ?? 0) * 730 * 100) / 100,
          'large',
        ),
      ]),
    ),
  },
};
