import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeProcesses } from '../../path/src/effects/node/processes.ts';

const cache = join(homedir(), '.cache', 'ptp', 'go');
const go = (...args: string[]) =>
  nodeProcesses.run({
    program: 'go',
    args,
    cwd: join(import.meta.dirname, '../../path/components/network-policy'),
    env: {
      GOCACHE: join(cache, 'build'),
      GOMODCACHE: join(cache, 'mod'),
      GOFLAGS: '-modcacherw -buildvcs=false',
      GOWORK: 'off',
      CGO_ENABLED: '0',
    },
  });

/**
 * The tests of the program that enforces policies in a local cluster are its own, in Go: the rules by themselves, and
 * real packets between network namespaces where root runs them.
 */
test('what enforces network policies passes its own tests', { timeout: 600_000 }, async () => {
  for (const args of [
    ['vet', './...'],
    ['test', '-count=1', './...'],
  ]) {
    const outcome = await go(...args);
    expect(`${outcome.stdout}${outcome.stderr}`).not.toMatch(/^(---|FAIL|#)/m);
    expect(outcome.code, args.join(' ')).toBe(0);
  }
});
