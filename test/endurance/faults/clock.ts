import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { layoutOf } from '../../../path/src/cluster/local/layout.ts';
import { ensurePki } from '../../../path/src/cluster/local/pki.ts';
import { networkOf, nodesOf } from '../../../path/src/cluster/local/plan.ts';
import { readRecord } from '../../../path/src/cluster/local/record.ts';
import type { Fault } from '../fault.ts';
import { instance } from '../world.ts';

const day = 86_400_000;
const library = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';

/** The clock that the tool sees; the cluster's programs are linked statically and see the machine's own. */
function at(offset: string): Readonly<Record<string, string>> {
  return { LD_PRELOAD: library, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
}

/** The tool's clock is wrong, or time has passed. */
export const clock: readonly Fault[] = [
  { name: 'the clock is a day ahead', bring: async () => undefined, env: at('+1d') },
  {
    name: 'the clock is a day behind',
    bring: async () => async () => {},
    env: at('-1d'),
    says: /certificate is not yet valid.*clock/,
  },
  {
    name: 'the clock is two years ahead',
    bring: async () => async () => {},
    env: at('+2y'),
    says: /clock/,
  },
  {
    name: 'the clock is two years ahead when the cluster is started from its data',
    bring: async (world) => {
      await world.system.must('down');
      return async () => {};
    },
    env: at('+2y'),
    says: /clock/,
  },
  {
    name: 'the cluster’s certificates end in 25 days, and its authorities are others',
    bring: async () => {
      const layout = layoutOf(instance);
      const record = await readRecord(layout);
      if (record === undefined) throw new Error('no record');
      for (const name of readdirSync(layout.pki).filter((one) => one.endsWith('.crt')))
        rmSync(join(layout.pki, name));
      // As it would have been made 340 days ago.
      const network = networkOf(record.number);
      await ensurePki(layout, network, nodesOf(network, 1), new Date(Date.now() - 340 * day));
      return undefined;
    },
  },
];
