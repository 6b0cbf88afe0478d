import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import type { System } from '../../test/support/system.ts';
import { ask, soon, startUp } from './watch.ts';

/** Seconds from the command's start. */
export interface Start {
  /** Until the first path was served. */
  readonly served: number;
  /** Until all paths were served and the cluster's DNS answered within it. */
  readonly answers: number;
  readonly returns: number;
}

/** Raises a system and watches when it answers. */
export async function measureStart(
  system: System,
  options: {
    readonly options: readonly string[];
    readonly domain: string;
    readonly paths: readonly string[];
  },
): Promise<Start> {
  const up = startUp(system, options.options);
  const { https } = system.ports;
  const answered = options.paths.map((path) =>
    soon(up.failed, async () => (await ask(https, options.domain, path)) !== '').then(up.seconds),
  );
  const [served = Number.NaN, ...others] = await Promise.all([
    ...answered,
    dnsAnswers(system.instance, up.failed).then(up.seconds),
  ]);
  await up.ended;
  return { served, answers: Math.max(served, ...others), returns: up.seconds() };
}

const resolver = `
  const { Resolver } = require('node:dns').promises;
  const ask = () => {
    const resolver = new Resolver({ timeout: 200, tries: 1 });
    resolver.setServers(['10.96.0.10']);
    resolver.resolve4('kubernetes.default.svc.cluster.local').then(() => process.exit(0), () => setTimeout(ask, 30));
  };
  ask();
  setTimeout(() => process.exit(1), 20_000);`;

/** Resolves when a name resolves by the cluster's DNS, asked within its machine. */
async function dnsAnswers(instance: string, signal: AbortSignal): Promise<void> {
  const file = `/run/ptp/${instance}/init.pid`;
  await soon(signal, async () => {
    if (!existsSync(file)) return false;
    const pid = readFileSync(file, 'utf8').trim();
    const enter = ['--target', pid, '--net', process.execPath, '--eval', resolver];
    const [code] = await once(spawn('nsenter', enter, { stdio: 'ignore' }), 'close');
    return code === 0;
  });
}
