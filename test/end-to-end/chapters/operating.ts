import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { Door } from '../../support/door.ts';
import { jsonLines, jsonResult } from '../../support/ptp.ts';
import type { System } from '../../support/system.ts';
import { until } from '../../support/until.ts';

/** The commands that look at a system that runs. */
export function operating(system: System): void {
  let door: Door;
  beforeAll(async () => {
    await system.must('up');
    door = await system.door();
  });

  test('status says that all is well, and of each part how many copies run which image', async () => {
    const status = jsonResult(await system.must('status', '--json'));
    expect(status).toMatchObject({
      well: true,
      url: door.url.origin,
      problems: [],
      cluster: { state: 'running' },
    });
    const digest = expect.stringMatching(/^sha256:[0-9a-f]{64}$/);
    expect(status.components).toMatchObject(
      ['gateway', 'backend', 'frontend'].map((name) => ({ name, ready: 2, wanted: 2, digest })),
    );
    expect(status.services).toMatchObject([{ name: 'database', ready: 1, wanted: 1, digest }]);
    expect((await system.must('status')).stdout).toContain(door.url.origin);
  });

  test('logs show a request in the gateway and the backend, under one id', async () => {
    const { headers } = await door.send('POST', '/api/');
    const id = String(headers['x-request-id']);
    await until(
      'both have told of it',
      async () =>
        jsonLines(await system.must('logs', '--json', '--lines', '50'))
          .filter(({ text }) => String(text).includes(id))
          .map(({ part }) => String(part))
          .sort()
          .join(),
      (parts) => parts === 'backend,gateway',
      10,
    );
    expect((await system.must('logs', 'database')).stdout).toMatch(
      /^database .*ready to accept connections/m,
    );
  });

  test('open names the address', async () => {
    expect((await system.must('open', '--print')).stdout).toBe(`${door.url.origin}\n`);
  });

  test('kubeconfig gives access that only its owner can read', async () => {
    const file = join(system.place.folder, 'kubeconfig.yaml');
    try {
      await system.must('kubeconfig', '--output', file);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(readFileSync(file, 'utf8')).toBe((await system.must('kubeconfig')).stdout);
      expect(await system.ptp('kubeconfig', '--output', file)).toMatchObject({ code: 2 });
    } finally {
      rmSync(file, { force: true });
    }
  });

  test('doctor finds nothing to mend', async () => {
    const { well, checks } = jsonResult(await system.must('doctor', '--json'));
    expect(well).toBe(true);
    expect(checks).toContainEqual(expect.objectContaining({ name: 'cgroups', ok: true }));
  });
}
