import type { ServiceKind } from '../service.ts';
import { backupImage } from './backup/image.ts';
import { postgresBinding } from './binding.ts';
import { postgresCredentials } from './credentials.ts';
import { postgresImage } from './image.ts';
import { planPostgres } from './plan.ts';
import { rehearsePostgres } from './rehearse.ts';
import { rotatePostgres } from './rotate.ts';

/** PostgreSQL on the cluster itself: one instance on a volume. */
export const postgres: ServiceKind = {
  image: postgresImage,
  credentials: postgresCredentials,
  plan: planPostgres,
  bind: postgresBinding,
  rotate: rotatePostgres,
  backupImage,
  rehearse: rehearsePostgres,
};
