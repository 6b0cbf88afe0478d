import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UserMistake } from '../../core/failure.ts';
import { readAccess } from '../../kubernetes/kubeconfig.ts';
import { chooseContext } from './choose-context.ts';
import { findKubeconfig, type Whereabouts } from './find-kubeconfig.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptp-find-kubeconfig-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(path: string, text: string): Promise<string> {
  const file = join(folder, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, text);
  return file;
}

const context = (name: string, server = `https://${name}`, user = '{}') => `
current-context: ${name}
contexts: [{ name: ${name}, context: { cluster: ${name}, user: ${name}, namespace: n } }]
clusters: [{ name: ${name}, cluster: { server: "${server}" } }]
users: [{ name: ${name}, user: ${user} }]
`;

const find = (env: Whereabouts['env'] = {}, target: { kubeconfig?: string; context?: string } = {}) =>
  findKubeconfig(
    { name: 't', ...target },
    { env, home: join(folder, 'home'), serviceAccount: join(folder, 'account') },
  );

const mistake = async (work: Promise<unknown>): Promise<string> => {
  const error: unknown = await work.catch((thrown: unknown) => thrown);
  if (!(error instanceof UserMistake)) throw error;
  return JSON.stringify(error.problems);
};

test('the target’s file is taken before KUBECONFIG, and that before ~/.kube/config', async () => {
  const named = await write('named', context('named'));
  const listed = await write('listed', context('listed'));
  await write('home/.kube/config', context('home'));
  const name = async (found: ReturnType<typeof find>) => (await found).document.currentContext;
  expect(await name(find({ KUBECONFIG: listed }, { kubeconfig: named }))).toBe('named');
  expect(await name(find({ KUBECONFIG: listed }))).toBe('listed');
  expect(await name(find({ KUBECONFIG: '' }))).toBe('home');
});

test('several files count as one: of each name the first, and files that are not there are passed over', async () => {
  const one = await write('one', `${context('a', 'https://first')}`.replace(/^current-context.*$/m, ''));
  const two = await write('two', `${context('b')}`);
  const three = await write('three', context('a', 'https://second'));
  const list = [join(folder, 'none'), one, two, three].join(delimiter);
  const { document, source } = await find({ KUBECONFIG: list });
  expect(document.currentContext).toBe('b');
  expect(document.contexts.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(document.clusters[0]?.value.server).toBe('https://first');
  expect(source).toBe([one, two, three].join(' and '));
  expect(await mistake(find({ KUBECONFIG: join(folder, 'none') }))).toContain('nothing is there');
});

test('files and programs named by relative paths are those beside their kubeconfig', async () => {
  await write('deep/pki/ca.crt', 'CA');
  await write('deep/cert', 'CERT');
  await write('deep/key', 'KEY');
  const user = '{ client-certificate: ./cert, client-key: key }';
  const one = await write(
    'deep/config',
    context('a', 'https://a', user).replace('server:', 'certificate-authority: pki/ca.crt, server:'),
  );
  const { kubeconfig } = chooseContext(await find({ KUBECONFIG: one }), { name: 't' });
  const { tls } = await readAccess(kubeconfig);
  expect([tls.ca, tls.cert, tls.key].map(String)).toEqual(['CA', 'CERT', 'KEY']);

  const exec = (command: string) =>
    write('deep/exec', context('a', 'https://a', `{ exec: { command: ${command} } }`));
  const command = async (file: string) => (await find({ KUBECONFIG: file })).document.users[0]?.value.exec;
  expect(await command(await exec('bin/login'))).toEqual({ command: join(folder, 'deep/bin/login') });
  expect(await command(await exec('aws'))).toEqual({ command: 'aws' });
});

test('in a pod its service account is taken where there is no kubeconfig', async () => {
  await write('account/token', 'TOKEN\n');
  await write('account/ca.crt', 'CA');
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };
  const { kubeconfig } = chooseContext(await find(env), { name: 't' });
  const access = await readAccess(kubeconfig);
  expect(access.server).toBe('https://[fd00::1]:6443');
  expect(String(access.tls.ca)).toBe('CA');
  expect(await access.authorization()).toBe('Bearer TOKEN');
  expect(await mistake(find())).toContain('there is no kubeconfig');
});

test('what is no kubeconfig is a mistake that shows nothing of it', async () => {
  const secret = 'hunter2';
  for (const text of [`token: [${secret}`, `clusters: ${secret}`, `clusters: [{ token: ${secret} }]`]) {
    const file = await write('bad', text);
    const told = await mistake(find({ KUBECONFIG: file }));
    expect(told).toContain(file);
    expect(told).not.toContain(secret);
  }
  expect(await mistake(find({ KUBECONFIG: folder }))).toContain('EISDIR');
  expect(await mistake(find({}, { kubeconfig: join(folder, 'none') }))).toContain('targets.t.kubeconfig');
});

test('a context that is not there is told with those that are', async () => {
  const one = await write('one', context('a').replace('current-context: a', ''));
  const two = await write('two', context('b').replace('current-context: b', ''));
  const found = await find({ KUBECONFIG: [one, two].join(delimiter) });
  for (const target of [{ name: 't' }, { name: 't', context: 'production' }]) {
    const told = await mistake((async () => chooseContext(found, target))());
    expect(told).toContain('Name one of its contexts: a, b.');
    expect(told).toContain('targets.t.context');
  }
});

test('only the chosen context is handed on', async () => {
  const one = await write('one', context('a', 'https://a', '{ token: of-a }'));
  const two = await write('two', context('b', 'https://b', '{ token: of-b }'));
  const found = await find({ KUBECONFIG: [one, two].join(delimiter) });
  const { name, kubeconfig } = chooseContext(found, { name: 't', context: 'b' });
  expect(name).toBe('b');
  expect(kubeconfig.reveal()).toContain('of-b');
  expect(kubeconfig.reveal()).not.toContain('of-a');
  expect((await readAccess(kubeconfig)).server).toBe('https://b');
});

test('a context without a cluster that can be asked is told', async () => {
  for (const text of [
    context('a').replace('cluster: a', 'cluster: other'),
    context('a', 'no-address'),
    'current-context: a\ncontexts: [{ name: a }]',
  ]) {
    const found = await find({ KUBECONFIG: await write('one', text) });
    expect(await mistake((async () => chooseContext(found, { name: 't' }))())).toContain('names no cluster');
  }
});
