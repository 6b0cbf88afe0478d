import { connect } from 'node:net';
import { UserMistake } from '../../core/failure.ts';
import type { Layout } from './layout.ts';
import { runsSomewhere } from './machine.ts';
import { type InstanceRecord, readRecord } from './record.ts';

/**
 * Makes sure that the public ports are free, or this instance's already.
 * @throws UserMistake for each that another program listens on; nothing has been changed then
 */
export async function checkPorts(layout: Layout, ports: InstanceRecord['ports']): Promise<void> {
  const record = await readRecord(layout);
  // One that nobody can find any more, because its folder is gone, still has them until it is ended.
  const running = record !== undefined && (await runsSomewhere(layout));
  await refuseTaken(ports, running ? [record.ports.http, record.ports.https] : []);
}

/** The public ports of 127.0.0.1 at which nobody answers: the way in is cut, or what is behind it does not run. */
export async function closedPorts(ports: InstanceRecord['ports']): Promise<readonly number[]> {
  const all = [ports.http, ports.https];
  const open = await Promise.all(all.map((port) => answers({ host: '127.0.0.1', port })));
  return all.filter((_, index) => open[index] !== true);
}

async function refuseTaken(ports: InstanceRecord['ports'], own: readonly number[]): Promise<void> {
  const taken = [];
  for (const [key, port] of Object.entries(ports)) {
    if (own.includes(port) || !(await answers({ host: '127.0.0.1', port }))) continue;
    taken.push({
      what: `port ${port} on 127.0.0.1 is taken by another program`,
      where: { key: `targets.<target>.ports.${key}` },
      next: `Stop that program (\`ss -ltnp 'sport = :${port}'\` names it), or choose another port in ptp.yaml.`,
    });
  }
  if (taken.length > 0) throw new UserMistake(taken);
}

function answers(to: { readonly host: string; readonly port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(to);
    const done = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(1000, () => done(false));
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}
