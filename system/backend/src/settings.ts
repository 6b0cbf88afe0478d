import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** How the connection is secured; the words and their meaning are those of libpq's `sslmode`. */
export type SslMode = 'disable' | 'require' | 'verify-ca' | 'verify-full';

/** All that a connection to PostgreSQL needs. */
export interface DatabaseSettings {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  /** A function, so that neither JSON nor a log of this object shows the password. */
  readonly password: () => string;
  readonly sslMode: SslMode;
  /** The certificate authority in PEM form; absent: those of Node.js. */
  readonly certificateAuthority?: string;
}

/** Where the settings come from. */
export type DatabaseSource =
  /** Files of Service Binding (Service Binding specification 1.1, "Workload Projection"). */
  | { readonly kind: 'binding'; readonly root: string; readonly name?: string }
  /** The variables PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD, PGSSLMODE and PGSSLROOTCERT. */
  | { readonly kind: 'environment'; readonly env: NodeJS.ProcessEnv };

/** The settings can't be used as they are. The problems never contain a value, which might be a password. */
export class SettingsError extends Error {
  readonly problems: readonly string[];

  /** @param problems one sentence for each thing to mend */
  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.name = 'SettingsError';
    this.problems = problems;
  }
}

const fields = z.object({
  host: z.string('is missing').min(1, 'is empty'),
  port: z
    .string()
    .regex(/^[1-9]\d{0,4}$/, 'is not a port number')
    .transform(Number)
    .refine((port) => port < 65_536, 'is not a port number')
    .default(5432),
  database: z.string('is missing').min(1, 'is empty'),
  username: z.string('is missing').min(1, 'is empty'),
  password: z.string('is missing'),
  sslmode: z
    .enum(
      ['disable', 'require', 'verify-ca', 'verify-full'],
      'must be disable, require, verify-ca or verify-full',
    )
    .optional(),
  'ca.crt': z.string().includes('-----BEGIN CERTIFICATE-----', 'is not a PEM certificate').optional(),
});

type Field = keyof typeof fields.shape;

/**
 * Reads where the database is and how to log in, afresh at each call, so that rotated credentials are seen.
 *
 * @throws SettingsError with all problems at once
 */
export function readSettings(source: DatabaseSource): DatabaseSettings {
  if (source.kind === 'environment') {
    const { env } = source;
    const ca = env.PGSSLROOTCERT ? read(env.PGSSLROOTCERT) : undefined;
    if (env.PGSSLROOTCERT && ca === undefined) throw new SettingsError(['PGSSLROOTCERT: cannot be read']);
    const values = {
      host: env.PGHOST,
      port: env.PGPORT || undefined,
      database: env.PGDATABASE,
      username: env.PGUSER,
      password: env.PGPASSWORD ?? '',
      sslmode: env.PGSSLMODE || undefined,
      'ca.crt': ca,
    };
    return parse(values, (field) => environmentName[field]);
  }
  const folder = bindingFolder(source);
  const values = readFolder(folder);
  return parse(values, (field) => join(folder, field));
}

const environmentName: Readonly<Record<Field, string>> = {
  host: 'PGHOST',
  port: 'PGPORT',
  database: 'PGDATABASE',
  username: 'PGUSER',
  password: 'PGPASSWORD',
  sslmode: 'PGSSLMODE',
  'ca.crt': 'PGSSLROOTCERT',
};

/** Whether two settings lead to the same login. */
export function sameSettings(one: DatabaseSettings, other: DatabaseSettings): boolean {
  return (
    one.host === other.host &&
    one.port === other.port &&
    one.database === other.database &&
    one.username === other.username &&
    one.password() === other.password() &&
    one.sslMode === other.sslMode &&
    one.certificateAuthority === other.certificateAuthority
  );
}

function parse(values: unknown, nameOf: (field: Field) => string): DatabaseSettings {
  const result = fields.safeParse(values);
  if (!result.success) {
    throw new SettingsError(
      result.error.issues.map((issue) => `${nameOf(issue.path[0] as Field)}: ${issue.message}`),
    );
  }
  const { host, port, database, username, password, sslmode, 'ca.crt': ca } = result.data;
  return {
    host,
    port,
    database,
    username,
    password: () => password,
    // An authority that was given is meant to be checked.
    sslMode: sslmode ?? (ca === undefined ? 'disable' : 'verify-full'),
    ...(ca === undefined ? {} : { certificateAuthority: ca }),
  };
}

/** The one binding of type `postgresql`, or the named one. */
function bindingFolder(source: { readonly root: string; readonly name?: string }): string {
  let names: readonly string[];
  try {
    names = readdirSync(source.root).filter((name) => !name.startsWith('.'));
  } catch {
    throw new SettingsError([`SERVICE_BINDING_ROOT: the folder ${source.root} cannot be read`]);
  }
  if (source.name !== undefined) names = names.filter((name) => name === source.name);
  const found = names.filter((name) => read(join(source.root, name, 'type'))?.toLowerCase() === 'postgresql');
  const [only] = found;
  if (only === undefined) {
    const named = source.name === undefined ? '' : ` named ${source.name}`;
    throw new SettingsError([`${source.root}: no binding of type postgresql${named}`]);
  }
  if (found.length > 1) {
    const list = found.toSorted().join(', ');
    throw new SettingsError([
      `${source.root}: several bindings of type postgresql (${list}): set DATABASE_BINDING`,
    ]);
  }
  return join(source.root, only);
}

/**
 * Reads the binding's files as they were at one moment: Kubernetes changes a mounted Secret by pointing `..data`
 * at another folder, and a user name from before must not be paired with a password from after.
 */
function readFolder(folder: string): Partial<Record<Field, string>> {
  for (let attempt = 0; ; attempt += 1) {
    const before = version(folder);
    const values: Partial<Record<Field, string>> = {};
    for (const field of Object.keys(fields.shape) as Field[]) {
      const value = read(join(folder, field));
      if (value !== undefined) values[field] = value;
    }
    if (before === version(folder) || attempt === 3) return values;
  }
}

function version(folder: string): string | undefined {
  try {
    return realpathSync(join(folder, '..data'));
  } catch {
    return undefined;
  }
}

/** The file's text without the line end that editors and `echo` leave, or undefined where there is no file. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch {
    return undefined;
  }
}
