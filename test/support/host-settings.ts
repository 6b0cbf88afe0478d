import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = '/proc/sys';

/** What changes by itself, or is about interfaces and not about the host. */
const passing =
  /^(fs\/(dentry|inode|file-nr|quota|aio-nr|mount)|kernel\/(random|ns_last_pid|pty|perf|sched|tainted|hung|usermodehelper)|net\/(netfilter\/nf_conntrack_count|ipv[46]\/(conf|neigh)\/(?!all|default)|unix|core\/bpf)|dev|debug|abi|user|sunrpc)/;

/** The kernel's settings that are this host's, and what they say: name → value. */
export function hostSettings(): ReadonlyMap<string, string> {
  return new Map(below('').flatMap((name) => (passing.test(name) ? [] : settingOf(name))));
}

function below(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = join(folder, entry.name);
    return entry.isDirectory() ? below(name) : [name];
  });
}

function settingOf(name: string): readonly (readonly [string, string])[] {
  try {
    return [[name, readFileSync(join(root, name), 'utf8').trim()]];
  } catch {
    return []; // for writing alone
  }
}
