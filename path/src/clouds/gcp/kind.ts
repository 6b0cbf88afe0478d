import type { Cloud } from '../cloud.ts';
import type { CloudKind } from '../kind.ts';

/** `cluster: gke` */
export const gke: CloudKind = {
  title: 'Google GKE (Autopilot), Artifact Registry, Cloud SQL, Cloud DNS',
  account: 'The Google Cloud project.',
  size: 'db-f1-micro',
  region: 'europe-west1',
  load: async () => (await import('./cloud.ts')).googleCloud as Cloud,
};
