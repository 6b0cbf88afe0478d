import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { execute } from '../../path/src/kubernetes/execute.ts';
import type { SecretObject } from '../../path/src/kubernetes/objects.ts';
import { edited } from '../support/edited.ts';
import { expiredCertificate } from '../support/expired-certificate.ts';
import { startLoad } from '../support/load.ts';
import { jsonResult, ptp } from '../support/ptp.ts';
import { type SmallDisk, smallDisk } from '../support/small-disk.ts';
import { System } from '../support/system.ts';
import { until } from '../support/until.ts';
import { type Notice, Webhook } from '../support/webhook.ts';

/*
 * What somebody is to be woken for, brought about for real on a cluster of these tests' own: whoever is told hears of
 * that fault and of no other, status names it, and what mended it is seen. A backend without copies is in the chapter
 * `watched`, a node that is gone in several-nodes.test.ts; the rules' windows are tried in simulated time, in
 * test/contract/alerts.test.ts.
 */
const instance = 'ptp-alerts';
const system = new System({ instance, ports: { http: 21_080, https: 21_443 } });
const namespace = 'hello';
const webhook = new Webhook();
let disk: SmallDisk;

beforeAll(async () => {
  await system.must('down', '--data', '--yes'); // what an earlier run left when it was killed
  // Volumes on a disk of their own, so that one can be full without this machine's being so.
  disk = smallDisk(1024, `/var/lib/ptp/${instance}/volumes`);
  await system.must('up');
  const file = `/var/lib/ptp/${instance}/instance.json`;
  const { number } = JSON.parse(readFileSync(file, 'utf8')) as { readonly number: number };
  const port = await webhook.open();
  edited(`${system.place.folder}/ptp.yaml`, [
    '\ntargets:',
    // Little traffic: how much a busy machine bears right after a fault is not asked here.
    '\nalerts:\n  webhook: env:PTP_TEST_ALERTS\nrollout:\n  rate: 8\n\ntargets:',
  ]);
  const env = { ...system.place.env, PTP_TEST_ALERTS: `http://10.77.${number}.1:${port}/` };
  expect(await ptp({ ...system.place, env }, ['up'])).toMatchObject({ code: 0 });
  await until('the heartbeat is heard', () => webhook.silence('Watchdog'), Number.isFinite);
});
afterAll(async () => {
  await webhook.close();
  try {
    await system.must('down', '--data', '--yes');
  } finally {
    disk.remove();
    await system.remove();
  }
});

test('a system that was just made is well, and nobody is told of anything', async () => {
  expect(told()).toEqual([]);
  const { health } = jsonResult(await system.must('status', '--json'));
  expect(health).toMatchObject({ monitoring: 'running', healthy: true, alerts: [] });
});

test('a certificate that has ended, because nobody renewed it', async () => {
  const already = webhook.notices.length;
  await replicas('ptp-system', 'cert-manager', 0);
  await showExpired();
  await until(
    'it is told',
    () => causes(already),
    (names) => names.length > 0,
    120,
  );
  expect(told(already)).toEqual([
    {
      status: 'firing',
      name: 'CertificateExpired',
      kind: 'cause',
      summary: `the certificate of https://hello.localhost:${system.ports.https} has ended: browsers refuse it`,
      runbook: 'docs/runbooks/certificate-expired.md',
    },
  ]);
  const { code, stdout } = await system.ptp('status');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^✘ CertificateExpired: the certificate of .+ has ended/m);
  // And why nobody renewed it.
  expect(stdout).toMatch(/^✘ ptp-system\/deployment\/cert-manager: .*it is to have no copies$/m);
  await system.must('up');
  await until(
    'its end is told',
    () => ended(already),
    (names) => names.has('CertificateExpired'),
  );
  await system.mustBeWell();
});

test('a slow database, a full volume and a crash loop, at once: each is told as what it is', async () => {
  const already = webhook.notices.length;
  const door = await system.door();
  await sql(
    'create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.7); return null; end $$;' +
      'create trigger slow after insert on test_data for each statement execute function slow();',
  );
  const load = startLoad({ door, rate: 8, rows: system.rows });
  // Room for what is written meanwhile: a disk without any would stop the database, which is another fault.
  disk.fill(48);
  await misconfigure();
  const wanted = ['ComponentCrashLooping', 'DatabaseSlow', 'VolumeFillsUp'];
  await until(
    'all are told',
    () => causes(already),
    (names) => names.length >= wanted.length,
    300,
  );
  const report = await load.stop();
  expect(causes(already)).toEqual(wanted);
  // What is slow for some minutes is not much of a month: a symptom is told where requests failed, on a busy machine.
  const symptoms = told(already).filter(({ kind }) => kind === 'symptom');
  expect(report.failures.length > 0 ? [] : symptoms).toEqual([]);
  const { code, stdout } = await system.ptp('status');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^✘ DatabaseSlow: one in a hundred statements of backend takes longer than /m);
  expect(stdout).toMatch(/^✘ VolumeFillsUp: the volume data-database-0 is nearly full/m);
  expect(stdout).toMatch(/^✘ ComponentCrashLooping: frontend in frontend-\S+ ends again and again/m);
  expect(stdout).toContain('PORT must be a whole number');

  disk.clear();
  await sql('drop trigger slow on test_data; drop function slow();');
  await system.must('up');
  await until(
    'the end of each is told',
    () => ended(already),
    (names) => wanted.every((name) => names.has(name)),
    300,
  );
  await system.mustBeWell();
  expect(causes(already)).toEqual(wanted);
  expect(await system.rows.lost(door)).toEqual([]);
});

test('a monitoring that is gone: its heartbeat ends, and status says so', async () => {
  await replicas('ptp-monitoring', 'monitoring', 0);
  // It comes every minute: who waits for it has no doubt after two.
  await until(
    'the heartbeat has ended',
    () => webhook.silence('Watchdog'),
    (seconds) => seconds > 120,
    240,
  );
  const { code, stdout } = await system.ptp('status');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^✘ .*ptp-monitoring\/deployment\/monitoring/m);
  expect(stdout).toContain('nobody watches over it');
  await system.must('up');
  await until(
    'the heartbeat is back',
    () => webhook.silence('Watchdog'),
    (seconds) => seconds < 60,
  );
  await system.mustBeWell();
});

/** What was told since; the heartbeat is left out. */
function told(already = 0): readonly Notice[] {
  return webhook.notices.slice(already).filter(({ name }) => name !== 'Watchdog');
}

/** The names of the causes that were told of since, each once. */
function causes(already: number): readonly string[] {
  const firing = told(already).filter(({ status, kind }) => status === 'firing' && kind === 'cause');
  return [...new Set(firing.map(({ name }) => name))].sort();
}

/** The names of the alerts whose end was told since. */
function ended(already: number): ReadonlySet<string> {
  return new Set(told(already).flatMap(({ status, name }) => (status === 'resolved' ? [name] : [])));
}

function replicas(where: string, deployment: string, count: number): Promise<unknown> {
  return patch(`/apis/apps/v1/namespaces/${where}/deployments/${deployment}/scale`, {
    spec: { replicas: count },
  });
}

/** Shows users a certificate of the system's own authority that has ended. */
async function showExpired(): Promise<void> {
  const secrets = `/api/v1/namespaces/${namespace}/secrets`;
  const { data = {} } = await system.cluster((client) => client.get<SecretObject>(`${secrets}/local-ca`));
  const value = (key: string) => Buffer.from(data[key] ?? '', 'base64').toString();
  const authority = { certificate: value('tls.crt'), key: value('tls.key') };
  const { certificate, key } = await expiredCertificate(authority, 'hello.localhost');
  const encoded = (text: string) => Buffer.from(text).toString('base64');
  await patch(`${secrets}/public-tls`, {
    data: { 'tls.crt': encoded(certificate), 'tls.key': encoded(key) },
  });
}

/** As somebody's `kubectl set env` would: the frontend's new pods end as soon as they start. */
function misconfigure(): Promise<unknown> {
  const container = { name: 'frontend', env: [{ name: 'PORT', value: 'none' }] };
  return patch(
    `/apis/apps/v1/namespaces/${namespace}/deployments/frontend`,
    { spec: { template: { spec: { containers: [container] } } } },
    'application/strategic-merge-patch+json',
  );
}

function patch(
  path: string,
  body: unknown,
  contentType:
    | 'application/merge-patch+json'
    | 'application/strategic-merge-patch+json' = 'application/merge-patch+json',
): Promise<unknown> {
  return system.cluster((client) => client.send({ method: 'PATCH', path, contentType, body }));
}

/** Runs statements in the system's database, as its superuser. */
async function sql(input: string): Promise<void> {
  const program = '/usr/lib/postgresql/17/bin/psql';
  const options = ['--no-psqlrc', '--host=/run/postgresql', '--username=postgres', `--dbname=${namespace}`];
  const [{ name: pod }] = await system.podsOf('database');
  const { code, stderr } = await system.cluster((client) =>
    execute(client, {
      namespace,
      pod,
      container: 'postgres',
      command: [program, ...options, '--set=ON_ERROR_STOP=1'],
      input,
      signal: AbortSignal.timeout(30_000),
    }),
  );
  if (code !== 0) throw new Error(stderr);
}
