import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { layoutOf } from './layout.ts';
import { ensurePki } from './pki.ts';
import { networkOf, nodesOf } from './plan.ts';

const day = 86_400_000;
const network = networkOf(3);
const nodes = nodesOf(network, 1);
const now = new Date('2026-11-23T12:00:00Z');
let state: string;
let layout: ReturnType<typeof layoutOf>;
const certificate = async (name: string) =>
  new X509Certificate(await readFile(join(layout.pki, `${name}.crt`)));

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'ptp-pki-'));
  layout = layoutOf('hello', state);
  expect(await ensurePki(layout, network, nodes, now)).toBe(true);
});
afterAll(() => rm(state, { recursive: true }));

test('each certificate is signed by its own authority and by no other', async () => {
  const [ca, etcd] = [await certificate('ca'), await certificate('etcd-ca')];
  for (const name of ['apiserver', 'admin', 'kubelet', 'scheduler', 'kube-proxy']) {
    const one = await certificate(name);
    expect(one.verify(ca.publicKey), name).toBe(true);
    expect(one.verify(etcd.publicKey), name).toBe(false);
    expect(one.ca).toBe(false);
  }
  expect((await certificate('etcd-client')).verify(etcd.publicKey)).toBe(true);
});

test('names and groups are those that Kubernetes gives rights to', async () => {
  expect((await certificate('kubelet')).subject).toBe('CN=system:node:node1\nO=system:nodes');
  expect((await certificate('apiserver')).checkIP(network.node)).toBe(network.node);
  expect((await certificate('apiserver')).checkHost('kubernetes.default.svc')).toBeDefined();
  // The API server asks kubelets for logs; it needs no more rights than that group has.
  expect((await certificate('apiserver-kubelet')).subject).not.toContain('system:masters');
});

test('every file is for its owner alone', async () => {
  for (const folder of [layout.pki, layout.etc]) {
    for (const name of await readdir(folder)) {
      expect((await stat(join(folder, name))).mode & 0o777, name).toBe(0o600);
    }
  }
});

test('nothing is made again while it is good, and what is missing or ends soon is', async () => {
  const before = (await certificate('admin')).serialNumber;
  expect(await ensurePki(layout, network, nodes, new Date(now.getTime() + 300 * day))).toBe(false);
  expect((await certificate('admin')).serialNumber).toBe(before);
  await rm(join(layout.pki, 'scheduler.key'));
  expect(await ensurePki(layout, network, nodes, now)).toBe(true);
  expect((await certificate('admin')).serialNumber).toBe(before);
  const later = new Date(now.getTime() + 340 * day);
  expect(await ensurePki(layout, network, nodes, later)).toBe(true);
  expect((await certificate('admin')).serialNumber).not.toBe(before);
});

test('what was made while the clock was wrong is made again when it is right', async () => {
  const later = new Date(now.getTime() + 730 * day);
  await ensurePki(layout, network, nodes, later);
  expect((await certificate('admin')).validFromDate > now).toBe(true);
  expect(await ensurePki(layout, network, nodes, now)).toBe(true);
  for (const name of ['admin', 'apiserver', 'ca', 'etcd-ca']) {
    expect((await certificate(name)).validFromDate <= now, name).toBe(true);
  }
  await rm(layout.pki, { recursive: true });
  await ensurePki(layout, network, nodes, later);
  expect((await certificate('ca')).validFromDate > now).toBe(true);
  expect(await ensurePki(layout, network, nodes, now)).toBe(true);
  expect((await certificate('ca')).validFromDate <= now).toBe(true);
  expect(await ensurePki(layout, network, nodes, now)).toBe(false);
});

test.each(['ca.key', 'scheduler.key', 'scheduler.crt'])(
  'a run that was killed when it had written %s anew, and what belongs to it not yet, is mended',
  async (file) => {
    const other = layoutOf('other', state);
    await ensurePki(other, network, nodes, now);
    await writeFile(join(layout.pki, file), await readFile(join(other.pki, file)));
    expect(await ensurePki(layout, network, nodes, now)).toBe(true);
    const [ca, scheduler] = [await certificate('ca'), await certificate('scheduler')];
    expect(scheduler.verify(ca.publicKey)).toBe(true);
    const key = createPrivateKey(await readFile(join(layout.pki, 'scheduler.key')));
    expect(scheduler.checkPrivateKey(key)).toBe(true);
    const kubeconfig = await readFile(join(layout.etc, 'scheduler.kubeconfig'), 'utf8');
    expect(kubeconfig).toContain(await readFile(join(layout.pki, 'scheduler.crt'), 'base64'));
    expect(await ensurePki(layout, network, nodes, now)).toBe(false);
  },
);

test('a half-written certificate is made again', async () => {
  const path = join(layout.pki, 'etcd.crt');
  await writeFile(path, (await readFile(path, 'utf8')).slice(0, 80));
  expect(await ensurePki(layout, network, nodes, now)).toBe(true);
  expect((await certificate('etcd')).subject).toBe('CN=etcd');
});

test('a further node gets a certificate of its own, and the others keep theirs', async () => {
  const before = (await certificate('kubelet')).serialNumber;
  const two = nodesOf(network, 2);
  expect(await ensurePki(layout, network, two, now)).toBe(true);
  expect((await certificate('kubelet')).serialNumber).toBe(before);
  const second = await certificate('kubelet-node2');
  expect(second.subject).toBe('CN=system:node:node2\nO=system:nodes');
  expect(second.checkIP(two[1]?.address ?? '')).toBeDefined();
  expect(second.checkIP(network.node)).toBeUndefined();
  expect(await readFile(join(layout.etc, 'kubelet-node2.kubeconfig'), 'utf8')).toContain(network.node);
});
