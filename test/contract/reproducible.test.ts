import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fuzzed, fuzzTime } from '../../path/src/core/fuzz.test-support.ts';
import { type Built, buildElsewhere, differences, type Elsewhere } from '../support/elsewhere.ts';
import { arrivals, generatedFiles, writeProject } from '../support/generated-project.ts';

/*
 * The same sources give the same images, byte for byte, whatever is different about the machine, the user and the way
 * the sources came there. All of it is varied at once, over generated projects. PTP_FUZZ_RUNS=20 for a night.
 */
const root = process.getuid?.() === 0;

const circumstances = fc.record({
  arrival: arrivals,
  called: fc.constantFrom('project', 'a b', 'größe', "it's", '文'),
  user: root ? fc.constantFrom(undefined, 65534, 12345) : fc.constant(undefined),
  umask: fc.constantFrom('022', '077', '002', '000'),
  clock: fc.constantFrom(undefined, '+400d', '-3y', '-11y'),
  processor: fc.constantFrom(undefined, 0),
  env: fc.record({
    TZ: fc.constantFrom('UTC', 'Pacific/Kiritimati', 'America/St_Johns'),
    LC_ALL: fc.constantFrom('C', 'C.UTF-8', 'tr_TR.UTF-8', 'de_DE.UTF-8'),
    UV_THREADPOOL_SIZE: fc.constantFrom('1', '4', '16'),
    SOURCE_DATE_EPOCH: fc.constantFrom('0', '1700000000', 'nonsense'),
    NODE_ENV: fc.constantFrom('production', 'development'),
  }),
  cache: fc.constantFrom('cold', 'of the first build', 'of itself'),
});

test(
  'one digest, whoever builds, where, when, from what and with which cache',
  async () => {
    await fc.assert(
      fc.asyncProperty(generatedFiles, circumstances, async (files, given) => {
        const made: string[] = [];
        const temporary = () => {
          const folder = mkdtempSync(join(tmpdir(), 'ptp-cache-'));
          made.push(folder);
          return folder;
        };
        const project = (...args: Parameters<typeof writeProject>) => {
          const folder = writeProject(...args);
          made.push(dirname(folder));
          return folder;
        };
        try {
          const plain = { order: 0, times: 1_600_000_000, mode: 0o644, by: 'writing' } as const;
          const cache = temporary();
          const one = await buildElsewhere({ folder: project(files, plain), cache });

          const { arrival, called, user, umask, clock, processor, env } = given;
          const other = temporary();
          if (given.cache === 'of the first build') cpSync(cache, other, { recursive: true });
          const folder = project(files, arrival, called);
          if (user !== undefined) execFileSync('chown', ['-hR', `${user}:${user}`, dirname(folder), other]);
          const place: Elsewhere = {
            folder,
            cache: other,
            umask,
            env,
            ...(user === undefined ? {} : { user }),
            ...(clock === undefined ? {} : { clock }),
            ...(processor === undefined ? {} : { processor }),
          };
          const first = await buildElsewhere(place);
          await same(one, first);
          if (given.cache === 'of itself') await same(one, await buildElsewhere(place));
        } finally {
          for (const folder of made) rmSync(folder, { recursive: true, force: true });
        }
      }),
      { ...fuzzed(4), timeout: 300_000 },
    );
  },
  fuzzTime * 10,
);

async function same(one: Built, other: Built): Promise<void> {
  expect(await differences(one, other)).toEqual([]);
  const digests = ({ images }: Built) => images.map(({ manifest }) => manifest.descriptor);
  expect(digests(other)).toEqual(digests(one));
}
