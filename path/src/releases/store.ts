import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Emit } from '../core/event.ts';
import { limits } from '../core/limits.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { deleteObject } from '../kubernetes/delete.ts';
import { keyOf, objectName, type SecretObject } from '../kubernetes/objects.ts';
import { listRecords, writeRecord } from '../kubernetes/records.ts';
import type { Project } from '../project/project.ts';
import { parseRecord, type ReleaseRecord } from './record.ts';

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/** How many releases are kept. */
export const kept = 30;

/** The label with the release's number, which also tells records apart from other Secrets. */
const releaseLabel = 'ptp.dev/release';

/** A type of its own keeps other tools from taking it for something of theirs. */
const secretType = 'ptp.dev/release.v1';

function recordsOf({ name, target }: Project) {
  const { namespace } = target;
  return { kind: 'Secret', label: releaseLabel, project: name, namespace } as const;
}

type Reader = Pick<Context, 'signal'> & { readonly emit: Emit };

/**
 * The records of a project's releases, the oldest first. They are Secrets in its namespace: encrypted at rest like
 * these, though no value of another Secret is in them. One that cannot be read is told of and left out.
 */
export async function readReleases(
  context: Reader,
  client: KubernetesClient,
  project: Project,
): Promise<readonly ReleaseRecord[]> {
  const secrets = await listRecords(client, recordsOf(project), context.signal);
  const records = await Promise.all(secrets.map((secret) => readRecord(context, secret)));
  return records.filter((one) => one !== undefined).sort((one, other) => one.number - other.number);
}

async function readRecord({ emit }: Reader, secret: SecretObject): Promise<ReleaseRecord | undefined> {
  try {
    const packed = Buffer.from(secret.data?.record ?? '', 'base64');
    const text = await unpack(packed, { maxOutputLength: limits.kubernetes.record.most });
    return parseRecord(text.toString('utf8'));
  } catch {
    const problem = {
      what: 'this record of a release cannot be read: it is passed over',
      where: { object: objectName(secret) },
      next: 'Delete it; the next release is recorded anew.',
    };
    emit({ kind: 'warning', step: 'deploy', problem });
    return undefined;
  }
}

/** Writes a record, in place of an earlier one of the same number. */
export async function writeRelease(
  context: Context,
  client: KubernetesClient,
  project: Project,
  record: ReleaseRecord,
): Promise<void> {
  const content = {
    type: secretType,
    data: { record: (await pack(JSON.stringify(record))).toString('base64') },
  };
  const number = String(record.number);
  await writeRecord(
    client,
    recordsOf(project),
    { name: `ptp-release-${number}`, value: number, content },
    context.signal,
  );
}

/** Deletes the oldest records beyond those that are kept: to be called when a newer one serves. */
export async function forgetReleases(
  context: Context,
  client: KubernetesClient,
  project: Project,
  records: readonly ReleaseRecord[],
): Promise<void> {
  const old = records.slice(0, Math.max(0, records.length - kept));
  for (const { number } of old) {
    const key = keyOf({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `ptp-release-${number}`, namespace: project.target.namespace },
    });
    await deleteObject({ signal: context.signal, emit: () => {} }, client, key, { step: 'deploy' });
  }
}
