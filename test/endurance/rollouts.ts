import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TrafficResult } from '../../path/src/core/handover.ts';
import { jsonResult } from '../support/ptp.ts';
import type { Journal } from './journal.ts';
import type { World } from './world.ts';

/** Requests a second, and how often the backend is replaced under them. */
const rate = 200;
const group = `the backend replaced under ${rate} requests a second`;

/** Rolls out one changed backend after the other; nobody's request may fail, and no row may be lost. */
export async function rollouts(
  world: World,
  journal: Journal,
  { times }: { readonly times: number },
): Promise<void> {
  const { folder } = world.system.place;
  const file = join(folder, 'ptp.yaml');
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(
      /^services:$/m,
      `rollout: { rate: ${rate}, maxErrors: 100% }\nservices:`,
    ),
  );
  await world.mended();
  const source = join(folder, 'system/backend/src/main.ts');
  const before = readFileSync(source, 'utf8');
  const results: TrafficResult[] = [];
  for (let round = 1; round <= times; round += 1) {
    await journal.attempt(group, `${round} of ${times}`, async () => {
      writeFileSync(source, `${before}// Edition ${round} of ${process.pid}.\n`);
      const up = await world.system.must('up', '--json');
      const { traffic, rolled } = jsonResult(up) as {
        readonly traffic?: TrafficResult;
        readonly rolled?: readonly string[];
      };
      if (traffic === undefined || rolled?.join() !== 'backend') throw new Error('no backend was replaced');
      results.push(traffic);
      const { requests, failed, failures, writes, latency, quiet } = traffic;
      const seen = `${requests} requests, ${failed} failed; p99 ${latency?.p99.toFixed(0)} ms, quiet ${quiet.latency?.p99.toFixed(0)} ms; ${writes?.acknowledged} writes, ${writes?.missing} missing`;
      if (failed > 0 || (writes?.missing ?? 0) > 0) throw new Error(`${seen}; ${JSON.stringify(failures)}`);
      return seen;
    });
  }
  const sum = (pick: (one: TrafficResult) => number) => results.reduce((all, one) => all + pick(one), 0);
  const ratios = results
    .map(({ latency, quiet }) => (latency?.p99 ?? Number.NaN) / (quiet.latency?.p99 ?? Number.NaN))
    .filter(Number.isFinite)
    .sort((one, other) => one - other);
  journal.note(
    `${sum(({ requests }) => requests)} requests in all, ${sum(({ failed }) => failed)} failed; ${sum(({ writes }) => writes?.acknowledged ?? 0)} writes were acknowledged, ${sum(({ writes }) => writes?.missing ?? 0)} of those looked at were missing`,
  );
  journal.note(
    `p99 during a rollout by the p99 in the quiet before it: median ${ratios[Math.floor(ratios.length / 2)]?.toFixed(1)}, least ${ratios[0]?.toFixed(1)}, most ${ratios.at(-1)?.toFixed(1)}`,
  );
}
