import { randomBytes } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import type { StepName } from '../core/event.ts';
import { StepFailed } from '../core/failure.ts';
import { hasEnded, type Maker, thisMaker } from '../core/maker.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from './client.ts';
import { KubernetesError } from './error.ts';
import { fieldManager, label } from './labels.ts';
import type { LeaseObject } from './objects.ts';

/** Seconds after which a lease that nobody renews is free. */
const duration = 15;

/** Milliseconds between two looks at a lease that somebody else holds. */
const lookEvery = 500;

/** Which lease, and for which step its waiting is told. */
export interface LeaseOptions {
  readonly step: StepName;
  readonly namespace: string;
  readonly name: string;
  /** Goes into the owner label. */
  readonly project: string;
  /** Called where the namespace is not there yet; it has to be afterwards. */
  makeNamespace(): Promise<void>;
}

/** A lease that is held until it is released. */
export interface HeldLease {
  /** Aborted when somebody else has taken it: what it protects has to end then. */
  readonly lost: AbortSignal;
  /** Lets the next one in. Never throws: a lease that cannot be released ends by itself. */
  release(): Promise<void>;
}

/**
 * Holds a Lease (coordination.k8s.io/v1), so that one at a time changes what it stands for, from whatever machine.
 * While somebody else holds it this waits, and tells who and since when. It is taken over when it has been released,
 * when its holder was a process of this machine that has ended, or when it was not renewed for the time that it says,
 * counted by this machine's clock alone: clocks of others may be wrong.
 */
export async function holdLease(
  context: Context,
  client: KubernetesClient,
  options: LeaseOptions,
): Promise<HeldLease> {
  const me = identityOf(thisMaker());
  let watched: { readonly words: string; readonly silent: number; readonly at: number } | undefined;
  let told = false;
  for (;;) {
    context.signal.throwIfAborted();
    const found = await client.find<LeaseObject>(pathOf(options), {}, context.signal);
    const words = JSON.stringify([found?.spec?.holderIdentity, found?.spec?.renewTime]);
    const now = context.clock.monotonic();
    // While the server is away nobody can renew: that time counts for no longer than a look.
    watched = {
      words,
      silent: watched?.words === words ? watched.silent + Math.min(now - watched.at, 2 * lookEvery) : 0,
      at: now,
    };
    if (found === undefined || isFree(found, watched.silent / 1000)) {
      const taken = await take(context, client, options, { found, me });
      if (taken !== undefined) return keep(context, client, options, { me, taken });
      continue;
    }
    const text = `waiting: ${holderText(found)}`;
    context.emit({ kind: 'progress', step: options.step, task: 'one at a time', text });
    if (!told) context.emit({ kind: 'note', step: options.step, text });
    told = true;
    await context.clock.sleep(lookEvery, context.signal);
  }
}

/** Whether nobody holds it any more. `silent`: seconds that it has been seen without a change. */
function isFree({ spec }: LeaseObject, silent: number): boolean {
  const identity = spec?.holderIdentity ?? '';
  if (identity === '') return true;
  const maker = makerOf(identity);
  if (maker !== undefined && hasEnded(maker) === true) return true;
  return silent > (spec?.leaseDurationSeconds ?? duration);
}

/** `root@host (process 17) has been at it since 2026-11-24 10:00:00Z` */
export function holderText({ spec }: LeaseObject): string {
  const [who = 'somebody', pid = ''] = (spec?.holderIdentity ?? '').split(' ');
  const since = (spec?.acquireTime ?? '').slice(0, 19).replace('T', ' ');
  const at = pid === '' ? who : `${who} (process ${pid})`;
  return `${at} has been at it since ${since === '' ? 'an unknown time' : `${since}Z`}`;
}

/** Takes it; undefined where somebody else was quicker. */
async function take(
  context: Context,
  client: KubernetesClient,
  options: LeaseOptions,
  { found, me }: { readonly found: LeaseObject | undefined; readonly me: string },
): Promise<LeaseObject | undefined> {
  const at = microTime(context.clock.now());
  const lease: LeaseObject = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: options.name,
      namespace: options.namespace,
      labels: { [label.managedBy]: fieldManager, [label.project]: options.project },
      ...(found?.metadata.resourceVersion === undefined
        ? {}
        : { resourceVersion: found.metadata.resourceVersion }),
    },
    spec: {
      holderIdentity: me,
      leaseDurationSeconds: duration,
      acquireTime: at,
      renewTime: at,
      leaseTransitions: (found?.spec?.leaseTransitions ?? 0) + 1,
    },
  };
  const path = found === undefined ? pathOf({ ...options, name: '' }).replace(/\/$/, '') : pathOf(options);
  const method = found === undefined ? 'POST' : 'PUT';
  try {
    return (await client.send<LeaseObject>({ method, path, body: lease, signal: context.signal })).body;
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    if (error.code === 404 && found === undefined) {
      await options.makeNamespace();
      return undefined;
    }
    if (error.code === 409 || error.code === 404) return undefined;
    throw error;
  }
}

/** Renews it again and again, also over times in which the API server does not answer. */
function keep(
  context: Context,
  client: KubernetesClient,
  options: LeaseOptions,
  { me, taken }: { readonly me: string; readonly taken: LeaseObject },
): HeldLease {
  const lost = new AbortController();
  const stop = new AbortController();
  const path = pathOf(options);
  let current = taken;
  const renew = async () => {
    const spec = { ...current.spec, renewTime: microTime(context.clock.now()) };
    const body = { ...current, spec };
    const sent = { method: 'PUT', path, body, signal: stop.signal } as const;
    try {
      current = (await client.send<LeaseObject>(sent)).body;
    } catch (error) {
      if (!(error instanceof KubernetesError) || (error.code !== 409 && error.code !== 404)) return;
      const live = await client.find<LeaseObject>(path, {}, stop.signal);
      if (live?.spec?.holderIdentity === me) {
        current = live;
        return;
      }
      const who = live === undefined ? 'somebody has deleted it' : holderText(live);
      lost.abort(
        new StepFailed({
          what: `this run was taken for dead and another one has taken over: ${who}`,
          where: { object: `${options.namespace}/lease/${options.name}` },
          next: 'Let the other one finish, then run this again.',
        }),
      );
    }
  };
  const renewing = (async () => {
    while (!stop.signal.aborted && !lost.signal.aborted) {
      await context.clock.sleep((duration / 3) * 1000, stop.signal);
      await renew().catch(() => {}); // the next round tries again
    }
  })().catch(() => {});
  return {
    lost: lost.signal,
    async release() {
      stop.abort();
      await renewing;
      if (lost.signal.aborted) return;
      const body = { ...current, spec: { ...current.spec, holderIdentity: '', leaseDurationSeconds: 1 } };
      await client.send({ method: 'PUT', path, body, signal: AbortSignal.timeout(5000) }).catch(() => {});
    },
  };
}

function pathOf({ namespace, name }: Pick<LeaseOptions, 'namespace' | 'name'>): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases/${encodeURIComponent(name)}`;
}

/** `root@host 17 4711 0a1b2c3d e5f6a7b8`: who, the process, when it began, where its number means something, a lot. */
function identityOf({ pid, born, place }: Maker): string {
  const lot = randomBytes(4).toString('hex');
  return `${whoIsThis()} ${pid} ${born} ${place} ${lot}`;
}

/** The person and the machine, as records name them: `root@host`. */
export function whoIsThis(): string {
  const user = () => {
    try {
      return userInfo().username;
    } catch {
      return String(process.getuid?.() ?? 'somebody'); // a user without a name
    }
  };
  return `${user()}@${hostname()}`.replaceAll(' ', '_');
}

function makerOf(identity: string): Maker | undefined {
  const [, pid = '', born, place] = identity.split(' ');
  if (!/^\d+$/.test(pid) || born === undefined || place === undefined) return undefined;
  return { pid: Number(pid), born, place };
}

/** Kubernetes' MicroTime has exactly six digits. */
function microTime(moment: Date): string {
  return moment.toISOString().replace('Z', '000Z');
}
