import type { AnyObject, Pod } from './objects.ts';

/** A live object of a kind with a status, for tests of what is judged by status. */
export function live(kind: string, spec: object, status: object, generation = 1): AnyObject {
  return {
    apiVersion: 'v1',
    kind,
    metadata: { name: 'x', namespace: 'n', uid: 'u', generation },
    spec: { ...spec },
    status: { ...status },
  };
}

/** A pod with one container in a state. */
export function podWith(state: object, restartCount = 0, extra: object = {}): Pod {
  const status = { name: 'app', image: 'i', imageID: '', ready: false, restartCount, state, ...extra };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n', uid: 'p' },
    status: { phase: 'Pending', containerStatuses: [status] },
  };
}
