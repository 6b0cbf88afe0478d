import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Door } from '../../support/door.ts';
import { withEdit } from '../../support/edit.ts';
import { type Ended, jsonResult, ptp } from '../../support/ptp.ts';
import type { PodState, System } from '../../support/system.ts';

/** What is wrong is said once and clearly, and the running system is left alone. */
export function badInput(system: System): void {
  const { folder } = system.place;
  const inFolder = (path: string) => join(folder, path);
  let door: Door;
  let before: readonly PodState[];
  beforeAll(async () => {
    await system.must('up');
    door = await system.door();
    before = await system.pods();
  });
  afterAll(async () => {
    await system.must('up');
  });

  async function untouched(): Promise<void> {
    expect(await system.pods()).toEqual(before);
    expect((await door.send('GET', '/')).status).toBe(200);
  }

  /** `up` with a ptp.yaml that differs. */
  async function upWith(edit: readonly [string, string]): Promise<Ended> {
    const file = inFolder('other.yaml');
    writeFileSync(file, readFileSync(inFolder('ptp.yaml'), 'utf8').replace(edit[0], edit[1]));
    try {
      return await system.ptp('up', '--file', 'other.yaml');
    } finally {
      rmSync(file);
    }
  }

  test.each([
    ['an unknown key', ['route: /', 'rout: /'], /^.*other\.yaml:\d+:\d+: .*rout.*$/m, /route/],
    [
      'a folder that is not there',
      ['source: system/backend', 'source: system/bakend'],
      /other\.yaml:\d+:\d+: .*bakend/,
      /folder of `backend`/,
    ],
    ['a service that nobody has', ['needs: [database]', 'needs: [databse]'], /databse/, /database/],
    ['no YAML', ['components:', 'components: ['], /other\.yaml:\d+/, /./],
    ['a file that is not there', ['', ''], /./, /./],
  ] as const)(
    '%s is the user’s mistake, told with its place and a next step',
    async (what, edit, place, next) => {
      const ended =
        what === 'a file that is not there'
          ? await system.ptp('up', '--file', 'no.yaml')
          : await upWith(edit);
      expect(ended.code).toBe(2);
      expect(ended.stdout).toBe('');
      expect(ended.stderr).toMatch(place);
      expect(ended.stderr).toMatch(next);
      expect(ended.stderr).not.toMatch(/^ +at .*:\d+:\d+/m);
      await untouched();
    },
  );

  test('commands and options that are not there are mistakes too', async () => {
    expect(await system.ptp('pu')).toMatchObject({ code: 2, stderr: expect.stringContaining('up') });
    expect(await system.ptp('up', '--jsno')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--json'),
    });
  });

  test('data is not deleted without being asked for twice', async () => {
    expect(await system.ptp('down', '--data')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('ptp down --data --yes'),
    });
    await untouched();
  });

  test('a port that is taken is told before anything is changed', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('no port');
      const taken = String(address.port);
      const other = {
        folder,
        env: { PTP_INSTANCE: 'ptp-e2e-port', PTP_HTTP_PORT: '18081', PTP_HTTPS_PORT: taken },
      };
      const ended = await ptp(other, ['up', '--json']);
      expect(ended.code).toBe(2);
      expect(jsonResult(ended)).toMatchObject({
        kind: 'mistake',
        problems: [{ what: expect.stringContaining(taken) }],
      });
      expect(
        ['/var/lib/ptp/ptp-e2e-port', '/run/ptp/ptp-e2e-port'].filter((path) => existsSync(path)),
      ).toEqual([]);
      // The running instance is asked for the same port.
      const moved = { folder, env: { ...system.place.env, PTP_HTTPS_PORT: taken } };
      expect(await ptp(moved, ['up'])).toMatchObject({ code: 2, stderr: expect.stringContaining(taken) });
    } finally {
      server.close();
    }
    await untouched();
  });

  test('a build that fails shows its last lines and changes nothing', async () => {
    const page = inFolder('system/frontend/src/app.tsx');
    await withEdit(page, ['export function App', 'export functoin App'], async () => {
      const ended = await system.ptp('up');
      expect(ended.code).toBe(1);
      expect(ended.stderr).toMatch(/build of .*frontend.* failed/);
      expect(ended.stderr).toMatch(/app\.tsx/);
      expect(ended.stderr).not.toMatch(/bug in ptp/);
    });
    await untouched();
  });
}
