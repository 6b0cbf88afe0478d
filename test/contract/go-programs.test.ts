import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeProcesses } from '../../path/src/effects/node/processes.ts';

const cache = join(homedir(), '.cache', 'ptp', 'go');
const go = (module: string, ...args: string[]) =>
  nodeProcesses.run({
    program: 'go',
    args,
    cwd: join(import.meta.dirname, '../../path/components', module),
    env: {
      GOCACHE: join(cache, 'build'),
      GOMODCACHE: join(cache, 'mod'),
      // As the tool compiles them: what it has compiled is not compiled again.
      GOFLAGS: '-modcacherw -buildvcs=false -trimpath',
      GOWORK: 'off',
      CGO_ENABLED: '0',
    },
  });

/**
 * The tests of programs that are ours are in Go, beside them. Those of what enforces policies: the rules by themselves,
 * and real packets between network namespaces where root runs them. Those of the observer: real TLS servers, real files.
 */
test.each(['network-policy', 'observer'])('%s passes its own tests', { timeout: 600_000 }, async (module) => {
  for (const args of [
    ['vet', './...'],
    ['test', '-count=1', './...'],
  ]) {
    const outcome = await go(module, ...args);
    expect(`${outcome.stdout}${outcome.stderr}`).not.toMatch(/^(---|FAIL|#)/m);
    expect(outcome.code, args.join(' ')).toBe(0);
  }
});
