import type { Pod } from '../../kubernetes/objects.ts';

/**
 * The pods that would have to go for the pods of each set to be spread over the nodes as they ask to be
 * (`topologySpreadConstraints` by host name): as few as are needed, and none that may run on one node only.
 * @param nodes the names of the nodes that take pods
 */
export function misplaced(pods: readonly Pod[], nodes: readonly string[]): readonly Pod[] {
  const sets = Map.groupBy(pods.filter(movable), ({ metadata }) => metadata.ownerReferences?.[0]?.uid ?? '');
  return [...sets.values()].flatMap((set) => surplus(set, nodes));
}

function surplus(set: readonly Pod[], nodes: readonly string[]): readonly Pod[] {
  const placed = new Map(nodes.map((name) => [name, set.filter(({ spec }) => spec?.nodeName === name)]));
  const moving: Pod[] = [];
  for (;;) {
    const order = [...placed].sort(([, one], [, other]) => one.length - other.length);
    const [least, most] = [order[0], order.at(-1)];
    if (least === undefined || most === undefined || most[1].length - least[1].length <= 1) return moving;
    // The last one is moved on paper, so that the next look counts it where it will be.
    const pod = most[1].at(-1);
    if (pod === undefined) return moving;
    moving.push(pod);
    placed.set(most[0], most[1].slice(0, -1));
    placed.set(least[0], [pod, ...least[1]]);
  }
}

function movable({ metadata, spec, status }: Pod): boolean {
  const controller = metadata.ownerReferences?.[0];
  return (
    controller?.kind === 'ReplicaSet' &&
    metadata.deletionTimestamp === undefined &&
    status?.phase === 'Running' &&
    spec?.nodeSelector === undefined &&
    (spec?.topologySpreadConstraints ?? []).some(
      ({ topologyKey }) => topologyKey === 'kubernetes.io/hostname',
    )
  );
}
