import { tmpdir } from 'node:os';
import type { Aws } from '../../../path/src/clouds/aws/api.ts';
import { aws } from '../../../path/src/clouds/aws/cloud.ts';
import { Findings } from '../../../path/src/clouds/seen.ts';
import type { Work } from '../../../path/src/clouds/work.ts';
import type { Event } from '../../../path/src/core/event.ts';
import type { CloudTarget, Project } from '../../../path/src/project/project.ts';
import { smallComponent } from '../../../path/src/project/testing/small-component.ts';
import type { StandIn } from './stand-in.ts';

/** A project with one component and one database, for a target on AWS. */
export function shop(cloud: Partial<CloudTarget> = {}, name = 'shop'): Project {
  return {
    name,
    folder: '/nowhere',
    components: [
      smallComponent('web', {
        needs: ['database'],
        replicas: 2,
        scale: { max: 4, cpu: { quantity: '500m' }, up: 60, down: 300 },
        resources: { cpu: '100m', memory: '128Mi', memoryLimit: '256Mi' },
      }),
    ],
    services: [{ name: 'database', type: 'postgres', version: 17, storage: '1Gi' }],
    target: {
      name: 'aws',
      cluster: 'eks',
      domain: `${name}.acme.dev`,
      namespace: name,
      instance: name,
      ports: { http: 80, https: 443 },
      cloud: {
        kind: 'eks',
        region: 'eu-west-1',
        access: [],
        databases: 'managed',
        acme: { server: 'https://acme.acme.dev/directory' },
        ...cloud,
      },
    },
    rollout: { rate: 0, maxErrors: { count: 0 }, deadline: 60, writes: false },
    vulnerabilities: { block: 'none', warn: 'none', fixable: false, allow: [] },
    secrets: { allow: [] },
  } as unknown as Project;
}

/** Lets itself in to a stand-in, with a clock on which no wait takes long. */
export async function enterAws(
  standIn: Pick<StandIn, 'env'>,
  project: Project,
  signal: AbortSignal = new AbortController().signal,
  events: Event[] = [],
): Promise<Work<Aws>> {
  Object.assign(process.env, standIn.env);
  const context = {
    emit: (event: Event) => {
      events.push(event);
    },
    clock: {
      // Deadlines are the engine's own tests' matter: here no wait is long, however slow the machine is.
      monotonic: () => performance.now(),
      now: () => new Date(),
      async sleep(_milliseconds: number, until?: AbortSignal) {
        until?.throwIfAborted();
        // The stand-in gets a moment for what it does by itself.
        await new Promise((resolve) => setTimeout(resolve, 2));
        until?.throwIfAborted();
      },
    },
    processes: {
      run: () => Promise.reject(new Error('no program is run')),
    },
    cache: tmpdir(),
    signal,
  } as unknown as Work<Aws>['context'];
  const session = await aws.enter(context, project);
  if (session === undefined) throw new Error('there are no credentials');
  return { context, cloud: aws, session, seen: new Findings(signal) };
}
