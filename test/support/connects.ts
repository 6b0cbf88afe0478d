import { execFile } from 'node:child_process';
import { processesOfPod } from './host.ts';

/** Whether a connection from a pod's network comes about. Throws where the pod does not run. */
export function connects(
  instance: string,
  from: { readonly uid: string },
  address: string,
  port: number,
): Promise<boolean> {
  const [process_] = processesOfPod(instance, from.uid);
  if (process_ === undefined) throw new Error(`no process of pod ${from.uid}`);
  const script = `const s = require('node:net').connect(${port}, '${address}', () => process.exit(0));
    s.on('error', () => process.exit(1)); setTimeout(() => process.exit(1), 3000);`;
  const args = ['--target', String(process_.pid), '--net', process.execPath, '-e', script];
  return new Promise((resolve) => execFile('nsenter', args, (error) => resolve(error === null)));
}
