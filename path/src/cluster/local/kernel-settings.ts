import { join } from 'node:path';
import type { Layout } from './layout.ts';

/**
 * Settings of the kernel that are the whole host's, and that a kubelet gives these values when they are others
 * (kubelet, pkg/kubelet/cm, "setupKernelTunables"): memory without limit, and a restart of the host ten seconds after
 * any fault of the kernel.
 */
const wanted = {
  'vm/overcommit_memory': 1,
  'vm/panic_on_oom': 0,
  'kernel/panic': 10,
  'kernel/panic_on_oops': 1,
  'kernel/keys/root_maxkeys': 1_000_000,
  'kernel/keys/root_maxbytes': 25_000_000,
} as const;

/**
 * The lines of shell that let a machine's kubelet find what it wants, and leave the host as it is: files of the
 * machine's own in the places of those settings. To be run after the lines of `privateFolders`.
 */
export function kernelSettings({ beside }: Pick<Layout, 'beside'>): readonly string[] {
  const folder = join(beside, 'kernel');
  return [
    `mkdir -p ${folder}`,
    ...Object.entries(wanted).flatMap(([name, value]) => {
      const file = join(folder, name.replaceAll('/', '.'));
      return [
        `echo ${value} > ${file}`,
        `if [ -e /proc/sys/${name} ]; then mount --bind ${file} /proc/sys/${name}; fi`,
      ];
    }),
  ];
}
