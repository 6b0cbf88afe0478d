import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Event } from '../../core/event.ts';
import type { Context } from '../../effects/context.ts';
import { nodeProcesses } from '../../effects/node/processes.ts';
import type { Project, Service } from '../../project/project.ts';
import { smallComponent } from '../../project/testing/small-component.ts';
import { smallProject } from '../../project/testing/small-project.ts';

/** A folder of a test's own, and a context whose clock jumps over every sleep. */
export interface World {
  readonly folder: string;
  readonly context: Context;
  readonly events: readonly Event[];
  /** Writes files below the folder: path → text, or a JSON document. */
  write(files: Readonly<Record<string, unknown>>): Promise<void>;
  remove(): Promise<void>;
}

/** Makes a world. */
export async function createWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'ptp-operate-'));
  const events: Event[] = [];
  let time = 0;
  return {
    folder,
    events,
    context: {
      emit: (event) => events.push(event),
      clock: {
        monotonic: () => time,
        now: () => new Date(0),
        sleep: async (milliseconds) => {
          time += milliseconds;
        },
      },
      processes: nodeProcesses,
      cache: join(folder, 'cache'),
      signal: AbortSignal.timeout(15_000),
    },
    async write(files) {
      for (const [path, content] of Object.entries(files)) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
      }
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A project called `shop` with the component `web` and services, on a cluster of others. */
export function shop(
  services: readonly Service[] = [],
  cluster: Project['target']['cluster'] = 'kubeconfig',
): Project {
  return smallProject(
    { components: [smallComponent('web', { route: '/', replicas: 2 })], services },
    { name: 'there', cluster, domain: 'shop.example.com', namespace: 'shop', instance: 'shop' },
  );
}

/** The labels of what `ptp up` made for a project. */
export const labelsOf = (project: string, more: Readonly<Record<string, string>> = {}) => ({
  'app.kubernetes.io/managed-by': 'ptp',
  'ptp.dev/project': project,
  ...more,
});

/** A service as ptp.yaml describes it. */
export const database: Service = { name: 'database', type: 'postgres', version: 17, storage: '1Gi' };
