import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Session } from '../../path/src/clouds/cloud.ts';
import { dismantle } from '../../path/src/clouds/dismantle.ts';
import { ensure } from '../../path/src/clouds/ensure.ts';
import type { GoogleApi } from '../../path/src/clouds/gcp/api.ts';
import { googleCloud } from '../../path/src/clouds/gcp/cloud.ts';
import { observe } from '../../path/src/clouds/observe.ts';
import { Findings } from '../../path/src/clouds/seen.ts';
import type { Work } from '../../path/src/clouds/work.ts';
import type { Event } from '../../path/src/core/event.ts';
import type { Context } from '../../path/src/effects/context.ts';
import type { Project } from '../../path/src/project/project.ts';
import { type GoogleStandIn, startGoogle } from '../support/cloud/gcp.ts';

let google: GoogleStandIn;
const environment = { ...process.env };

beforeAll(async () => {
  google = await startGoogle();
  Object.assign(process.env, google.env);
});

afterAll(async () => {
  process.env = environment;
  await google?.stop();
});

beforeEach(async () => {
  google.intercept = undefined;
  google.account.patience = 1;
  await google.reset();
});

/** A system with a database, in a zone of its own. */
function projectCalled(name: string, cloud: Partial<Project['target']['cloud']> = {}): Project {
  return {
    name,
    folder: '/nowhere',
    components: [],
    services: [{ name: 'db', type: 'postgres', version: 18, storage: '1Gi' }],
    target: {
      name: 'gcp',
      cluster: 'gke',
      domain: `${name}.example.com`,
      namespace: name,
      instance: name,
      ports: { http: 80, https: 443 },
      cloud: {
        kind: 'gke',
        region: 'europe-west1',
        access: ['203.0.113.0/24'],
        databases: 'managed',
        acme: { server: 'https://acme.example.com/directory' },
        ...cloud,
      },
    },
  };
}

const shop = projectCalled('shop');

/** What works on the stand-in, with a clock that jumps ahead whenever somebody waits. */
async function workOf(
  project: Project,
  signal: AbortSignal = new AbortController().signal,
): Promise<Work<GoogleApi> & { readonly events: readonly Event[] }> {
  let now = 0;
  const events: Event[] = [];
  const context: Context = {
    emit: (event) => events.push(event),
    clock: {
      monotonic: () => now,
      now: () => new Date(now),
      sleep: async (milliseconds, ended) => {
        ended?.throwIfAborted();
        now += milliseconds;
      },
    },
    processes: { run: () => Promise.reject(new Error('no programs here')) } as never,
    cache: '/nowhere',
    signal,
  };
  const session = (await googleCloud.enter(context, project)) as Session<GoogleApi>;
  return { context, cloud: googleCloud, session, seen: new Findings(signal), events };
}

async function up(project: Project = shop, signal?: AbortSignal): Promise<Work<GoogleApi>> {
  const work = await workOf(project, signal);
  try {
    await ensure(work, project, googleCloud.stack(project).resources);
  } finally {
    await work.session.close();
  }
  return work;
}

async function down(project: Project = shop, lastCopy = false, signal?: AbortSignal) {
  const work = await workOf(project, signal);
  const { resources } = googleCloud.stack(project);
  try {
    await observe(work, resources);
    return await dismantle(work, resources, { lastCopy });
  } finally {
    await work.session.close();
  }
}

const changing = () => google.calls.filter(({ changes }) => changes).map(({ name }) => name);

/** What stays in a project: the services that were enabled. */
const onlyServices = (all: readonly string[]) => all.filter((line) => !line.startsWith('service '));

describe('a stack', () => {
  test('is made, found again without a change, and taken away in order with nothing left', async () => {
    await up();
    const made = await google.inventory();
    expect(made.filter((line) => /^container\//.test(line))).toHaveLength(1);
    expect(made.filter((line) => /^sqladmin\//.test(line))).toHaveLength(1);
    expect(made.filter((line) => /^policy /.test(line))).toHaveLength(4);
    const calls = google.calls.length;
    await up();
    expect(google.calls.slice(calls).filter(({ changes }) => changes)).toEqual([]);
    await down();
    expect(onlyServices(await google.inventory())).toEqual([]);
    expect(changing()).toContain('container.projects.locations.clusters.create');
  });
});
