import type { ServiceKind } from '../service.ts';
import { beginPostgresAnew } from './anew.ts';
import { backupImage } from './backup/image.ts';
import { postgresBinding } from './binding.ts';
import { postgresCredentials } from './credentials.ts';
import { postgresImage } from './image.ts';
import { planPostgres } from './plan.ts';
import { rehearsePostgres } from './rehearse.ts';
import { isEmptyPostgres, restorePostgres } from './restoration.ts';
import { rotatePostgres } from './rotate.ts';

/** A file of the cluster is missing or cannot be made sense of. A full disk, which says ERROR or FATAL too, is none. */
const damage =
  /PANIC: +could not (open|read|locate|find)|invalid (primary )?checkpoint record|is not a valid data directory|database files are incompatible|pg_control.*(No such file|invalid)|(FATAL|PANIC): .*(global|base|pg_wal|pg_xact)\/.*No such file/;

/** PostgreSQL on the cluster itself: one instance on a volume. */
export const postgres: ServiceKind = {
  image: postgresImage,
  credentials: postgresCredentials,
  plan: planPostgres,
  bind: postgresBinding,
  tellsOfDamage: (line) => damage.test(line),
  rotate: rotatePostgres,
  backupImage,
  rehearse: rehearsePostgres,
  restoration: restorePostgres,
  isEmpty: isEmptyPostgres,
  beginAnew: beginPostgresAnew,
};
