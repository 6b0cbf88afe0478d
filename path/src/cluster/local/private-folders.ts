import { join } from 'node:path';
import type { Layout } from './layout.ts';

/** Folders of the host below which programs of a node write at paths that no setting of theirs moves. */
const shared = ['/run', '/var/log', '/var/lib'] as const;

/**
 * The lines of shell that let the machine see the host's folders and write beside them: network namespaces in
 * /run/netns, containerd's shims in /run/containerd, results of CNI in /var/lib/cni, the kubelet's links in
 * /var/log/containers and plugins in /var/lib/kubelet. So they end with the machine, and no two machines share them.
 * The instance's own folders stay what they are. To be run in a mount namespace of the machine's own, with /proc
 * mounted, before mounts are shared.
 */
export function privateFolders({
  root,
  run,
  beside,
}: Pick<Layout, 'root' | 'run' | 'beside'>): readonly string[] {
  const overlays = shared.flatMap((folder, index) => {
    const [upper, work] = [join(beside, `${index}/upper`), join(beside, `${index}/work`)];
    return [
      `mkdir -p ${upper} ${work}`,
      `mount -t overlay overlay -o lowerdir=${folder},upperdir=${upper},workdir=${work} ${folder}`,
    ];
  });
  return [
    `rm -rf ${beside}`,
    // Kept by their descriptors, because the overlays cover their paths.
    `exec 3<${root} 4<${run}`,
    ...overlays,
    // With what is mounted below it: volumes may be on a disk of their own.
    `mount --no-canonicalize --rbind /proc/self/fd/3 ${root}`,
    `mount --no-canonicalize --bind /proc/self/fd/4 ${run}`,
    'exec 3<&- 4<&-',
  ];
}
