import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Secret } from '../core/secret.ts';
import { pullCredentials } from './pull-credentials.ts';
import { createWorld, type World } from './testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
  vi.stubEnv('DOCKER_CONFIG', world.folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await world.remove();
});

const registry = { url: 'https://registry.test', name: 'registry.test', prefix: 'shop' };
const configured = (config: object) => writeFile(join(world.folder, 'config.json'), JSON.stringify(config));
const auth = Buffer.from('me:secret').toString('base64');
const warnings = () => world.events.filter(({ kind }) => kind === 'warning');

test('the Docker configuration’s login for this registry, and for no other', async () => {
  await configured({ auths: { 'registry.test': { auth }, 'other.test': { auth: 'b3RoZXI6eA==' } } });
  const found = await pullCredentials(world.context, registry);
  expect(JSON.parse(found?.reveal() ?? '')).toEqual({ auths: { 'registry.test': { auth } } });
  expect(`${found}`).not.toContain(auth);
  expect(warnings()).toEqual([]);
});

test('none where there is no login, and none where the registry is the cluster’s own', async () => {
  expect(await pullCredentials(world.context, registry)).toBeUndefined();
  await configured({ auths: { 'registry.test': { auth } } });
  const credentials = { username: 'ptp', password: new Secret('x') };
  expect(await pullCredentials(world.context, { ...registry, credentials })).toBeUndefined();
});

test('a token that only a person can use is told', async () => {
  await configured({ auths: { 'registry.test': { identitytoken: 'secret-token' } } });
  expect(await pullCredentials(world.context, registry)).toBeUndefined();
  expect(warnings()).toMatchObject([{ problem: { next: expect.stringContaining('rights of their own') } }]);
  expect(JSON.stringify(warnings())).not.toContain('secret-token');
});

test('what a credential helper tells may end soon, and that is told', async () => {
  const helper = join(world.folder, 'docker-credential-test');
  await writeFile(helper, `#!/bin/sh\ncat >/dev/null\necho '{"Username":"me","Secret":"secret"}'\n`);
  await chmod(helper, 0o755);
  vi.stubEnv('PATH', `${world.folder}:${process.env.PATH}`);
  await configured({ credHelpers: { 'registry.test': 'test' } });
  const found = await pullCredentials(world.context, registry);
  expect(JSON.parse(found?.reveal() ?? '')).toEqual({ auths: { 'registry.test': { auth } } });
  expect(warnings()).toMatchObject([{ problem: { what: expect.stringContaining('may end soon') } }]);
});
