import { beforeAll, expect, test } from 'vitest';
import type { Door } from '../../support/door.ts';
import type { Ended } from '../../support/ptp.ts';
import type { System } from '../../support/system.ts';

/** One command, and users are served. */
export function starting(system: System): void {
  let up: Ended;
  let door: Door;
  beforeAll(async () => {
    up = await system.must('up');
    door = await system.door();
  });

  test('one command ends with a system that serves; it says which images, how long, and where', () => {
    console.info(`up from nothing: ${up.seconds.toFixed(1)} s`);
    for (const name of ['gateway', 'backend', 'frontend'])
      expect(up.stdout).toMatch(new RegExp(`${name} +sha256:[0-9a-f]{12}`));
    for (const step of [
      'image',
      'registry',
      'evidence',
      'cluster',
      'services',
      'deploy',
      'route',
      'prove',
      'in all',
    ])
      expect(up.stdout).toMatch(new RegExp(`${step} [0-9.]+ ?(ms|s|min)`));
    expect(up.stdout).toContain(door.url.origin);
    expect(up.stdout + up.stderr).not.toMatch(/password|BEGIN [A-Z ]*KEY/i);
  });

  test('the page is served over TLS that a client with the authority accepts', async () => {
    const { status, headers, body } = await door.send('GET', '/');
    expect([status, headers['content-type']]).toEqual([200, expect.stringMatching(/^text\/html/)]);
    expect(body).toContain('<div id="root">');
    const script = /src="([^"]+\.js)"/.exec(body)?.[1] ?? '';
    expect(await door.send('GET', script)).toMatchObject({ status: 200 });
  });

  test('a row goes all the way to the database and back', async () => {
    const before = JSON.parse((await door.send('GET', '/api/')).body) as { count: number };
    const made = await door.send('POST', '/api/?a=b');
    expect(made).toMatchObject({ status: 201, body: '' });
    const location = new URL(made.headers.location ?? '');
    expect(location.href).toMatch(/^https:/);
    expect(location.host).toBe(door.url.host);
    expect(location.href).toMatch(/\/\d+$/);
    const row = await door.send('GET', `/api${location.pathname}`);
    expect(row.status).toBe(200);
    expect(JSON.parse(row.body)).toEqual({
      id: Number(location.pathname.slice(1)),
      data: expect.stringMatching(/^[0-9a-f-]{36}$/),
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
    expect(JSON.parse((await door.send('GET', '/api')).body)).toEqual({ count: before.count + 1 });
    await system.rows.make(door);
  });

  test.each([
    ['/apix', 404],
    ['/api%2F1', 400],
    ['/api%2f1', 400],
    ['/api/..%2f..%2fetc/passwd', 400],
    // Traefik makes these plain before anybody else sees them.
    ['/api/1/../../', 200],
    ['//apix', 404],
    ['/api\\1', 400],
    ['/api/0x1', 400],
    ['/api/+1', 400],
    ['/api/9007199254740993', 404],
    ['/assets/no-such-file.js', 404],
    ['/api/actuator/env', 404],
    ['/metrics', 404],
  ])('%s means one thing: %i', async (path, status) => {
    expect((await door.send('GET', path)).status).toBe(status);
  });

  test('what only the inside may see is not reached through the door', async () => {
    for (const path of ['/livez', '/readyz']) {
      const { status, body } = await door.send('GET', path);
      expect([status, body]).toEqual([200, expect.stringMatching(/^[^:]*(:"(UP|ok)")?}?\s*$/i)]);
    }
    expect((await door.send('TRACE', '/')).status).toBe(405);
  });

  test('plain http leads to https, at the public port', async () => {
    const { status, headers } = await door.send('GET', '/some/page?a=b', { plain: true });
    expect([status, headers.location]).toEqual([301, `${door.url.origin}/some/page?a=b`]);
  });
}
