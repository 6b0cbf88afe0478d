import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { UserMistake } from '../core/failure.ts';
import { oneLine } from '../core/one-line.ts';
import type { Secret } from '../core/secret.ts';

/** Where an API server is and how to be let in. */
export interface Access {
  /** `https://10.77.0.1:6443`, without a slash at its end. */
  readonly server: string;
  readonly tls: {
    readonly ca?: string | Buffer;
    readonly cert?: string | Buffer;
    readonly key?: string | Buffer;
    readonly servername?: string;
    readonly rejectUnauthorized?: boolean;
  };
  /** The value of the Authorization header; asked for before each request because tokens expire. */
  authorization(): Promise<string | undefined>;
}

type ClusterEntry = Readonly<Record<string, unknown>>;

/**
 * Reads the current context of a kubeconfig (kubernetes.io, "Organizing Cluster Access"; v1 Config).
 * Certificates and tokens are read here; a user that is known by running a program (`exec`) or by an auth provider,
 * and a proxy, are left to the Kubernetes client library, which takes half a second to load.
 * @param token gives a bearer token instead of all that the user's entry says
 * @throws UserMistake where the document has no usable current context
 */
export async function readAccess(kubeconfig: Secret, token?: () => Promise<Secret>): Promise<Access> {
  const document: unknown = parse(kubeconfig.reveal());
  const contextName = text(field(document, 'current-context'));
  const context = named(document, 'contexts', contextName, 'context');
  const cluster = named(document, 'clusters', text(field(context, 'cluster')), 'cluster');
  const server = text(field(cluster, 'server'));
  if (context === undefined || cluster === undefined || server === undefined)
    throw new UserMistake({
      what: `the kubeconfig has no usable current context${contextName === undefined ? '' : ` (${contextName})`}`,
      next: 'Name one in `current-context`, or set `context` of the target in ptp.yaml.',
    });
  const user =
    token === undefined ? named(document, 'users', text(field(context, 'user')), 'user') : undefined;
  const viaLibrary = ['exec', 'auth-provider'].some((name) => field(user, name) !== undefined);
  if (viaLibrary || field(cluster, 'proxy-url') !== undefined) return libraryAccess(kubeconfig, server);

  const [ca, cert, key] = await Promise.all([
    content(cluster, 'certificate-authority'),
    content(user, 'client-certificate'),
    content(user, 'client-key'),
  ]);
  const servername = text(field(cluster, 'tls-server-name'));
  return {
    server: server.replace(/\/+$/, ''),
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(servername === undefined ? {} : { servername }),
      ...(field(cluster, 'insecure-skip-tls-verify') === true ? { rejectUnauthorized: false } : {}),
    },
    authorization:
      token === undefined ? () => authorization(user) : async () => `Bearer ${(await token()).reveal()}`,
  };
}

async function authorization(user: ClusterEntry | undefined): Promise<string | undefined> {
  const file = text(field(user, 'tokenFile'));
  const token =
    file === undefined ? text(field(user, 'token')) : (await fileOf(file)).toString('utf8').trim();
  if (token !== undefined) {
    // A line end in it would begin another header.
    if (/^[\x21-\x7e]+$/.test(token)) return `Bearer ${token}`;
    throw new UserMistake({
      what: "the kubeconfig's token has characters that no token has",
      where: file === undefined ? { key: 'token' } : { file },
      next: 'Log in to the cluster again, or mend the token.',
    });
  }
  const [username, password] = [text(field(user, 'username')), text(field(user, 'password'))];
  if (username === undefined || password === undefined) return undefined;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

async function libraryAccess(kubeconfig: Secret, server: string): Promise<Access> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromString(kubeconfig.reveal());
  const options: import('node:https').RequestOptions = { headers: {} };
  const refresh = async () => {
    await config.applyToHTTPSOptions(options);
    return text(field(options.headers, 'Authorization'));
  };
  await refresh();
  const [ca, cert, key] = [pem(options.ca), pem(options.cert), pem(options.key)];
  return {
    server: server.replace(/\/+$/, ''),
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(options.servername === undefined ? {} : { servername: options.servername }),
      ...(options.rejectUnauthorized === false ? { rejectUnauthorized: false } : {}),
    },
    authorization: refresh,
  };
}

function pem(value: unknown): string | Buffer | undefined {
  return typeof value === 'string' || Buffer.isBuffer(value) ? value : undefined;
}

/** A file that a kubeconfig names. Throws UserMistake where it cannot be read. */
async function fileOf(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`;
    throw new UserMistake({
      what: oneLine(`the file ${file}, which the kubeconfig names, ${why}`),
      where: { key: 'kubeconfig' },
      next: 'Mend the kubeconfig, or put the file where it says.',
    });
  }
}

/** A field given as `name-data` in base64 or as a file's path in `name`. */
async function content(entry: ClusterEntry | undefined, name: string): Promise<Buffer | undefined> {
  const data = text(field(entry, `${name}-data`));
  if (data !== undefined) return Buffer.from(data, 'base64');
  const file = text(field(entry, name));
  return file === undefined ? undefined : fileOf(file);
}

function named(
  document: unknown,
  list: string,
  name: string | undefined,
  key: string,
): ClusterEntry | undefined {
  const entries = field(document, list);
  if (!Array.isArray(entries)) return undefined;
  const found: unknown = entries.find((entry: unknown) => field(entry, 'name') === name);
  const value = field(found, key);
  return isRecord(value) ? value : undefined;
}

function field(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
