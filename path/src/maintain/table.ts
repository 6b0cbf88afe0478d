import { drillNames } from '../core/drill.ts';
import { databaseFailover } from './database-failover.ts';
import type { Drill } from './drill.ts';
import { nodeLoss } from './node-loss.ts';
import { renew } from './renew.ts';
import { restore } from './restore.ts';
import { rollback } from './rollback.ts';
import { rotateAuthority } from './rotate-authority.ts';
import { rotateDatabase } from './rotate-database.ts';
import { rotateSigningKey } from './rotate-signing-key.ts';

const all: readonly Drill[] = [
  renew,
  rollback,
  restore,
  rotateDatabase,
  rotateSigningKey,
  rotateAuthority,
  nodeLoss,
  databaseFailover,
];

/** Every drill there is, in the order in which they are listed. */
export const drills: readonly Drill[] = all.toSorted(
  (one, other) => drillNames.indexOf(one.name) - drillNames.indexOf(other.name),
);
