import { CreateVpcCommand } from '@aws-sdk/client-ec2';
import { ECR } from '@aws-sdk/client-ecr';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { aws } from '../../path/src/clouds/aws/cloud.ts';
import { stack } from '../../path/src/clouds/aws/stack.ts';
import { dismantle } from '../../path/src/clouds/dismantle.ts';
import { ensure } from '../../path/src/clouds/ensure.ts';
import { observe } from '../../path/src/clouds/observe.ts';
import type { Event } from '../../path/src/core/event.ts';
import { UserMistake } from '../../path/src/core/failure.ts';
import type { Project } from '../../path/src/project/project.ts';
import { type AwsStandIn, startAws } from '../support/cloud/aws.ts';
import { clientsBehind, errorOf } from '../support/cloud/aws-strict.ts';
import { enterAws, shop } from '../support/cloud/aws-work.ts';
import type { Verdict } from '../support/cloud/stand-in.ts';

let account: AwsStandIn;

beforeAll(async () => {
  account = await startAws();
}, 600_000);
afterAll(() => account?.stop());
beforeEach(() => account.reset());

/** The smallest target: no database of the cloud's, no public authority. */
const small = (cloud: Partial<NonNullable<Project['target']['cloud']>> = {}): Project => {
  const { target, ...project } = shop({ databases: 'cluster', ...cloud });
  const { acme: _acme, ...rest } = target.cloud ?? (undefined as never);
  return { ...project, components: [], target: { ...target, cloud: rest } };
};

const changes = () => account.calls.filter((call) => call.changes).map(({ name }) => name);

async function up(project: Project, signal?: AbortSignal, events?: Event[]) {
  const work = await enterAws(account, project, signal, events);
  try {
    await ensure(work, project, aws.stack(project).resources);
    return work.seen;
  } finally {
    await work.session.close();
  }
}

async function down(project: Project, signal?: AbortSignal, lastCopy = true) {
  const { resources } = aws.stack(project);
  const work = await enterAws(account, project, signal);
  try {
    await observe(work, resources);
    return await dismantle(work, resources, { lastCopy });
  } finally {
    await work.session.close();
  }
}

const heads = (inventory: readonly string[]) =>
  inventory.map((line) => line.split(' ').slice(0, 2).join(' '));
const withoutSnapshots = (inventory: readonly string[]) =>
  inventory.filter((line) => !line.startsWith('snapshot '));

test('a whole target is made, found again without a change, and taken away; a last snapshot is all that is left', async () => {
  const before = await account.inventory();
  await up(shop());
  const made = await account.inventory();
  expect(heads(made)).toEqual([
    'cluster shop-aws',
    'database shop-aws-database',
    'database subnets',
    'internet gateway',
    'repository shop-aws/acme-solver',
    'repository shop-aws/cert-manager',
    'repository shop-aws/cert-manager-acme',
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
    'access arn:aws:iam::123456789012:user/deployer identities ptp-system/cert-manager add-ons metrics-server',
  );
  account.calls.length = 0;
  await up(shop());
  expect(changes()).toEqual([]);
  expect(await account.inventory()).toEqual(made);
  const { copies } = await down(shop());
  expect(copies).toEqual([expect.stringMatching(/^RDS snapshot shop-aws-database-last-\d{8}t\d{6}z$/)]);
  const left = await account.inventory();
  expect(withoutSnapshots(left)).toEqual(before);
  expect(left).toContain('snapshot shop-aws-database-last-<time> ptp-project=shop ptp-target=aws');
});

test('what was altered by hand is put right, field by field, and nothing else is touched', async () => {
  await up(shop());
  const made = await account.inventory();
  const { ec2, iam, rds } = clientsBehind(account);
  const Filters = [{ Name: 'tag:ptp-project', Values: ['shop'] }];
  const { RouteTables = [] } = await ec2.describeRouteTables({ Filters });
  const { Subnets = [] } = await ec2.describeSubnets({ Filters });
  const open = Subnets.find(({ CidrBlock }) => CidrBlock === '10.20.0.0/20');
  const { SecurityGroups = [] } = await ec2.describeSecurityGroups({ Filters });
  await ec2.deleteRoute({ RouteTableId: RouteTables[0]?.RouteTableId, DestinationCidrBlock: '0.0.0.0/0' });
  await ec2.modifySubnetAttribute({ SubnetId: open?.SubnetId, MapPublicIpOnLaunch: { Value: false } });
  await ec2.revokeSecurityGroupIngress({
    GroupId: SecurityGroups[0]?.GroupId,
    IpPermissions: [
      { IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432, IpRanges: [{ CidrIp: '10.20.0.0/16' }] },
    ],
  });
  await iam.detachRolePolicy({
    RoleName: 'shop-aws-cluster',
    PolicyArn: 'arn:aws:iam::aws:policy/AmazonEKSComputePolicy',
  });
  await iam.putRolePolicy({
    RoleName: 'shop-aws-certificates',
    PolicyName: 'dns01',
    PolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: ['route53:GetChange'], Resource: ['*'] }],
    }),
  });
  await rds.modifyDBInstance({
    DBInstanceIdentifier: 'shop-aws-database',
    DBInstanceClass: 'db.t4g.large',
    DeletionProtection: false,
    ApplyImmediately: true,
  });
  account.calls.length = 0;
  await up(shop());
  expect(changes().sort()).toEqual([
    'ec2 AuthorizeSecurityGroupIngress',
    'ec2 CreateRoute',
    'ec2 ModifySubnetAttribute',
    'iam AttachRolePolicy',
    'iam PutRolePolicy',
    'rds ModifyDBInstance',
  ]);
  expect(await account.inventory()).toEqual(made);
});

/** Ends a command at the first call of it that changes something, after that has taken effect; runs it until it ends well. */
async function killedAtEveryChange(command: (signal: AbortSignal) => Promise<unknown>): Promise<number> {
  for (let kills = 0; ; kills += 1) {
    const killed = new AbortController();
    account.intercept = (call) => {
      if (killed.signal.aborted) return 'break off';
      if (!call.changes) return 'answer';
      // The caller is gone before the answer is there.
      killed.abort(new Error('killed'));
      return 'take effect and break off';
    };
    try {
      await command(killed.signal);
      return kills;
    } catch (error) {
      if (!killed.signal.aborted) throw error;
    } finally {
      await account.idle();
      account.intercept = undefined;
    }
  }
}

/** What somebody else has in the account, by names of ours and by their own. */
async function neighbours() {
  const { ec2, iam, rds } = clientsBehind(account);
  const tags = [
    { Key: 'Name', Value: 'shop-aws-vpc' },
    { Key: 'ptp-project', Value: 'shop' },
    { Key: 'ptp-target', Value: 'staging' },
  ];
  await ec2.send(
    new CreateVpcCommand({
      CidrBlock: '10.20.0.0/16',
      TagSpecifications: [{ ResourceType: 'vpc', Tags: tags }],
    }),
  );
  await iam.createRole({ RoleName: 'shop-staging-cluster', AssumeRolePolicyDocument: '{}', Tags: tags });
  await rds.createDBInstance({
    DBInstanceIdentifier: 'shop-staging-database',
    DBInstanceClass: 'db.t4g.micro',
    Engine: 'postgres',
    AllocatedStorage: 20,
    MasterUsername: 'someone',
    MasterUserPassword: 'not-a-secret-of-anybody',
  });
}

test('killed at every change of making and of taking away, it ends as an undisturbed run does, and a neighbour has what they had', async () => {
  await up(shop());
  const undisturbed = await account.inventory();
  await account.reset();
  await neighbours();
  const before = await account.inventory();
  const kills = await killedAtEveryChange((signal) => up(shop(), signal));
  expect(kills).toBeGreaterThan(40);
  const made = await account.inventory();
  expect(made.filter((line) => !before.includes(line))).toEqual(undisturbed);
  expect(made).toEqual(expect.arrayContaining([...before]));
  expect(await killedAtEveryChange((signal) => down(shop(), signal))).toBeGreaterThan(30);
  expect(withoutSnapshots(await account.inventory())).toEqual(before);
});

test('a service that is busy, in trouble, and does not answer what it has done is asked again; nothing is made twice', async () => {
  await up(shop());
  const undisturbed = await account.inventory();
  await account.reset();
  const asked = new Map<string, number>();
  account.intercept = (call) => {
    if (call.service === 'sts') return 'answer';
    // What a call is told apart by when it is repeated differs each time.
    const body = call.body.replaceAll(
      /ClientToken=[^&]+|"client\w*Token":"[^"]+"|<CallerReference>.*?</g,
      '',
    );
    const key = `${call.name} ${call.path} ${body}`;
    const times = (asked.get(key) ?? 0) + 1;
    asked.set(key, times);
    if (times === 1)
      return errorOf(
        call,
        call.service === 'ec2' ? 'RequestLimitExceeded' : 'ThrottlingException',
        'slow down',
      );
    if (times === 2) return errorOf(call, 'InternalFailure', 'we are sorry', 500);
    if (times === 3 && call.changes) return 'take effect and break off';
    return 'answer';
  };
  await up(shop());
  account.intercept = undefined;
  expect(await account.inventory()).toEqual(undisturbed);
});

describe('the cluster', () => {
  const statusIs = (status: string) => (body: string) =>
    body
      .replace('"status":"ACTIVE"', `"status":"${status}"`)
      .replace('"status": "ACTIVE"', `"status":"${status}"`);

  test('that takes long is waited for, with how long it usually takes', async () => {
    let looks = 0;
    account.alter = ({ name }, body) => {
      if (name !== 'eks DescribeCluster') return body;
      looks += 1;
      return looks < 30 ? statusIs('CREATING')(body) : body;
    };
    const events: Event[] = [];
    await up(small(), undefined, events);
    const told = events.filter((event) => event.kind === 'progress' && event.task === 'make cluster');
    expect(told.at(-1)).toMatchObject({ text: 'EKS cluster shop-aws (usually 10 min)' });
    expect(changes().filter((name) => name === 'eks CreateCluster')).toHaveLength(1);
  });

  test('that an earlier run left failed is made anew; one that fails in this run is not, and says why', async () => {
    await up(small());
    let deleted = false;
    account.alter = ({ name }, body) => {
      if (name === 'eks DeleteCluster') deleted = true;
      return name === 'eks DescribeCluster' && !deleted ? statusIs('FAILED')(body) : body;
    };
    await up(small());
    expect(changes().filter((name) => name === 'eks CreateCluster')).toHaveLength(2);
    account.alter = ({ name }, body) => (name === 'eks DescribeCluster' ? statusIs('FAILED')(body) : body);
    await expect(up(small())).rejects.toThrow(/EKS cluster shop-aws failed/);
  });

  test('is asked for again while its role is not known everywhere', async () => {
    let refused = 0;
    account.intercept = (call) => {
      if (call.name !== 'eks CreateCluster' || refused === 2) return 'answer';
      refused += 1;
      return errorOf(
        call,
        'InvalidParameterException',
        'Role with arn: arn:aws:iam::123456789012:role/shop-aws-cluster, could not be assumed because it does not exist or the trusted entity is not correct',
      );
    };
    await up(small());
    expect(refused).toBe(2);
    expect(heads(await account.inventory())).toContain('cluster shop-aws');
  });

  test('that differs is put right: its ranges of addresses, and that the caller has access', async () => {
    await up(small());
    const { eks } = clientsBehind(account);
    await eks.deleteAccessEntry({
      clusterName: 'shop-aws',
      principalArn: 'arn:aws:iam::123456789012:user/deployer',
    });
    account.calls.length = 0;
    account.intercept = undefined;
    const made = await up(small());
    expect(made).toBeDefined();
    expect(changes()).toEqual(['eks CreateAccessEntry', 'eks AssociateAccessPolicy']);
    expect((await account.inventory()).find((line) => line.startsWith('cluster'))).toContain(
      'access arn:aws:iam::123456789012:user/deployer',
    );
    const limited = small({ access: ['203.0.113.0/24'] });
    account.calls.length = 0;
    await up(limited);
    await up(limited);
    expect(changes()).toEqual(['eks UpdateClusterConfig']);
  });
});

test('what may not be asked for is told of once, with where to read what it takes', async () => {
  account.intercept = (call) =>
    call.name === 'eks CreateCluster'
      ? errorOf(
          call,
          'AccessDeniedException',
          'User: arn:aws:iam::123456789012:user/deployer is not authorized to perform: eks:CreateCluster',
          403,
        )
      : 'answer';
  const refused = await up(small()).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(UserMistake);
  expect((refused as UserMistake).problems).toMatchObject([
    {
      what: expect.stringContaining('not authorized to perform: eks:CreateCluster'),
      next: expect.stringContaining('docs/permissions'),
    },
  ]);
});

test('credentials that end in the middle are told as such, and the next run goes on', async () => {
  account.intercept = (call) =>
    call.name === 'ec2 CreateSubnet' ? errorOf(call, 'RequestExpired', 'Request has expired.') : 'answer';
  await expect(up(small())).rejects.toThrow(/Request has expired/);
  account.intercept = undefined;
  await up(small());
  expect(heads(await account.inventory())).toContain('cluster shop-aws');
});

test("somebody else's of the same name is refused and left alone, and so is what another made in the same moment", async () => {
  const ecr = new ECR({
    region: 'eu-west-1',
    endpoint: account.moto,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  await ecr.createRepository({ repositoryName: 'shop-aws/traefik', tags: [{ Key: 'team', Value: 'other' }] });
  await expect(up(small())).rejects.toThrow(
    /ECR repository shop-aws\/traefik is there already and is not this project's/,
  );
  const { foreign } = await down(small());
  expect(foreign).toEqual(['ECR repository shop-aws/traefik']);
  expect(heads(await account.inventory())).toEqual(['repository shop-aws/traefik']);
  await ecr.deleteRepository({ repositoryName: 'shop-aws/traefik' });
  // A second run that was a moment faster: the same role, with our tags.
  account.intercept = async (call): Promise<Verdict> => {
    if (call.name === 'iam CreateRole' && call.form.get('RoleName') === 'shop-aws-node') {
      account.intercept = undefined;
      await clientsBehind(account).iam.createRole({
        RoleName: 'shop-aws-node',
        AssumeRolePolicyDocument: call.form.get('AssumeRolePolicyDocument') ?? '',
        Tags: [
          { Key: 'ptp-project', Value: 'shop' },
          { Key: 'ptp-target', Value: 'aws' },
        ],
      });
    }
    return 'answer';
  };
  await up(small());
  expect((await account.inventory()).find((line) => line.startsWith('role shop-aws-node'))).toContain(
    'AmazonEC2ContainerRegistryPullOnly,AmazonEKSWorkerNodeMinimalPolicy',
  );
});

test('a role of another region, whose cluster would be forgotten, stops everything', async () => {
  await up(small());
  await expect(up(small({ region: 'eu-central-1' }))).rejects.toThrow(/is in eu-west-1, and ptp.yaml says/);
});

test("the domain is written to a zone of somebody else's, marked, refused where it is another's, and taken out again", async () => {
  const project = small({ zone: 'acme.dev' });
  const work = await enterAws(account, project);
  const { zone, resources } = stack(project);
  await expect(ensure(work, project, [zone])).rejects.toThrow(/there is no Route 53 zone acme.dev/);
  const route53 = await work.session.api.route53();
  await route53.createHostedZone({ Name: 'acme.dev', CallerReference: 'theirs' });
  await ensure(work, project, [zone]);
  await aws.point(work.session, project, work.seen, '192.0.2.1');
  await aws.point(work.session, project, work.seen, '192.0.2.2');
  const records = () =>
    account.inventory().then((all) => all.find((line) => line.startsWith('zone acme.dev.')) ?? '');
  expect(await records()).toContain('A shop.acme.dev.,');
  expect(await records()).toContain('TXT _ptp.shop.acme.dev.');
  const theirs = small({ zone: 'acme.dev' });
  const other = { ...theirs, target: { ...theirs.target, name: 'other' } };
  const { resources: others } = aws.stack(other);
  await expect(
    ensure(
      await enterAws(account, other),
      other,
      others.filter(({ id }) => id === 'zone' || id === 'record'),
    ),
  ).rejects.toThrow(/DNS record shop.acme.dev is there already/);
  await observe(work, resources);
  await dismantle(work, resources, { lastCopy: true });
  expect(await records()).toBe('zone acme.dev. NS acme.dev.,SOA acme.dev. ');
});

test('the registry, the cluster and the password of its database are handed on', async () => {
  const project = shop();
  const work = await enterAws(account, project);
  await ensure(work, project, aws.stack(project).resources);
  const registry = await aws.registry(work.session, project, work.seen);
  expect(registry).toMatchObject({
    name: '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
    prefix: 'shop-aws',
    credentials: { username: 'AWS' },
  });
  const cluster = await aws.cluster(work.session, project, work.seen);
  expect(cluster).toMatchObject({ name: 'shop-aws', storageClass: 'ptp-gp3' });
  expect((await cluster.token()).reveal()).toMatch(/^k8s-aws-v1\./);
  const { database } = cluster.databases;
  expect(database).toMatchObject({ port: 5432, cidr: '10.20.0.0/16', admin: { username: 'ptp_admin' } });
  expect((await database?.admin.password())?.reveal()).not.toBe('');
  expect(cluster.acme?.dns01).toMatchObject({ route53: { region: 'eu-west-1' } });
  expect(aws.nameServers(work.seen, project)).not.toEqual([]);
  expect(await aws.leftovers(work.session, project)).toEqual([]);
  await work.session.close();
});

test('what is left with our tags is told of: of a service, a component and a domain that are no more', async () => {
  const project = shop();
  const work = await enterAws(account, project);
  const { resources } = stack(project);
  await ensure(work, project, resources);
  const { target } = small();
  const later = { ...small(), target: { ...target, domain: 'store.acme.dev' } };
  const left = await aws.leftovers(work.session, later);
  expect(left.map(({ kind, name }) => `${kind} ${name}`).sort()).toEqual([
    'ECR repository shop-aws/acme-solver',
    'ECR repository shop-aws/cert-manager-acme',
    'ECR repository shop-aws/web',
    'RDS PostgreSQL shop-aws-database',
    'Route 53 zone shop.acme.dev',
  ]);
  await work.session.close();
});

test('a quota that is used up and rights that lack are told of before anything is made; what may not be asked is no obstacle', async () => {
  const project = small();
  const work = await enterAws(account, project);
  const { resources } = stack(project);
  // moto knows no simulation: its answer is written here, as IAM documents it.
  const decision = (allowed: boolean) => (action: string) =>
    `<member><EvalActionName>${action}</EvalActionName><EvalDecision>${allowed ? 'allowed' : 'implicitDeny'}</EvalDecision></member>`;
  const simulated = (allowed: (action: string) => boolean) => {
    account.intercept = (call) => {
      if (call.name !== 'iam SimulatePrincipalPolicy') return 'answer';
      const actions = [...call.form].flatMap(([key, value]) =>
        key.startsWith('ActionNames.member') ? [value] : [],
      );
      const members = actions.map((action) => decision(allowed(action))(action)).join('');
      return {
        status: 200,
        headers: { 'content-type': 'text/xml' },
        body: `<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><SimulatePrincipalPolicyResult><EvaluationResults>${members}</EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`,
      };
    };
  };
  simulated(() => true);
  expect(await aws.obstacles(work.session, project, resources)).toEqual([]);
  simulated((action) => action !== 'eks:CreateCluster');
  const { ec2 } = clientsBehind(account);
  for (const third of [1, 2, 3, 4]) await ec2.createVpc({ CidrBlock: `10.${third}.0.0/16` });
  const told = await aws.obstacles(work.session, project, resources);
  expect(told.map(({ what }) => what)).toEqual([
    expect.stringContaining('all 5 VPCs that the account may have in eu-west-1 are in use'),
    expect.stringContaining('user/deployer may not eks:CreateCluster'),
  ]);
  account.intercept = (call) =>
    /quotas|iam/.test(call.service) ? errorOf(call, 'AccessDenied', 'not for you', 403) : 'answer';
  expect(await aws.obstacles(work.session, project, resources)).toEqual([]);
  expect(changes()).toEqual([]);
  await work.session.close();
});

test("no credentials are none; wrong ones, another account's and the root user's are one clear mistake each", async () => {
  const rejected = async () => {
    const error = await enterAws(account, small({ account: '123456789012' })).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(UserMistake);
    return (error as UserMistake).message;
  };
  account.intercept = (call) =>
    errorOf(call, 'InvalidClientTokenId', 'The security token included in the request is invalid.', 403);
  expect(await rejected()).toMatch(/AWS does not take the credentials at hand: InvalidClientTokenId/);
  account.intercept = (call) => errorOf(call, 'ExpiredToken', 'The security token has expired', 403);
  expect(await rejected()).toMatch(/ExpiredToken/);
  account.intercept = undefined;
  account.alter = (_call, body) => body.replaceAll('123456789012', '210987654321');
  expect(await rejected()).toMatch(/are of account 210987654321, and the target aws is in 123456789012/);
  account.alter = (_call, body) => body.replace('user/deployer', 'root');
  expect(await rejected()).toMatch(/root user/);
  account.alter = undefined;
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...env } = account.env;
  delete process.env.AWS_ACCESS_KEY_ID;
  delete process.env.AWS_SECRET_ACCESS_KEY;
  await expect(enterAws({ env }, small())).rejects.toThrow('there are no credentials');
  Object.assign(process.env, { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY });
});
