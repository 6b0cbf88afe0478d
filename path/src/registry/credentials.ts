import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UserMistake } from '../core/failure.ts';
import { Secret } from '../core/secret.ts';
import type { Processes } from '../effects/processes.ts';

/** What a registry is told about who asks. */
export type Credentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: Secret }
  /** An OAuth 2 refresh token (distribution's `spec/auth/oauth`). */
  | { readonly kind: 'identity-token'; readonly token: Secret }
  /** A bearer token that is sent to the registry as it is. */
  | { readonly kind: 'registry-token'; readonly token: Secret };

/** Credentials, or none, and where they were looked for, in words for a person. */
export interface FoundCredentials {
  readonly credentials?: Credentials;
  readonly source: string;
}

interface DockerConfig {
  readonly auths?: Readonly<Record<string, DockerAuth | null>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
}

interface DockerAuth {
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

const hub = 'https://index.docker.io/v1/';

/**
 * Credentials for a registry's host from the Docker configuration file (`$DOCKER_CONFIG/config.json`, otherwise
 * `~/.docker/config.json`) and the credential helpers it names. Throws UserMistake where the file is not JSON.
 */
export async function findCredentials(processes: Processes, host: string): Promise<FoundCredentials> {
  const file = join(process.env.DOCKER_CONFIG ?? join(homedir(), '.docker'), 'config.json');
  const config = await readConfig(file);
  if (config === undefined) return { source: `${file}, which is not there` };
  const key = configKey(host);
  const helper = config.credHelpers?.[key] ?? config.credHelpers?.[host] ?? config.credsStore;
  const helped =
    typeof helper === 'string' && helper !== '' ? await askHelper(processes, helper, key) : undefined;
  if (helped?.credentials !== undefined) return { ...helped, source: `${helped.source}, named in ${file}` };
  const entry = Object.entries(config.auths ?? {}).find(([name]) => sameHost(name, key));
  const credentials = entry === undefined ? undefined : fromAuth(entry[1]);
  const source = helped === undefined ? file : `${file} and ${helped.source}`;
  return credentials === undefined ? { source } : { credentials, source: file };
}

async function readConfig(file: string): Promise<DockerConfig | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new UserMistake({
      what: `the Docker configuration file cannot be read (${error.code ?? 'unknown'})`,
      where: { file },
      next: 'Make it readable for this user, or let DOCKER_CONFIG name another folder.',
    });
  });
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // The parser's own message shows a piece of the file, and the file holds passwords.
  }
  throw new UserMistake({
    what: 'the Docker configuration file is not a JSON object',
    where: { file },
    next: 'Mend the file, or let DOCKER_CONFIG name another folder.',
  });
}

async function askHelper(processes: Processes, helper: string, key: string): Promise<FoundCredentials> {
  const program = `docker-credential-${helper}`;
  if (!/^[\w.-]+$/.test(helper) || (await processes.find(program)) === undefined) {
    return { source: `${program}, which is not on this machine` };
  }
  const outcome = await processes.run({ program, args: ['get'], input: key });
  if (outcome.code !== 0) return { source: `${program}, which knows none for ${key}` };
  const answer = parseHelper(outcome.stdout);
  if (answer === undefined) return { source: `${program}, which gave no usable answer` };
  return { credentials: answer, source: program };
}

function parseHelper(stdout: string): Credentials | undefined {
  try {
    const value: unknown = JSON.parse(stdout);
    if (typeof value !== 'object' || value === null) return undefined;
    if (!('Username' in value) || !('Secret' in value)) return undefined;
    if (typeof value.Username !== 'string' || typeof value.Secret !== 'string' || value.Secret === '')
      return undefined;
    const secret = new Secret(value.Secret);
    if (value.Username === '<token>') return { kind: 'identity-token', token: secret };
    return { kind: 'password', username: value.Username, password: secret };
  } catch {
    return undefined;
  }
}

function fromAuth(auth: DockerAuth | null): Credentials | undefined {
  if (auth === null) return undefined;
  if (isText(auth.identitytoken)) return { kind: 'identity-token', token: new Secret(auth.identitytoken) };
  // It goes into a header as it is, which a line end would close.
  if (isText(auth.registrytoken) && /^[\x21-\x7e]+$/.test(auth.registrytoken))
    return { kind: 'registry-token', token: new Secret(auth.registrytoken) };
  if (isText(auth.auth)) {
    const decoded = Buffer.from(auth.auth, 'base64').toString('utf8').replace(/\0+$/, '');
    const colon = decoded.indexOf(':');
    if (colon > 0) {
      const password = new Secret(decoded.slice(colon + 1));
      return { kind: 'password', username: decoded.slice(0, colon), password };
    }
  }
  if (isText(auth.username) && isText(auth.password)) {
    return { kind: 'password', username: auth.username, password: new Secret(auth.password) };
  }
  return undefined;
}

/** Docker Hub's credentials are filed under an address of its first version. */
export function configKey(host: string): string {
  return ['docker.io', 'index.docker.io', 'registry-1.docker.io'].includes(host) ? hub : host;
}

function sameHost(name: string, key: string): boolean {
  return name === key || name.replace(/^https?:\/\//, '').replace(/\/.*$/, '') === key;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
