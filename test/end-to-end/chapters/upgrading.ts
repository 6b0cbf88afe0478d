import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { plantedCredentials } from '../../../path/src/leaks/planted.test-support.ts';
import { currentRelease } from '../../support/failing.ts';
import { jsonResult } from '../../support/ptp.ts';
import type { System } from '../../support/system.ts';

interface Upgrades {
  readonly upgrades: readonly {
    readonly kind: string;
    readonly applies: boolean;
    readonly changes: readonly { readonly name: string; readonly from: string; readonly to: string }[];
  }[];
}

/** What is newer becomes a release like any other, from sources that have it. */
export function upgrading(system: System): void {
  const gateway = join(system.place.folder, 'system/gateway');
  const files = [join(system.place.folder, 'package-lock.json'), join(gateway, 'package.json')];
  const texts = () => files.map((file) => readFileSync(file, 'utf8'));
  const newest = texts();
  const { dependencies } = JSON.parse(newest[1] ?? '{}') as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  // One that has had mends since its minor version came out.
  const [name, version] =
    Object.entries(dependencies).find(([, one]) => /\.[1-9]\d*$/.test(one)) ?? missing();
  let older: readonly string[];

  beforeAll(async () => {
    // As if they had come out since the sources were written.
    const before = version.replace(/\d+$/, '0');
    const args = ['install', '--package-lock-only', '--ignore-scripts', '--save-exact', `${name}@${before}`];
    execFileSync('npm', args, { cwd: gateway, stdio: 'ignore' });
    older = texts();
    expect(older).not.toEqual(newest);
    await system.must('up');
  });

  test('it is told, each kind by itself, with what is a newer ptp’s to bring; nothing is changed', async () => {
    const lock = join(system.place.folder, 'ptp.lock');
    const written = readFileSync(lock, 'utf8');
    const aged = written.replaceAll(/("name": "(?:tzdata|postgresql-17)",\s+"version": )"[^"]+"/g, '$1"1"');
    expect(aged).not.toBe(written);
    writeFileSync(lock, aged);
    try {
      const { upgrades } = jsonResult(await system.must('upgrade', '--json')) as unknown as Upgrades;
      const of = (wanted: string) => upgrades.find(({ kind }) => kind === wanted);
      expect(of('npm')).toMatchObject({ applies: true, changes: [{ name, to: version }] });
      expect(of('postgres')).toMatchObject({ applies: true });
      expect(of('postgres')?.changes).toContainEqual({
        name: 'postgresql-17',
        from: '1',
        to: expect.stringMatching(/^17\./),
        why: expect.any(String),
      });
      expect(of('base')?.changes.map((one) => one.name)).toEqual(['tzdata']);
      for (const { kind, applies } of upgrades) expect(applies).toBe(kind !== 'ptp');
      expect(texts()).toEqual(older);
      expect(readFileSync(lock, 'utf8')).toBe(aged);
    } finally {
      writeFileSync(lock, written);
    }
  });

  test('one that fails leaves sources and releases as they were', async () => {
    const before = await currentRelease(system);
    const planted = join(gateway, 'src/planted.ts');
    writeFileSync(planted, `${plantedCredentials[0]?.text}\n`);
    try {
      const failed = await system.ptp('upgrade', '--apply', '--json');
      expect(failed.code).not.toBe(0);
      expect(failed.stdout + failed.stderr).toContain('planted.ts');
    } finally {
      rmSync(planted);
    }
    expect(texts()).toEqual(older);
    expect(await currentRelease(system)).toEqual(before);
  });

  test('applied, it is a release of its own that fails no request, and the sources have it', async () => {
    const before = await currentRelease(system);
    const { upgraded } = jsonResult(await system.must('upgrade', '--apply', '--json'));
    const release = (
      upgraded as readonly { kind: string; release: number; rolled: readonly string[] }[]
    ).find(({ kind }) => kind === 'npm');
    expect(release).toMatchObject({ rolled: ['gateway'] });
    const after = await currentRelease(system);
    expect(after.number).toBeGreaterThanOrEqual(before.number + 1);
    expect(after.traffic).toMatchObject({ failed: 0 });
    expect(JSON.parse(texts()[1] ?? '{}')).toMatchObject({ dependencies: { [name]: version } });
    // The image is that of the sources as they were written with it.
    expect(texts()[1]).toBe(newest[1]);
  });
}

function missing(): never {
  throw new Error('no dependency of the gateway has a patch version');
}
