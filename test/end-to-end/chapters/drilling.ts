import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { connect } from 'node:tls';
import { beforeAll, expect, test } from 'vitest';
import { keyFileOf } from '../../../path/src/evidence/signing/key-file.ts';
import { execute } from '../../../path/src/kubernetes/execute.ts';
import { list } from '../../../path/src/kubernetes/list.ts';
import type { Pod, SecretObject } from '../../../path/src/kubernetes/objects.ts';
import type { Door } from '../../support/door.ts';
import { withEdit } from '../../support/edit.ts';
import { killed } from '../../support/killing.ts';
import { bearable } from '../../support/load.ts';
import {
  configurationOfTests,
  type JsonLine,
  jsonResult,
  type Place,
  ptp,
  startPtp,
} from '../../support/ptp.ts';
import { Rows } from '../../support/rows.ts';
import type { System } from '../../support/system.ts';
import { until } from '../../support/until.ts';

interface Result {
  readonly outcome: string;
  readonly facts: Readonly<Record<string, string | number>>;
  readonly traffic: {
    readonly requests: number;
    readonly failed: number;
    readonly examples: readonly unknown[];
    readonly writes?: { readonly checked: number; readonly missing: number };
  };
}

/** What has to work on a bad day works on this one, under traffic, and costs no request. */
export function drilling(system: System): void {
  let rate = 100;
  beforeAll(async () => {
    await system.must('up');
    // What a busy machine does not bear at all says nothing about a drill.
    rate = await bearable({ door: await system.door(), rows: system.rows }, [100, 40, 15]);
  }, 120_000);

  /** Runs a command that measures; where a busy machine does not bear the rate at all, at a lower one. */
  const measured = async (place: Place, ...words: readonly string[]): Promise<JsonLine> => {
    for (const left of [rate, 15, 5]) {
      const ended = await ptp(place, [...words, '--rate', String(Math.min(rate, left)), '--json']);
      if (left === 5 || !ended.stdout.includes('before anything was done')) return jsonResult(ended);
    }
    throw new Error('the last one is returned');
  };
  const drill = async (...words: readonly string[]): Promise<Result> => {
    const result = (await measured(system.place, 'drill', ...words)) as unknown as Result;
    expect(result.traffic?.examples, JSON.stringify(result)).toEqual([]);
    expect(result).toMatchObject({ outcome: 'passed', traffic: { failed: 0, writes: { missing: 0 } } });
    expect(result.traffic.requests).toBeGreaterThan(0);
    expect(result.traffic.writes?.checked).toBeGreaterThan(0);
    console.info(`drill ${words[0]}: ${result.traffic.requests} requests, none failed`);
    return result;
  };

  test('renew: another certificate is issued and served, and no handshake fails', async () => {
    const { facts } = await drill('renew');
    expect(facts.newSerial).not.toBe(facts.oldSerial);
    expect(await servedSerial(await system.door())).toBe(facts.newSerial);
  });

  test('rollback: to the release before and forward again', async () => {
    const page = join(system.place.folder, 'system/frontend/src/app.tsx');
    const line = 'Each click makes one, gives it an id, and keeps it.';
    const before = jsonResult(await system.must('history', '--json')).releases as readonly unknown[];
    // There has to be one to go back to.
    if (before.length < 2)
      await withEdit(page, [line, line.replace('click', 'tap')], () => system.must('up', '--no-wait'));
    const { facts } = await drill('rollback');
    expect(facts.backTo).not.toBe(facts.from);
    expect(facts.replaced).not.toBe('');
    await system.mustBeWell();
  });

  test('rotate-database: another role is used, the old one is let in no more, and `up` has nothing to do', async () => {
    await system.must('up');
    const { facts } = await drill('rotate-database');
    expect(facts['database.to']).not.toBe(facts['database.from']);
    await system.mustBeWell();
    expect(jsonResult(await system.must('plan', '--json'))).toMatchObject({ nothing: true });
    // A server that starts anew lets in whose turn it is.
    const [database] = await system.podsOf('database');
    await system.deletePod(database.name);
    await until(
      'rows can be made again',
      async () => {
        await system.rows.make(await system.door());
        return true;
      },
      (made) => made,
      60,
    );
  });

  test('restore: a backup is read with the key of this machine alone, and is what was backed up', async () => {
    await system.must('backup');
    const { facts } = await drill('restore');
    expect(facts['database.rows']).toBeGreaterThan(0);
    expect(facts['database.tables']).toBeGreaterThan(1);
    // What made it has no key, and nothing of the trial is left.
    const left = await system.cluster(async (client) => ({
      secrets: await list<SecretObject>(client, { apiVersion: 'v1', kind: 'Secret' }),
      pods: await list<Pod>(client, { apiVersion: 'v1', kind: 'Pod', namespace: 'hello' }),
    }));
    const decoded = left.secrets.flatMap(({ data = {} }) =>
      Object.values(data).map((value) => Buffer.from(value, 'base64').toString('latin1')),
    );
    expect(decoded.filter((value) => value.includes('AGE-SECRET-KEY'))).toEqual([]);
    const names = left.pods
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ metadata }) => metadata.name);
    expect(names).not.toContain('database-restore-drill');
  });

  test('restored for real: what was written since goes into a last backup, which a lost volume comes back from, killed on the way', async () => {
    const door = await system.door();
    await system.rows.make(door);
    await system.must('backup');
    const later = new Rows();
    await later.make(door);
    await later.make(door);
    const asked = await system.ptp('restore');
    expect(asked.code).toBe(2);
    expect(asked.stderr).toMatch(/public\.test_data: \d+ rows now, \d+ rows then/);
    const first = jsonResult(await system.must('restore', '--yes', '--json'));
    expect(first).toMatchObject({ resumed: false, migrated: ['backend'] });
    expect(await system.rows.lost(door)).toEqual([]);
    expect(await later.lost(door)).toHaveLength(2);
    expect(jsonResult(await system.must('plan', '--json'))).toMatchObject({ nothing: true });

    const [{ name: pod }] = await system.podsOf('database');
    await system.cluster((client) =>
      execute(client, {
        namespace: 'hello',
        pod,
        container: 'postgres',
        command: ['/bin/rm', '-rf', '/var/lib/postgresql/data/pgdata'],
        signal: AbortSignal.timeout(60_000),
      }),
    );
    await system.deletePod(pod);
    const ready = async () => (await system.podsOf('backend')).filter((one) => one.ready).length;
    await until('pods are told that the data is away', ready, (count) => count === 0, 60);
    const up = startPtp(system.place, ['up', '--json']);
    // It would wait in vain: nobody has migrated the empty one.
    await up.saw((line) => line.kind === 'warning' && JSON.stringify(line).includes('database is empty'));
    up.child.kill('SIGKILL');
    await up.ended;
    const again = ['restore', 'database', '--backup', String(first.replaced), '--yes'];
    const { ended } = await killed(system.place, again, { boundary: 4 }, 'SIGKILL');
    expect(ended.signal).toBe('SIGKILL');
    await system.must(...again);
    expect(await system.rows.lost(door)).toEqual([]);
    expect(await later.lost(door)).toEqual([]);
    const { backups } = jsonResult(await system.must('restore', '--list', '--json'));
    // An empty database is not worth a backup.
    expect((backups as readonly unknown[])[0]).toMatchObject({ tag: first.replaced, replaced: true });
    await system.mustBeWell();
  });

  test('rotate signing-key: what was released is good by the new key, and by the old one still', async () => {
    await system.must('up');
    const folder = mkdtempSync(join(tmpdir(), 'ptp-keys-'));
    try {
      // The key that the other tests sign with stays what it is.
      const own = keyFileOf('hello', { XDG_CONFIG_HOME: configurationOfTests });
      const copy = keyFileOf('hello', { XDG_CONFIG_HOME: folder });
      mkdirSync(dirname(copy), { recursive: true, mode: 0o700 });
      cpSync(own, copy);
      const place = { ...system.place, env: { ...system.place.env, XDG_CONFIG_HOME: folder } };
      const rotated = await measured(place, 'rotate', 'signing-key');
      expect(rotated.results).toMatchObject([{ outcome: 'passed', traffic: { failed: 0 } }]);
      expect((await ptp(place, ['verify'])).code).toBe(0);
      expect((await system.ptp('verify')).code).toBe(0);
      expect(readFileSync(copy, 'utf8')).not.toBe(readFileSync(own, 'utf8'));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('rotate authority: whoever trusts the old one or the new one is served', async () => {
    const before = await system.door();
    const rotated = await measured(system.place, 'rotate', 'authority');
    expect(rotated.results).toMatchObject([{ outcome: 'passed', traffic: { failed: 0 } }]);
    const next = await system.cluster((client) =>
      client.get<SecretObject>('/api/v1/namespaces/hello/secrets/local-ca-next'),
    );
    const authority = Buffer.from(next.data?.['ca.crt'] ?? '', 'base64').toString();
    expect(authority).not.toBe(before.authority);
    const [old, now] = [await servedSerial(before), await servedSerial({ ...before, authority })];
    expect(old).toBe(now);
    await system.mustBeWell();
    expect(jsonResult(await system.must('plan', '--json'))).toMatchObject({ nothing: true });
  });

  test('what was tried and when is listed, and `status` has it', async () => {
    const { drills } = jsonResult(await system.must('drill', '--json'));
    const states = drills as readonly { readonly drill: string; readonly passed?: string }[];
    const passed = states.flatMap((one) => (one.passed === undefined ? [] : [one.drill]));
    expect(passed).toEqual(expect.arrayContaining(['renew', 'rollback', 'rotate-database', 'restore']));
    expect((await system.ptp('status')).stdout).toMatch(/drills: .*rotate-database \d{4}-/);
  });
}

async function servedSerial({ url, authority }: Door): Promise<string | undefined> {
  const socket = connect({
    host: '127.0.0.1',
    port: Number(url.port),
    servername: url.hostname,
    ca: authority,
  });
  await once(socket, 'secureConnect');
  const serial = socket.getPeerX509Certificate()?.serialNumber;
  socket.destroy();
  return serial;
}
