import {
  type AnyObject,
  type Condition,
  conditionsOf,
  type Deployment,
  type Job,
  type StatefulSet,
} from './objects.ts';

/** Whether an object does what it is there for. */
export interface Readiness {
  readonly state: 'ready' | 'waiting' | 'failed';
  /** What is being waited for, or why it failed, in a few words. */
  readonly text: string;
}

const ready: Readiness = { state: 'ready', text: 'ready' };
const waiting = (text: string): Readiness => ({ state: 'waiting', text });
const failed = (text: string): Readiness => ({ state: 'failed', text });

/** How to judge. */
export interface ReadinessOptions {
  /** A rollout that stands still is waited for instead of failed. */
  readonly patient?: boolean;
}

/**
 * Judges an object by the conditions its controller writes, never by its mere presence. A status that was written for
 * an earlier generation counts as not written. Kinds that have nothing to wait for are ready.
 */
export function readiness(object: AnyObject, options: ReadinessOptions = {}): Readiness {
  const judge = judges[object.kind];
  return judge === undefined ? ready : judge(object, options);
}

const judges: Readonly<Record<string, (object: AnyObject, options: ReadinessOptions) => Readiness>> = {
  Deployment: (object, options) => deployment(object as unknown as Deployment, options),
  StatefulSet: (object) => statefulSet(object as unknown as StatefulSet),
  Job: (object) => job(object as unknown as Job),
  Certificate: (object) => byCondition(object, 'Ready'),
  Issuer: (object) => byCondition(object, 'Ready'),
  ClusterIssuer: (object) => byCondition(object, 'Ready'),
  CustomResourceDefinition: (object) => byCondition(object, 'Established'),
  GatewayClass: (object) => byCondition(object, 'Accepted'),
  Gateway: (object) => byCondition(object, 'Programmed'),
  HTTPRoute: httpRoute,
};

/**
 * As `kubectl rollout status` judges: the newest generation seen, all pods new, none old left, all ready. Old ones leave
 * only for new ones that have been ready for `minReadySeconds`, so where there were none nobody waits for these.
 */
function deployment(object: Deployment, { patient = false }: ReadinessOptions): Readiness {
  const { status, metadata } = object;
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0))
    return waiting('not seen by its controller yet');
  const progressing = conditionsOf(object).find((condition) => condition.type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded' && !patient)
    return failed(progressing.message ?? 'the rollout stands still');
  const wanted = object.spec?.replicas ?? 1;
  const updated = status?.updatedReplicas ?? 0;
  if (updated < wanted) return waiting(`${updated} of ${wanted} pods are new`);
  const old = (status?.replicas ?? 0) - updated;
  if (old > 0) return waiting(`${old} old ${old === 1 ? 'pod is' : 'pods are'} still ending`);
  const able = status?.readyReplicas ?? 0;
  return able < wanted ? waiting(`${able} of ${wanted} pods are ready`) : ready;
}

function statefulSet(object: StatefulSet): Readiness {
  const { status, metadata } = object;
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0))
    return waiting('not seen by its controller yet');
  const wanted = object.spec?.replicas ?? 1;
  const available = status?.availableReplicas ?? 0;
  if (status?.updateRevision !== status?.currentRevision || (status?.updatedReplicas ?? wanted) < wanted)
    return waiting(`${status?.updatedReplicas ?? 0} of ${wanted} pods are new`);
  return available < wanted ? waiting(`${available} of ${wanted} pods are ready`) : ready;
}

function job(object: Job): Readiness {
  const conditions = conditionsOf(object);
  const bad = conditions.find((condition) => condition.type === 'Failed' && condition.status === 'True');
  if (bad !== undefined) return failed(bad.message ?? bad.reason ?? 'the job failed');
  if (conditions.some((condition) => condition.type === 'Complete' && condition.status === 'True'))
    return ready;
  const active = object.status?.active ?? 0;
  return waiting(`${active} ${active === 1 ? 'pod' : 'pods'} at work`);
}

function byCondition(object: AnyObject, type: string): Readiness {
  return judged(
    conditionsOf(object).find((condition) => condition.type === type),
    type,
    object.metadata.generation,
  );
}

/** A route is judged by each of its parents (Gateway API, RouteStatus): accepted, and its backends found. */
function httpRoute(object: AnyObject): Readiness {
  const parents = object.status?.parents;
  if (!Array.isArray(parents) || parents.length === 0) return waiting('no gateway has taken the route yet');
  for (const parent of parents) {
    for (const type of ['Accepted', 'ResolvedRefs']) {
      const condition = conditionsOf({ status: parent }).find((entry) => entry.type === type);
      const result = judged(condition, type, object.metadata.generation);
      if (result.state !== 'ready') return result;
    }
  }
  return ready;
}

function judged(condition: Condition | undefined, type: string, generation = 0): Readiness {
  if (condition === undefined || (condition.observedGeneration ?? generation) < generation)
    return waiting(`${type} is not known yet`);
  if (condition.status === 'True') return ready;
  return waiting(
    `${type} is ${condition.status}: ${condition.message || condition.reason || 'no reason given'}`,
  );
}
