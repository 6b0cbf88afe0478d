import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { UserMistake } from '../core/failure.ts';
import { Secret } from '../core/secret.ts';
import { tokenAsk } from './authenticate.ts';
import { type Client, createClient } from './client.ts';
import { headManifest, mountBlob, type Repository } from './requests.ts';
import { type FakeRegistry, startFakeRegistry } from './testing/fake-registry.ts';
import { createWorld, type World } from './testing/world.ts';

let world: World;
let fake: FakeRegistry;
let client: Client | undefined;

beforeEach(async () => {
  world = await createWorld();
  fake = await startFakeRegistry();
  vi.stubEnv('DOCKER_CONFIG', world.folder);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await client?.close();
  client = undefined;
  await fake.close();
  await world.remove();
});

const repository: Repository = {
  name: 'hello/web',
  reference: 'registry.test/hello/web',
  rights: 'pull,push',
};
const me = { username: 'me', password: 'hunter2' };
const credentials = { username: me.username, password: new Secret(me.password) };
const configure = (config: unknown) => writeFile(join(world.folder, 'config.json'), JSON.stringify(config));
const host = () => new URL(fake.url).host;
const ask = () => headManifest(repository, 'v1');
const connect = (given?: typeof credentials) => {
  client = createClient(world.context, {
    url: fake.url,
    ...(given === undefined ? {} : { credentials: given }),
  });
  return client;
};
const mistake = async (work: Promise<unknown>): Promise<UserMistake> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof UserMistake)) throw error ?? new Error('it did not fail');
  expect(inspect(error, { depth: 9 })).not.toMatch(/hunter2|bWU6aHVudGVyMg/);
  return error;
};

test('basic: asked once, then told with every request', async () => {
  fake.authentication = { scheme: 'basic', ...me };
  const registry = connect(credentials);
  await registry.send(ask());
  await registry.send(ask());
  expect(fake.got.map(({ headers }) => headers.authorization !== undefined)).toEqual([false, true, true]);
});

test('bearer: one token for each set of rights, however many ask at once', async () => {
  fake.authentication = { scheme: 'bearer', ...me };
  const registry = connect(credentials);
  await registry.send(ask());
  await Promise.all(Array.from({ length: 9 }, () => registry.send(ask())));
  expect(fake.tokens).toEqual(['t0-repository:hello/web:pull,push+repository:hello/web:pull']);
  const blob = { mediaType: '', digest: `sha256:${'a'.repeat(64)}`, size: 1 } as const;
  await registry.send(mountBlob(repository, blob, 'hello/base'));
  expect(fake.tokens).toHaveLength(2);
  expect(fake.tokens[1]).toContain('repository:hello/base:pull');
});

test('bearer: a token is renewed before it ends, and after it was refused', async () => {
  fake.authentication = { scheme: 'bearer', ...me, life: 300 };
  const registry = connect(credentials);
  await registry.send(ask());
  world.pass(280_000);
  await registry.send(ask());
  expect(fake.tokens).toHaveLength(1);
  world.pass(11_000);
  await registry.send(ask());
  expect(fake.tokens).toHaveLength(2);
  fake.tokens.splice(0, 2, 'forgotten', 'forgotten');
  await registry.send(ask());
  expect(fake.tokens).toHaveLength(3);
});

test('bearer: a token without a life of its own lives for a minute', async () => {
  fake.authentication = { scheme: 'bearer', ...me };
  const registry = connect(credentials);
  await registry.send(ask());
  world.pass(61_000);
  await registry.send(ask());
  expect(fake.tokens).toHaveLength(2);
});

test('an identity token goes into the form of a POST, not into an address', async () => {
  fake.authentication = { scheme: 'bearer', ...me };
  await configure({ auths: { [host()]: { auth: 'MDA6', identitytoken: me.password } } });
  await connect().send(ask());
  expect(fake.tokens).toHaveLength(1);
  expect(fake.lines()).toContain('POST /token');
  expect(fake.got.map(({ url }) => url).join()).not.toContain(me.password);
});

test.each([
  ['auth', { auth: Buffer.from('me:hunter2').toString('base64') }],
  ['username and password', me],
])('the Docker configuration file is read: %s', async (_, entry) => {
  fake.authentication = { scheme: 'basic', ...me };
  await configure({ auths: { [`https://${host()}/v1/`]: entry } });
  await expect(connect().send(ask())).resolves.toBeUndefined();
});

test('a credential helper is asked over its input, before what the file itself holds', async () => {
  fake.authentication = { scheme: 'basic', ...me };
  const folder = join(world.folder, 'bin');
  await mkdir(folder);
  const helper = join(folder, 'docker-credential-test');
  const script = `#!/bin/sh\nread -r server\n[ "$*" = get ] || exit 3\n[ "$server" = "${host()}" ] || exit 4\necho '{"ServerURL":"x","Username":"me","Secret":"hunter2"}'\n`;
  await writeFile(helper, script);
  await chmod(helper, 0o755);
  vi.stubEnv('PATH', [folder, process.env.PATH].join(delimiter));
  await configure({
    credHelpers: { [host()]: 'test' },
    auths: { [host()]: { username: 'me', password: 'old' } },
  });
  await expect(connect().send(ask())).resolves.toBeUndefined();
});

test('a helper that is not there is named where credentials are missing', async () => {
  fake.authentication = { scheme: 'basic', ...me };
  await configure({ credsStore: 'nowhere-to-be-found' });
  const error = await mistake(connect().send(ask()));
  expect(error.problems[0]?.next).toContain(
    'docker-credential-nowhere-to-be-found, which is not on this machine',
  );
});

test.each(['basic', 'bearer'] as const)(
  '%s: wrong credentials are a mistake that says where they are from',
  async (scheme) => {
    fake.authentication = { scheme, ...me };
    await configure({ auths: { [host()]: { username: 'me', password: 'hunter2x' } } });
    const error = await mistake(connect().send(ask()));
    expect(error.message).toContain('401');
    expect(error.problems[0]?.next).toContain(join(world.folder, 'config.json'));
  },
);

test('a token service that repeats the credentials does not get them into the message', async () => {
  fake.authentication = { scheme: 'bearer', username: 'me', password: 'other' };
  const error = await mistake(connect(credentials).send(ask()));
  expect(error.message).toContain('not you: Basic [redacted]');
});

test('without credentials the message names the file that was looked at', async () => {
  fake.authentication = { scheme: 'basic', ...me };
  const error = await mistake(connect().send(ask()));
  expect(error.problems[0]?.next).toContain(`${join(world.folder, 'config.json')}, which is not there`);
});

test('a damaged configuration file is named, and nothing of it shown', async () => {
  fake.authentication = { scheme: 'basic', ...me };
  await writeFile(join(world.folder, 'config.json'), '{"auths":{"x":{"password":"hunter2",}}}');
  const error = await mistake(connect().send(ask()));
  expect(error.problems[0]?.where?.file).toBe(join(world.folder, 'config.json'));
});

test('an account without the right is told as that', async () => {
  fake.fault = (_, response) => {
    response.writeHead(403).end();
    return true;
  };
  const error = await mistake(connect(credentials).send(ask()));
  expect(error.problems[0]?.next).toMatch(/^Give the account/);
});

test('a redirect to another host takes no credentials along', async () => {
  const other = await startFakeRegistry();
  try {
    fake.authentication = { scheme: 'basic', ...me };
    fake.fault = ({ headers }, response) => {
      if (headers.authorization === undefined) return false;
      response.writeHead(307, { location: `${other.url}/v2/x/manifests/y` }).end();
      return true;
    };
    await connect(credentials).send(ask());
    expect(other.got).toHaveLength(1);
    expect(other.got[0]?.headers.authorization).toBeUndefined();
  } finally {
    await other.close();
  }
});

test('redirects in a circle end', async () => {
  fake.fault = ({ url }, response) => {
    response.writeHead(307, { location: url }).end();
    return true;
  };
  await expect(connect().send(ask())).rejects.toThrow('sent on more than 5 times');
});

test.each([
  ['https://registry.example.com', 'http://auth.example.com/token'],
  ['https://registry.example.com', 'http://registry.example.com/token'],
  ['https://registry.example.com', 'https://127.0.0.1:8443/token'],
  ['http://10.0.0.2:5000', 'http://auth.example.com/token'],
  ['https://registry.example.com', 'file:///etc/passwd'],
  ['https://registry.example.com', 'nonsense'],
])('of %s credentials do not go to %s', (registry, realm) => {
  const password = { kind: 'password', ...credentials } as const;
  const bearer = { scheme: 'bearer', parameters: { realm } };
  expect(() => tokenAsk(new URL(registry), bearer, [], password)).toThrow(UserMistake);
});

test.each([
  ['https://registry.example.com', 'https://auth.example.com/token'],
  ['http://10.0.0.2:5000', 'http://10.0.0.2:5001/token'],
  ['http://127.0.0.1:5000', 'http://localhost:5001/token'],
])('of %s credentials go to %s', (registry, realm) => {
  const bearer = { scheme: 'bearer', parameters: { realm, service: 'a b' } };
  const { url } = tokenAsk(new URL(registry), bearer, ['one', 'two'], undefined);
  expect(url.href).toBe(`${realm}?service=a+b&scope=one&scope=two`);
});
