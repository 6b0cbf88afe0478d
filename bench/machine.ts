import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

/** The machine, as far as figures depend on it. */
export function describeMachine(): Readonly<Record<string, string>> {
  const all = cpus();
  return {
    processors: `${all.length} × ${all[0]?.model.trim() ?? 'unknown'}`,
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    kernel: `Linux ${release()}`,
    system: /^PRETTY_NAME="?([^"\n]*)/m.exec(text('/etc/os-release'))?.[1] ?? 'unknown',
    'file system': fileSystem(),
  };
}

/** The load average of one minute. */
export function loadNow(): number {
  return Number(text('/proc/loadavg').split(' ')[0]);
}

function fileSystem(): string {
  const mounts = text('/proc/mounts')
    .split('\n')
    .map((line) => line.split(' '));
  return mounts.find(([, at]) => at === '/')?.[2] ?? 'unknown';
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
