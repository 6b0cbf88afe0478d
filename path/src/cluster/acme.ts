import { readFile } from 'node:fs/promises';
import { UserMistake } from '../core/failure.ts';
import type { AcmeIssuer } from '../core/handover.ts';
import { Secret } from '../core/secret.ts';
import type { Project } from '../project/project.ts';

/** The Secret with the key that a zone's updates are signed with. */
const credentials = { name: 'acme-dns01', key: 'tsig' } as const;

/**
 * Who certificates are asked of on a target in no cloud, with what ptp.yaml only names the files of.
 * @param options `own`: the cluster's cert-manager is the one that ptp brings
 * @returns undefined where the target names nobody
 * @throws UserMistake where a file is not there, or is not what it is to be
 */
export async function acmeOf(
  { target }: Pick<Project, 'target'>,
  options: { readonly own: boolean },
): Promise<AcmeIssuer | undefined> {
  const { acme } = target;
  if (acme === undefined) return undefined;
  const { server, email, authority, rfc2136 } = acme;
  return {
    server,
    ...(email === undefined ? {} : { email }),
    ...(authority === undefined ? {} : { authority: await pem(authority) }),
    ...(rfc2136 === undefined ? {} : await updates(rfc2136, options)),
  };
}

async function pem(file: string): Promise<string> {
  const text = await read(file, 'the authorities of the public authority');
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new UserMistake({
    what: 'the file with the authorities of the public authority has no certificate in PEM',
    where: { file },
    next: 'Name one with `-----BEGIN CERTIFICATE-----`.',
  });
}

async function updates(
  { nameServer, key, wait }: NonNullable<NonNullable<Project['target']['acme']>['rfc2136']>,
  { own }: { readonly own: boolean },
): Promise<Pick<AcmeIssuer, 'dns01' | 'wait' | 'credentials'>> {
  const secret = (await read(key.file, 'the key that updates of the zone are signed with')).trim();
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(secret))
    throw new UserMistake({
      what: 'the key that updates of the zone are signed with is not base64',
      where: { file: key.file },
      next: 'Write the secret alone, as it stands behind `secret` in what `tsig-keygen` prints.',
    });
  return {
    dns01: {
      rfc2136: {
        nameserver: nameServer,
        tsigKeyName: key.name,
        tsigAlgorithm: key.algorithm.replace('-', '').toUpperCase(),
        tsigSecretSecretRef: credentials,
      },
    },
    ...(own ? { wait } : {}),
    credentials: { name: credentials.name, data: { [credentials.key]: new Secret(secret) } },
  };
}

async function read(file: string, what: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UserMistake({
      what: `${what} cannot be read: ${error.code ?? error.message}`,
      where: { file },
      next: 'Name a file that is there, in `acme` of the target in ptp.yaml.',
    });
  });
}
