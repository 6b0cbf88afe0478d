import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Secret } from '../../../path/src/core/secret.ts';
import { connect } from '../../../path/src/kubernetes/client.ts';
import { componentProgram } from '../../support/component.ts';
import { freePort } from '../../support/free-port.ts';

/** A control plane without nodes: pods are made and never run, so a test writes their status itself. */
export interface ControlPlane {
  readonly kubeconfig: Secret;
  stop(): Promise<void>;
}

const token = 'contract-test';

/** Starts etcd, the API server and the controllers in a temporary folder, on free ports. */
export async function startControlPlane(): Promise<ControlPlane> {
  const etcd = await componentProgram('etcd', 'etcd');
  const [apiServer, controllerManager] = await Promise.all(
    ['kube-apiserver', 'kube-controller-manager'].map((program) => componentProgram('kubernetes', program)),
  );
  if (apiServer === undefined || controllerManager === undefined) throw new Error('no programs');
  const folder = await mkdtemp(join(tmpdir(), 'ptp-control-plane-'));
  const [client, peer, secure, controllers] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ]);
  const children: ChildProcess[] = [];
  const start = (program: string, args: readonly string[]) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.resume();
    children.push(child);
  };
  const stop = async () => {
    for (const child of children.reverse()) {
      if (child.exitCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await Promise.all([
      writeFile(join(folder, 'sa.key'), privateKey.export({ type: 'pkcs1', format: 'pem' })),
      writeFile(join(folder, 'sa.pub'), publicKey.export({ type: 'spki', format: 'pem' })),
      writeFile(join(folder, 'tokens.csv'), `${token},tester,1,system:masters\n`),
    ]);
    start(etcd, [
      `--data-dir=${folder}/etcd`,
      `--listen-client-urls=http://127.0.0.1:${client}`,
      `--advertise-client-urls=http://127.0.0.1:${client}`,
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-cluster=default=http://127.0.0.1:${peer}`,
      '--unsafe-no-fsync',
    ]);
    start(apiServer, [
      `--etcd-servers=http://127.0.0.1:${client}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${secure}`,
      `--cert-dir=${folder}/certificates`,
      '--service-cluster-ip-range=10.96.0.0/16',
      `--token-auth-file=${folder}/tokens.csv`,
      '--authorization-mode=RBAC',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${folder}/sa.pub`,
      `--service-account-signing-key-file=${folder}/sa.key`,
      '--endpoint-reconciler-type=none',
    ]);
    const server = `https://127.0.0.1:${secure}`;
    const kubeconfig = await untilReady(server, folder);
    await writeFile(join(folder, 'kubeconfig'), kubeconfig.reveal(), { mode: 0o600 });
    start(controllerManager, [
      `--kubeconfig=${folder}/kubeconfig`,
      `--service-account-private-key-file=${folder}/sa.key`,
      `--cert-dir=${folder}/certificates`,
      `--secure-port=${controllers}`,
      '--leader-elect=false',
      // Tests write what it would write, and it would be quicker at times.
      '--controllers=*,-root-ca-certificate-publisher-controller',
    ]);
    return { kubeconfig, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilReady(server: string, folder: string): Promise<Secret> {
  const end = performance.now() + 60_000;
  for (;;) {
    const certificate = await readFile(join(folder, 'certificates/apiserver.crt')).catch(() => undefined);
    if (certificate !== undefined) {
      const kubeconfig = new Secret(document(server, certificate));
      const client = await connect(kubeconfig);
      const answer = await client.find('/api/v1/namespaces/default').catch(() => undefined);
      await client.close();
      if (answer !== undefined) return kubeconfig;
    }
    if (performance.now() > end) throw new Error(`the API server at ${server} did not become ready`);
    await wait(100);
  }
}

function document(server: string, certificate: Buffer): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'c', cluster: { server, 'certificate-authority-data': certificate.toString('base64') } },
    ],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });
}
