import type { Cloud } from '../cloud.ts';
import type { CloudKind } from '../kind.ts';

/** `cluster: aks` */
export const aks: CloudKind = {
  title: 'Azure AKS (Automatic), Container Registry, Database for PostgreSQL, DNS',
  account: 'The id of the Azure subscription.',
  size: 'Standard_B1ms',
  region: 'westeurope',
  load: async () => (await import('./cloud.ts')).azure as Cloud,
};
