import type { DebianImage } from '../../core/image-spec.ts';
import type { Service } from '../../project/project.ts';

/** Who the server runs as; the volume belongs to this group. */
export const postgresUser = { uid: 999, gid: 999, name: 'postgres', home: '/var/lib/postgresql' } as const;

/** Where Debian keeps the programs of a major version. */
export function programs(version: number): string {
  return `/usr/lib/postgresql/${version}/bin`;
}

/**
 * PostgreSQL from Debian's packages, without Debian's cluster management (perl) and without LLVM, which the server
 * loads only for just-in-time compilation. initdb starts programs through /bin/sh, so a shell stays (dash),
 * and the init script needs `mv` and `rm` (coreutils). `flock` (util-linux) keeps a second server from the data.
 */
export function postgresImage(service: Service): DebianImage {
  return {
    builder: 'debian',
    name: `postgres-${service.version}`,
    packages: [
      'base-files',
      'netbase',
      'tzdata',
      'dash',
      'coreutils',
      'util-linux',
      `postgresql-${service.version}`,
      `postgresql-client-${service.version}`,
    ],
    without: [
      'postgresql-common',
      'postgresql-common-dev',
      'postgresql-client-common',
      'ssl-cert',
      'locales',
      'debconf',
      'perl',
      'perl-base',
      'libllvm19',
      // Of util-linux only flock is wanted, which needs none of these.
      'util-linux-extra',
      'libblkid1',
      'libcap-ng0',
      'libmount1',
      'libsmartcols1',
      'libudev1',
    ],
    user: postgresUser,
    entrypoint: [`${programs(service.version)}/postgres`],
    env: { LANG: 'C.UTF-8', TZ: 'UTC' },
    folders: [{ path: postgresUser.home, mode: 0o700, uid: postgresUser.uid, gid: postgresUser.gid }],
    stopSignal: 'SIGINT', // the fast shutdown: sessions are ended, a checkpoint is written
  };
}
