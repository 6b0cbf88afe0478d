import type { PriceTable } from '../price.ts';
import { smallest } from './resources/database.ts';

const source = 'from memory, of West Europe; about ±20 %';

/** List prices of Azure, pay as you go, for a month of 730 hours. */
export const prices: PriceTable = {
  date: '2026-11',
  currency: 'USD',
  items: {
    'aks-automatic': { text: 'control plane of an AKS Automatic cluster', monthly: 117, source },
    'vm-2': { text: 'a node with 2 processors and 8 GB', monthly: 70, unit: 'node', source },
    'disk-64': { text: 'disk of a node', monthly: 10, unit: 'disk', source },
    'disk-4': { text: 'disk of 4 GB or less', monthly: 0.3, unit: 'disk', source },
    'load-balancer': { text: 'load balancer with its rules', monthly: 18, source },
    'public-address': { text: 'public IPv4 address', monthly: 3.65, unit: 'address', source },
    'nat-gateway': { text: 'NAT gateway, without traffic', monthly: 33, source },
    'acr-basic': { text: 'container registry, Basic, 10 GB', monthly: 5, source },
    'dns-zone': { text: 'DNS zone', monthly: 0.5, unit: 'zone', source },
    [`postgres-${smallest}`]: { text: 'PostgreSQL server, 1 processor, 2 GB', monthly: 14, source },
    'postgres-Standard_B2s': { text: 'PostgreSQL server, 2 processors, 4 GB', monthly: 56, source },
    'postgres-Standard_B2ms': { text: 'PostgreSQL server, 2 processors, 8 GB', monthly: 112, source },
    'postgres-Standard_B4ms': { text: 'PostgreSQL server, 4 processors, 16 GB', monthly: 224, source },
    'postgres-Standard_D2ds_v5': {
      text: 'PostgreSQL server, 2 processors, 8 GB, General Purpose',
      monthly: 142,
      source,
    },
    'postgres-Standard_D4ds_v5': {
      text: 'PostgreSQL server, 4 processors, 16 GB, General Purpose',
      monthly: 284,
      source,
    },
    'postgres-Standard_E2ds_v5': {
      text: 'PostgreSQL server, 2 processors, 16 GB, Memory Optimized',
      monthly: 190,
      source,
    },
    'postgres-storage': { text: 'storage of PostgreSQL', monthly: 0.13, unit: 'GB', source },
  },
};
