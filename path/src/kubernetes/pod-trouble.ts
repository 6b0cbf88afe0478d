import { type ContainerStatus, conditionsOf, type Pod } from './objects.ts';

/** What keeps a pod from running. */
export interface PodTrouble {
  /** Kubernetes' word: `ImagePullBackOff`, `CrashLoopBackOff`, `Unschedulable`. */
  readonly reason: string;
  readonly text: string;
  /** The container, where one is the cause. */
  readonly container?: string;
  /** Waiting longer will not help; of a pod that finds no room (`isFull`): unless another node comes. */
  readonly hopeless: boolean;
}

/** Whether it is that no node that is there has room. */
export function isFull({ reason, hopeless }: PodTrouble): boolean {
  return reason === 'Unschedulable' && hopeless;
}

const cannotStart = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);

/** Restarts after which a container that ends again and again is given up. */
const restartsAllowed = 2;

/** Why a pod isn't running, by its status alone; undefined where nothing speaks against its coming up. */
export function podTrouble(pod: Pod): PodTrouble | undefined {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  for (const status of statuses) {
    const trouble = containerTrouble(status);
    if (trouble !== undefined) return trouble;
  }
  if (pod.status?.phase === 'Failed') {
    const { reason, message } = pod.status;
    return { reason: reason ?? 'Failed', text: message ?? 'the pod has failed', hopeless: false };
  }
  const scheduled = conditionsOf(pod).find((condition) => condition.type === 'PodScheduled');
  if (scheduled?.status === 'False' && scheduled.reason === 'Unschedulable') {
    const text = scheduled.message ?? 'no node can take the pod';
    // A claim is bound only after the first look, so that look's complaint passes by itself; and a node that has just
    // started, or is about to be drained, bears a taint until that is over.
    const passing = /unbound|not found|being created|VolumeBinding|untolerated taint/i.test(text);
    return { reason: 'Unschedulable', text, hopeless: !passing };
  }
  return undefined;
}

function containerTrouble(status: ContainerStatus): PodTrouble | undefined {
  const { waiting, terminated } = status.state ?? {};
  const container = status.name;
  if (waiting?.reason !== undefined && cannotStart.has(waiting.reason)) {
    return { reason: waiting.reason, text: waiting.message ?? waiting.reason, container, hopeless: true };
  }
  const ended =
    terminated ?? (waiting?.reason === 'CrashLoopBackOff' ? status.lastState?.terminated : undefined);
  if (waiting?.reason === 'CrashLoopBackOff') {
    const text = `the container ends again and again${ended === undefined ? '' : `: ${exitText(ended)}`}`;
    const hopeless = status.restartCount >= restartsAllowed && !wasKilled(ended) && !ranLong(ended);
    return { reason: waiting.reason, text, container, hopeless };
  }
  if (ended !== undefined && ended.exitCode !== 0) {
    // The kubelet is about to start it again, or to say CrashLoopBackOff; restarts of long ago say nothing.
    return { reason: ended.reason ?? 'Error', text: exitText(ended), container, hopeless: false };
  }
  return undefined;
}

/** By somebody else, as when a machine ends: that says nothing of how it will fare when it is started again. */
function wasKilled(ended: Ended | undefined): boolean {
  return ended?.exitCode === 137 && ended.reason !== 'OOMKilled';
}

/** Seconds after which a container has done its work for a while: why it ended then is no fault of its start. */
const longEnough = 30;

function ranLong(ended: Ended | undefined): boolean {
  const [from, to] = [Date.parse(ended?.startedAt ?? ''), Date.parse(ended?.finishedAt ?? '')];
  return to - from >= longEnough * 1000;
}

interface Ended {
  readonly exitCode: number;
  readonly reason?: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
}

function exitText(ended: {
  readonly exitCode: number;
  readonly reason?: string;
  readonly signal?: number;
}): string {
  if (ended.reason === 'OOMKilled') return 'it needed more memory than its limit (OOMKilled)';
  return `exit code ${ended.exitCode}${ended.reason === undefined || ended.reason === 'Error' ? '' : ` (${ended.reason})`}`;
}
