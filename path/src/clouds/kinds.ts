import { eks } from './aws/kind.ts';
import { aks } from './azure/kind.ts';
import { gke } from './gcp/kind.ts';
import type { CloudKind } from './kind.ts';

/** The public clouds, by the word in ptp.yaml (`cluster: eks`). A new one is a folder beside the others, and a line here. */
export const cloudKinds = { eks, gke, aks } as const satisfies Readonly<Record<string, CloudKind>>;

/** The word for a public cloud in ptp.yaml. */
export type CloudKindName = keyof typeof cloudKinds;
