import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { StepFailed } from '../../core/failure.ts';
import type { Secret } from '../../core/secret.ts';
import { connect } from '../../kubernetes/client.ts';
import { list } from '../../kubernetes/list.ts';
import type { AnyObject } from '../../kubernetes/objects.ts';
import type { Layout } from './layout.ts';
import { readRecord } from './record.ts';

const anew = '`ptp down --data` deletes what is left, and `ptp up` begins anew';

/**
 * Refuses to start a cluster that has data and no more what tells whose it is: it would come up empty, as if nobody had
 * ever had data. Throws StepFailed then, and has changed nothing.
 */
export async function refuseLostRecords(layout: Layout): Promise<void> {
  // A disk of its own brings a folder of its own.
  const volumes = (await entries(layout.volumes)).filter((name) => name !== 'lost+found');
  const stored = (await entries(join(layout.etcd, 'member/wal'))).some((name) => name.endsWith('.wal'));
  const lost = (file: string, what: string): StepFailed =>
    new StepFailed({
      what: `the local cluster ${layout.instance} has lost ${what}`,
      where: { file },
      next: `Put it back from a copy, if there is one; otherwise ${anew}.`,
      ...(volumes.length === 0 ? {} : { details: [`${layout.volumes} still has ${volumes.join(', ')}`] }),
    });
  if ((stored || volumes.length > 0) && (await readRecord(layout)) === undefined)
    throw lost(layout.record, 'its record, and with it the key to its Secrets');
  if (volumes.length > 0 && !stored)
    throw lost(layout.etcd, 'its database, which says whose the volumes are');
}

interface PersistentVolume extends AnyObject {
  readonly spec?: {
    readonly hostPath?: { readonly path?: string };
    readonly local?: { readonly path?: string };
    readonly claimRef?: { readonly namespace?: string; readonly name?: string };
  };
}

/**
 * Refuses to start pods on volumes whose folders are gone: they would get empty ones. To be asked before the kubelet of
 * a new machine starts. Throws StepFailed then.
 */
export async function refuseLostVolumes(
  layout: Layout,
  kubeconfig: Secret,
  signal: AbortSignal,
): Promise<void> {
  const client = await connect(kubeconfig);
  try {
    const volumes = await list<PersistentVolume>(
      client,
      { apiVersion: 'v1', kind: 'PersistentVolume' },
      signal,
    );
    for (const { spec } of volumes) {
      const path = spec?.hostPath?.path ?? spec?.local?.path;
      if (path === undefined || !path.startsWith(layout.volumes) || (await exists(path))) continue;
      throw new StepFailed({
        what: `the folder of the volume ${spec?.claimRef?.namespace}/${spec?.claimRef?.name} is gone, and the data in it`,
        where: { file: path },
        next: `Put it back from a copy, if there is one; otherwise ${anew}.`,
      });
    }
  } finally {
    await client.close();
  }
}

async function entries(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
