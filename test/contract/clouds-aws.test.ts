import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { aws } from '../../path/src/clouds/aws/cloud.ts';
import { dismantle } from '../../path/src/clouds/dismantle.ts';
import { ensure } from '../../path/src/clouds/ensure.ts';
import { observe } from '../../path/src/clouds/observe.ts';
import { type AwsStandIn, startAws } from '../support/cloud/aws.ts';
import { enterAws, shop } from '../support/cloud/aws-work.ts';

let account: AwsStandIn;

beforeAll(async () => {
  account = await startAws();
}, 600_000);
afterAll(() => account?.stop());
beforeEach(() => account.reset());

const changes = () => account.calls.filter((call) => call.changes).map(({ name }) => name);

async function up(signal?: AbortSignal, project = shop()) {
  const work = await enterAws(account, project, signal);
  try {
    await ensure(work, project, aws.stack(project).resources);
    return work.seen;
  } finally {
    await work.session.close();
  }
}

async function down(signal?: AbortSignal, project = shop(), lastCopy = true) {
  const { resources } = aws.stack(project);
  const work = await enterAws(account, project, signal);
  try {
    await observe(work, resources);
    return await dismantle(work, resources, { lastCopy });
  } finally {
    await work.session.close();
  }
}

const lasting = /^snapshot /;

test('a whole target is made, found again without a change, and taken away; a last snapshot is all that is left', async () => {
  const before = await account.inventory();
  await up();
  const made = await account.inventory();
  expect(made.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
    'cluster shop-aws',
    'database shop-aws-database',
    'database subnets',
    'internet gateway',
    'repository shop-aws/cert-manager',
    'repository shop-aws/postgres-17',
    'repository shop-aws/ptp-releases',
    'repository shop-aws/traefik',
    'repository shop-aws/web',
    'role shop-aws-certificates',
    'role shop-aws-cluster',
    'role shop-aws-node',
    'routes shop-aws-routes',
    'security group',
    'subnet shop-aws-subnet-data-a',
    'subnet shop-aws-subnet-data-b',
    'subnet shop-aws-subnet-public-a',
    'subnet shop-aws-subnet-public-b',
    'vpc shop-aws-vpc',
    'zone shop.acme.dev.',
  ]);
  expect(made.find((line) => line.startsWith('database shop'))).toContain(
    'public=false protected=true encrypted=true in shop-aws-databases by shop-aws-databases',
  );
  expect(made.find((line) => line.startsWith('cluster'))).toContain(
    'access arn:aws:iam::123456789012:user/deployer identities cert-manager/cert-manager',
  );
  account.calls.length = 0;
  await up();
  expect(changes()).toEqual([]);
  expect(await account.inventory()).toEqual(made);
  const { copies } = await down();
  expect(copies).toEqual([expect.stringMatching(/^RDS snapshot shop-aws-database-last-\d{8}t\d{6}z$/)]);
  const left = await account.inventory();
  expect(left.filter((line) => !lasting.test(line))).toEqual(before);
  expect(left).toContain('snapshot shop-aws-database-last-<time> ptp-project=shop ptp-target=aws');
});
