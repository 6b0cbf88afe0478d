import { expect, test } from 'vitest';
import { prices } from './prices.ts';
import { shop } from './project.test-support.ts';
import { createClusterInput } from './resources/cluster.ts';
import { dns01Policy } from './resources/identity.ts';
import { pointing } from './resources/zone.ts';
import { stack } from './stack.ts';

const parts = { role: 'arn:role', nodes: 'arn:nodes', subnets: ['subnet-1', 'subnet-2'] };

test('nodes, load balancers and volumes of Auto Mode are switched on together, and nothing of our own beside them', () => {
  expect(createClusterInput(shop(), parts)).toMatchObject({
    computeConfig: { enabled: true, nodeRoleArn: 'arn:nodes' },
    kubernetesNetworkConfig: { elasticLoadBalancing: { enabled: true }, serviceIpv4Cidr: '172.20.0.0/16' },
    storageConfig: { blockStorage: { enabled: true } },
    bootstrapSelfManagedAddons: false,
    accessConfig: { authenticationMode: 'API', bootstrapClusterCreatorAdminPermissions: false },
  });
});

test('`access` limits the public endpoint; left out, it is open', () => {
  const rangesFor = (access: readonly string[]) =>
    createClusterInput(shop({ access }), parts).resourcesVpcConfig?.publicAccessCidrs;
  expect(rangesFor(['203.0.113.0/24'])).toEqual(['203.0.113.0/24']);
  expect(rangesFor([])).toEqual(['0.0.0.0/0']);
});

test('everything needs only what is in the list, has an id of its own, and costs what the table knows', () => {
  for (const project of [
    shop(),
    shop({ databases: 'cluster', zone: 'acme.dev' }),
    shop({ databaseClass: 'db.r7g.4xlarge' }),
  ]) {
    const { resources, registry, indirect } = stack(project);
    const ids = resources.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { needs } of resources) for (const { id } of needs) expect(ids).toContain(id);
    for (const id of registry) expect(ids).toContain(id);
    const costs = [...resources, ...indirect].flatMap((one) => one.costs ?? []);
    for (const { item } of costs) expect(prices.items).toHaveProperty([item]);
  }
});

test('the smallest footprint costs what it is said to: 180 to 215 USD a month', () => {
  const { resources, indirect } = stack(shop());
  const sum = [...resources, ...indirect]
    .flatMap((one) => one.costs ?? [])
    .reduce((total, { item, quantity }) => total + (prices.items[item]?.monthly ?? Number.NaN) * quantity, 0);
  expect(sum).toBeGreaterThan(180);
  expect(sum).toBeLessThan(215);
});

test('a zone of somebody else is borrowed; without a public authority nobody may write to it', () => {
  const borrowed = stack(shop({ zone: 'acme.dev' })).resources.filter((one) => one.borrowed === true);
  expect(borrowed.map(({ name }) => name)).toEqual(['acme.dev']);
  const { target, ...project } = shop();
  const { acme: _acme, ...cloud } = target.cloud ?? (undefined as never);
  const ids = stack({ ...project, target: { ...target, cloud } }).resources.map(({ id }) => id);
  expect(ids).not.toContain('role-certificates');
  expect(ids).not.toContain('pod-identity');
});

test('who is scaled gets somebody who tells what pods use', () => {
  const [web, ...others] = shop().components;
  if (web === undefined) throw new Error('the shop has a component');
  const addOnsFor = (max: number) => {
    const scale = { max, cpu: { percent: 80 }, up: 60, down: 300 };
    const components = [{ ...web, replicas: 2, scale }, ...others];
    return stack({ ...shop(), components }).resources.filter(({ kind }) => kind === 'EKS add-on');
  };
  expect(addOnsFor(4)).toMatchObject([{ name: 'metrics-server', needs: [{ id: 'cluster' }] }]);
  expect(addOnsFor(2)).toEqual([]);
});

test('cert-manager may write one TXT record to one zone', () => {
  expect(dns01Policy('aws', 'Z1', '_acme-challenge.shop.acme.dev').Statement).toContainEqual({
    Effect: 'Allow',
    Action: ['route53:ChangeResourceRecordSets'],
    Resource: ['arn:aws:route53:::hostedzone/Z1'],
    Condition: {
      'ForAllValues:StringEquals': {
        'route53:ChangeResourceRecordSetsNormalizedRecordNames': ['_acme-challenge.shop.acme.dev'],
        'route53:ChangeResourceRecordSetsRecordTypes': ['TXT'],
      },
    },
  });
});

test('the domain points to an address by its number, to a load balancer by an alias, with a mark beside it', () => {
  expect(pointing(shop(), { ip: '192.0.2.1' })).toMatchObject([
    { Name: 'shop.acme.dev', Type: 'A', ResourceRecords: [{ Value: '192.0.2.1' }] },
    {
      Name: '_ptp.shop.acme.dev',
      Type: 'TXT',
      ResourceRecords: [{ Value: '"ptp-project=shop,ptp-target=aws"' }],
    },
  ]);
  expect(pointing(shop(), { ip: '2001:db8::1' })[0]).toMatchObject({ Type: 'AAAA' });
  expect(pointing(shop(), { balancer: 'k8s.elb.amazonaws.com', zone: 'Z2' })[0]).toEqual({
    Name: 'shop.acme.dev',
    Type: 'A',
    AliasTarget: { DNSName: 'k8s.elb.amazonaws.com', HostedZoneId: 'Z2', EvaluateTargetHealth: false },
  });
});
