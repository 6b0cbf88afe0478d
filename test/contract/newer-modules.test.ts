import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { nodeProcesses } from '../../path/src/effects/node/processes.ts';
import { newerModules } from '../../path/src/maintain/go-newer.ts';

/* The real `go`, and a proxy as go.dev/ref/mod, "GOPROXY protocol", has it: a folder of files. */

const folder = mkdtempSync(join(tmpdir(), 'ptp-modules-'));
beforeAll(() => {
  publish('example.com/behind', ['v1.2.3', 'v1.2.10', 'v1.2.9', 'v1.3.0', 'v1.2.11-rc.1']);
  publish('example.com/newest', ['v0.3.0', 'v0.3.1']);
  vi.stubEnv('GOPROXY', `file://${join(folder, 'proxy')}`);
  vi.stubEnv('GOSUMDB', 'off');
  vi.stubEnv('GOMODCACHE', join(folder, 'modules'));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function publish(module: string, versions: readonly string[]): void {
  const place = join(folder, 'proxy', module, '@v');
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'list'), `${versions.join('\n')}\n`);
  for (const version of versions) {
    writeFileSync(join(place, `${version}.info`), JSON.stringify({ Version: version }));
    writeFileSync(join(place, `${version}.mod`), `module ${module}\n\ngo 1.26\n`);
  }
}

test('a module with a newer patch version is told, one that is gone is said to be so, and no go.mod is asked', async () => {
  writeFileSync(join(folder, 'go.mod'), 'module example.com/of-somebody-else\n\ngo 1.26\n');
  const pinned = (module: string, version: string) => ({
    module: `example.com/${module}`,
    version,
    name: module,
    why: 'of the test',
  });
  const found = await newerModules(
    {
      processes: nodeProcesses,
      cache: folder,
      signal: AbortSignal.timeout(60_000),
    },
    [pinned('behind', 'v1.2.3'), pinned('newest', 'v0.3.1'), pinned('gone', 'v1.0.0')],
  );
  expect(found).toEqual({
    changes: [{ name: 'behind', from: 'v1.2.3', to: 'v1.2.10', why: 'of the test' }],
    unasked: [{ what: 'gone', why: expect.stringContaining('example.com/gone@v1.0.0') }],
  });
});
