import { access, readFile } from 'node:fs/promises';
import { type Problem, UserMistake } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';
import { installPackages } from './packages.ts';

/** One thing a local cluster needs of the machine. */
export interface Requirement {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
  readonly next?: string;
}

/** Programs that a node runs, and the Debian packages they are in. */
const programs: Readonly<Record<string, string>> = {
  unshare: 'util-linux',
  nsenter: 'util-linux',
  setsid: 'util-linux',
  mount: 'mount',
  ip: 'iproute2',
  nft: 'nftables',
  iptables: 'iptables',
  catatonit: 'catatonit',
};

const instead = 'use an existing cluster with `cluster: kubeconfig` in ptp.yaml';

/** Looks at everything a local cluster needs; changes nothing. */
export async function requirements(context: Context): Promise<readonly Requirement[]> {
  const found: Requirement[] = [];
  const linux = process.platform === 'linux';
  found.push({
    name: 'Linux',
    ok: linux,
    found: process.platform,
    ...(linux ? {} : { next: `Run it in a Linux machine, or ${instead}.` }),
  });
  if (!linux) return found;
  const root = process.getuid?.() === 0;
  found.push({
    name: 'root',
    ok: root,
    found: root ? 'yes' : `user ${process.getuid?.()}`,
    ...(root ? {} : { next: `Run it with sudo, or ${instead}.` }),
  });
  const capabilities = await missingCapabilities();
  found.push({
    name: 'capabilities',
    ok: capabilities.length === 0,
    found: capabilities.length === 0 ? 'enough' : `without ${capabilities.join(', ')}`,
    ...(capabilities.length === 0 ? {} : { next: `Run it where root may make namespaces, or ${instead}.` }),
  });
  const cgroups = await access('/sys/fs/cgroup/cgroup.procs').then(
    () => 'version 2',
    () =>
      access('/sys/fs/cgroup/memory/cgroup.procs').then(
        () => 'version 1',
        () => undefined,
      ),
  );
  found.push({
    name: 'cgroups',
    ok: cgroups !== undefined,
    found: cgroups ?? 'not mounted',
    ...(cgroups === undefined ? { next: 'Mount /sys/fs/cgroup.' } : {}),
  });
  for (const name of ['overlay', 'tmpfs']) {
    const has = new RegExp(`\\s${name}$`, 'm').test(await readFile('/proc/filesystems', 'utf8'));
    found.push({
      name: `file system ${name}`,
      ok: has,
      found: has ? 'yes' : 'no',
      ...(has ? {} : { next: `Load it with \`modprobe ${name}\`.` }),
    });
  }
  for (const [program, debianPackage] of Object.entries(programs)) {
    const path = await context.processes.find(program);
    found.push({
      name: program,
      ok: path !== undefined,
      found: path ?? 'not there',
      ...(path === undefined ? { next: `Install the package ${debianPackage}.` } : {}),
    });
  }
  return found;
}

/**
 * Makes sure of everything: loads kernel modules and installs Debian packages that are missing, where that is possible.
 * @throws UserMistake with all that is still missing and what else could be done
 */
export async function meetRequirements(context: Context): Promise<void> {
  let missing = (await requirements(context)).filter((requirement) => !requirement.ok);
  if (missing.length === 0) return;
  await loadModules(context);
  const packages = [
    ...new Set(
      missing.flatMap((one) => (programs[one.name] === undefined ? [] : [programs[one.name] ?? ''])),
    ),
  ];
  if (packages.length > 0) await installPackages(context, packages);
  missing = (await requirements(context)).filter((requirement) => !requirement.ok);
  if (missing.length > 0) throw new UserMistake(missing.map(problem));
}

function problem(requirement: Requirement): Problem {
  return {
    what: `a local cluster cannot run here: ${requirement.name} (${requirement.found})`,
    ...(requirement.next === undefined ? {} : { next: requirement.next }),
  };
}

async function loadModules(context: Context): Promise<void> {
  if ((await context.processes.find('modprobe')) === undefined) return;
  for (const name of ['overlay', 'br_netfilter', 'nf_tables', 'veth']) {
    await context.processes.run({ program: 'modprobe', args: ['--quiet', name] });
  }
}

/** capabilities(7): CAP_NET_ADMIN 12, CAP_SYS_CHROOT 18, CAP_SYS_ADMIN 21. */
async function missingCapabilities(): Promise<readonly string[]> {
  const status = await readFile('/proc/self/status', 'utf8');
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  const needed = { CAP_NET_ADMIN: 12n, CAP_SYS_CHROOT: 18n, CAP_SYS_ADMIN: 21n };
  return Object.entries(needed).flatMap(([name, bit]) => ((effective >> bit) & 1n ? [] : [name]));
}
