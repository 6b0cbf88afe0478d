import type { CloudTarget } from '../project/project.ts';
import { aws } from './aws/cloud.ts';
import { azure } from './azure/cloud.ts';
import type { Cloud } from './cloud.ts';
import { googleCloud } from './gcp/cloud.ts';

/** The public clouds, by the word in ptp.yaml. Their SDKs are large: each loads its own when it is first called. */
export const clouds: Readonly<Partial<Record<CloudTarget['kind'], Cloud>>> = {
  eks: aws as Cloud,
  gke: googleCloud as Cloud,
  aks: azure as Cloud,
};
