import type { DebianImage } from '../../../core/image-spec.ts';
import type { Service } from '../../../project/project.ts';
import { postgresImage } from '../image.ts';

/** Who makes backups: nobody in particular, and not the server's user. */
export const backupUser = { uid: 65532, gid: 65532, name: 'backup', home: '/nonexistent' } as const;

/**
 * What makes backups: PostgreSQL's client, age to encrypt, curl to send. An image of its own, so that the server's has
 * none of this.
 */
export function backupImage(service: Service): DebianImage {
  const { without = [], env = {} } = postgresImage(service);
  return {
    builder: 'debian',
    name: `postgres-${service.version}-backup`,
    packages: [
      'base-files',
      'netbase',
      'tzdata',
      'dash',
      'coreutils',
      'ca-certificates',
      `postgresql-client-${service.version}`,
      'age',
      'curl',
    ],
    without: [...without, 'openssl'],
    user: backupUser,
    entrypoint: ['/bin/sh'],
    env,
  };
}
