import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { Secret } from '../../core/secret.ts';
import { writeAtomically } from '../../effects/write-atomically.ts';
import type { Layout } from './layout.ts';

const schema = z.object({
  number: z.int().min(1).max(250),
  ports: z.object({ http: z.int(), https: z.int() }),
  registryPassword: z.string(),
  encryptionKey: z.string(),
  /** A bcrypt hash, kept so that the htpasswd file does not change at each start. */
  htpasswd: z.string().optional(),
});

/** What an instance remembers of itself; the file has mode 0600. */
export interface InstanceRecord {
  readonly number: number;
  readonly ports: { readonly http: number; readonly https: number };
  readonly registryPassword: Secret;
  readonly encryptionKey: Secret;
  readonly htpasswd?: string | undefined;
}

/** The record of an instance, or undefined where there is none (or only half of one). */
export async function readRecord(layout: Layout): Promise<InstanceRecord | undefined> {
  const text = await readFile(layout.record, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = schema.safeParse(parsedJson(text));
  if (!parsed.success) return undefined;
  return {
    ...parsed.data,
    registryPassword: new Secret(parsed.data.registryPassword),
    encryptionKey: new Secret(parsed.data.encryptionKey),
  };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A record for a new instance, with a number that no other instance on this machine has. */
export async function newRecord(layout: Layout, ports: InstanceRecord['ports']): Promise<InstanceRecord> {
  const taken = new Set<number>();
  const state = dirname(layout.root);
  for (const name of await readdir(state).catch(() => [])) {
    if (name === layout.instance) continue;
    const other = await readRecord({ ...layout, record: join(state, name, 'instance.json') });
    if (other !== undefined) taken.add(other.number);
  }
  return {
    number: (await readNumber(layout)) ?? freeNumber(layout.instance, taken),
    ports,
    registryPassword: new Secret(randomBytes(24).toString('base64url')),
    encryptionKey: new Secret(randomBytes(32).toString('base64')),
  };
}

/** The number of an instance that runs, for when its record is lost. */
export async function readNumber(layout: Layout): Promise<number | undefined> {
  const number = Number(await readFile(join(layout.run, 'number'), 'utf8').catch(() => ''));
  return Number.isInteger(number) && number > 0 ? number : undefined;
}

/** Keeps the number beside what runs. */
export async function writeNumber(layout: Layout, number: number): Promise<void> {
  await writeFile(join(layout.run, 'number'), `${number}\n`, { mode: 0o600 });
}

/** The number an instance's name asks for, or the next one that is free. */
export function freeNumber(instance: string, taken: ReadonlySet<number>): number {
  const start = createHash('sha256').update(instance).digest().readUInt16BE(0) % 250;
  for (let step = 0; step < 250; step++) {
    const number = ((start + step) % 250) + 1;
    if (!taken.has(number)) return number;
  }
  throw new Error('250 local clusters are on this machine; remove one with `ptp down`');
}

/** Writes the record, whole or not at all. */
export async function writeRecord(layout: Layout, record: InstanceRecord): Promise<void> {
  await mkdir(layout.root, { recursive: true, mode: 0o700 });
  const text = JSON.stringify({
    ...record,
    registryPassword: record.registryPassword.reveal(),
    encryptionKey: record.encryptionKey.reveal(),
  });
  await writeAtomically(layout.record, text, 0o600);
}
