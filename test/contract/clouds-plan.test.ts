import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bill } from '../../path/src/core/bill.ts';
import { copyProject } from '../support/project-copy.ts';
import { jsonResult, ptp } from '../support/ptp.ts';

/** The clouds that ptp.yaml has targets for, and credentials for each that are none. */
const clouds = {
  aws: {
    title: 'Amazon EKS',
    wrong: { AWS_PROFILE: 'nobody' },
  },
  gcp: {
    title: 'Google GKE (Autopilot)',
    wrong: { GOOGLE_APPLICATION_CREDENTIALS: '/dev/null' },
  },
  azure: {
    title: 'Azure AKS',
    // Ends before anything is sent: the tenant has characters that none has.
    wrong: { AZURE_TENANT_ID: 'no tenant', AZURE_CLIENT_ID: 'nobody', AZURE_CLIENT_SECRET: 'wrong' },
  },
} as const;

let folder: string;
let home: string;

beforeAll(() => {
  folder = copyProject();
  home = mkdtempSync(join(tmpdir(), 'ptp-no-credentials-'));
});
afterAll(() => {
  for (const one of [folder, home]) rmSync(one, { recursive: true, force: true });
});

/** A machine that nobody has logged in on. */
const plan = (name: string, env: Readonly<Record<string, string>> = {}) =>
  ptp(
    {
      folder,
      env: {
        HOME: home,
        PTP_CACHE: process.env.PTP_CACHE ?? join(homedir(), '.cache/ptp'),
        AWS_EC2_METADATA_DISABLED: 'true',
        METADATA_SERVER_DETECTION: 'none',
        ...env,
      },
    },
    ['plan', '--target', name, '--json'],
  );

describe.each(Object.entries(clouds))('%s', (name, { title, wrong }) => {
  test('without credentials the plan has every resource and an honest price', async () => {
    const ended = await plan(name);
    expect(ended.code).toBe(0);
    const { bill } = jsonResult(ended) as unknown as { readonly bill: Bill };
    expect(bill.cloud).toBe(title);
    expect(bill.account).toBeUndefined();
    expect(bill.resources.filter(({ change }) => change === 'create').length).toBeGreaterThan(10);
    const parts = [...bill.resources, ...bill.indirect].reduce((sum, { monthly = 0 }) => sum + monthly, 0);
    expect(bill.indirect.filter(({ text }) => text.includes('monitoring'))).toEqual([
      expect.objectContaining({ monthly: expect.any(Number) }),
    ]);
    expect(bill.monthly).toBeCloseTo(parts, 1);
    expect(bill.monthly).toBeGreaterThan(90);
    expect(bill.monthly).toBeLessThan(330);
  });

  test('with wrong credentials it is one clear mistake', async () => {
    const ended = await plan(name, wrong);
    const { kind, problems } = jsonResult(ended) as unknown as {
      readonly kind: string;
      readonly problems: readonly { readonly what: string; readonly next?: string }[];
    };
    expect({ code: ended.code, kind }).toEqual({ code: 2, kind: 'mistake' });
    expect(problems).toHaveLength(1);
    expect(problems[0]?.next).toMatch(/\S/);
    expect(ended.stdout + ended.stderr).not.toMatch(/\n\s+at |wrong"/);
  });
});
