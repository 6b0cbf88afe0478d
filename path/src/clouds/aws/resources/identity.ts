import { UserMistake } from '../../../core/failure.ts';
import type { Project } from '../../../project/project.ts';
import { isOurs } from '../../ownership.ts';
import type { Seen } from '../../resource.ts';
import type { Aws } from '../api.ts';
import { sameDocument } from '../same-document.ts';
import { type AwsResource, nameOf, recordOf, tagsOf } from './aws-resource.ts';

/** A role of IAM. */
export interface Role {
  readonly arn: string;
}

/** A document of IAM's policy language. */
export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Readonly<Record<string, unknown>>[];
}

interface RoleWish {
  readonly id: string;
  readonly what: string;
  /** The service that takes it on: `eks.amazonaws.com`. */
  readonly service: string;
  readonly actions: readonly string[];
  /** Managed policies, by their names. */
  readonly policies: readonly string[];
  readonly needs?: readonly AwsResource[];
  /** A policy of its own, of what is known when it is made. */
  readonly own?: { readonly name: string; document(seen: Seen, api: Aws): PolicyDocument | undefined };
  /** What that policy allows, for people. */
  readonly allows?: string;
}

/** What EKS does in the account for the cluster: nodes, volumes, load balancers, network interfaces. */
export function clusterRole(project: Project): AwsResource<Role> {
  return role(project, {
    id: 'role-cluster',
    what: 'cluster',
    service: 'eks.amazonaws.com',
    // Auto Mode tags its sessions: without the second one nothing but a cluster without nodes comes of it.
    actions: ['sts:AssumeRole', 'sts:TagSession'],
    policies: [
      'AmazonEKSClusterPolicy',
      'AmazonEKSComputePolicy',
      'AmazonEKSBlockStoragePolicyV2',
      'AmazonEKSLoadBalancingPolicy',
      'AmazonEKSNetworkingPolicy',
    ],
  });
}

/** What nodes may: join the cluster, pull images. */
export function nodeRole(project: Project): AwsResource<Role> {
  return role(project, {
    id: 'role-node',
    what: 'node',
    service: 'ec2.amazonaws.com',
    actions: ['sts:AssumeRole'],
    policies: ['AmazonEKSWorkerNodeMinimalPolicy', 'AmazonEC2ContainerRegistryPullOnly'],
  });
}

/** What cert-manager may: show that the domain is ours, by one record in one zone, and nothing else. */
export function certificatesRole(
  project: Project,
  zone: AwsResource<{ readonly id: string }>,
): AwsResource<Role> {
  const record = `_acme-challenge.${project.target.domain}`;
  return role(project, {
    id: 'role-certificates',
    what: 'certificates',
    service: 'pods.eks.amazonaws.com',
    actions: ['sts:AssumeRole', 'sts:TagSession'],
    policies: [],
    needs: [zone],
    allows: `write TXT records called ${record} to the zone ${zone.name}`,
    own: {
      name: 'dns01',
      document(seen, api) {
        const id = seen.find(zone)?.id;
        return id === undefined ? undefined : dns01Policy(api.partition, id, record);
      },
    },
  });
}

/** What DNS01 takes in one zone. Pure. */
export function dns01Policy(partition: string, zone: string, record: string): PolicyDocument {
  const resource = `arn:${partition}:route53:::hostedzone/${zone}`;
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['route53:GetChange'],
        Resource: [`arn:${partition}:route53:::change/*`],
      },
      { Effect: 'Allow', Action: ['route53:ListResourceRecordSets'], Resource: [resource] },
      {
        Effect: 'Allow',
        Action: ['route53:ChangeResourceRecordSets'],
        Resource: [resource],
        Condition: {
          'ForAllValues:StringEquals': {
            'route53:ChangeResourceRecordSetsNormalizedRecordNames': [record],
            'route53:ChangeResourceRecordSetsRecordTypes': ['TXT'],
          },
        },
      },
    ],
  };
}

/** The region that a role was made for: roles are the account's, everything that they are for is a region's. */
const regionTag = 'ptp-region';

function role(project: Project, wish: RoleWish): AwsResource<Role> {
  const name = nameOf(project, wish.what);
  const trust: PolicyDocument = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: wish.service }, Action: [...wish.actions] }],
  };
  const arnOf = (api: Aws, policy: string) => `arn:${api.partition}:iam::aws:policy/${policy}`;
  async function complete(api: Aws, seen: Seen, paths?: readonly string[]): Promise<void> {
    const iam = await api.iam();
    const due = (path: string) => paths === undefined || paths.includes(path);
    if (paths !== undefined && due('.AssumeRolePolicyDocument'))
      await iam.updateAssumeRolePolicy({ RoleName: name, PolicyDocument: JSON.stringify(trust) });
    for (const policy of wish.policies)
      if (due(`.ManagedPolicies[${policy}]`))
        await iam.attachRolePolicy({ RoleName: name, PolicyArn: arnOf(api, policy) });
    const document = wish.own?.document(seen, api);
    if (wish.own !== undefined && document !== undefined && due(`.Policies[${wish.own.name}]`))
      await iam.putRolePolicy({
        RoleName: name,
        PolicyName: wish.own.name,
        PolicyDocument: JSON.stringify(document),
      });
  }
  return {
    id: wish.id,
    kind: 'IAM role',
    name,
    needs: wish.needs ?? [],
    desired: {
      for: wish.service,
      ...(wish.policies.length === 0 ? {} : { policies: wish.policies }),
      ...(wish.allows === undefined ? {} : { allows: wish.allows }),
    },
    deadline: 300,
    async find(api, seen) {
      const iam = await api.iam();
      const { Role: found } = await iam.getRole({ RoleName: name });
      const { AttachedPolicies = [] } = await iam.listAttachedRolePolicies({ RoleName: name });
      const tags = recordOf(found?.Tags);
      const ours = isOurs(tags, project);
      const region = tags[regionTag];
      if (ours && region !== undefined && region !== api.region)
        throw new UserMistake({
          what: `the target ${project.target.name} of ${project.name} is in ${region}, and ptp.yaml says ${api.region}`,
          next: `Take it away first with \`region: ${region}\` and \`ptp down\`, or give the new one another target's name.`,
        });
      const attached = AttachedPolicies.map(({ PolicyArn = '' }) => PolicyArn);
      const wanted = wish.own?.document(seen, api);
      const own =
        wish.own === undefined || wanted === undefined
          ? undefined
          : await ownPolicy(api, name, wish.own.name);
      const trusts = sameDocument(decoded(found?.AssumeRolePolicyDocument), trust);
      return {
        state: 'ready',
        ours,
        value: { arn: found?.Arn ?? '' },
        drift: [
          ...(trusts
            ? []
            : [
                {
                  path: '.AssumeRolePolicyDocument',
                  before: decoded(found?.AssumeRolePolicyDocument),
                  after: trust,
                },
              ]),
          ...wish.policies
            .filter((policy) => !attached.includes(arnOf(api, policy)))
            .map((policy) => ({ path: `.ManagedPolicies[${policy}]`, after: policy })),
          ...(wanted === undefined || sameDocument(own, wanted)
            ? []
            : [{ path: `.Policies[${wish.own?.name}]`, before: own, after: wanted }]),
        ],
      };
    },
    async create(api, seen) {
      const iam = await api.iam();
      await iam.createRole({
        RoleName: name,
        AssumeRolePolicyDocument: JSON.stringify(trust),
        Description: `ptp: ${project.name}, target ${project.target.name}`,
        Tags: [...tagsOf(project, name), { Key: regionTag, Value: api.region }],
      });
      await complete(api, seen);
    },
    async update(api, seen, { drift }) {
      await complete(
        api,
        seen,
        drift.map(({ path }) => path),
      );
    },
    async delete(api) {
      const iam = await api.iam();
      const { AttachedPolicies = [] } = await iam.listAttachedRolePolicies({ RoleName: name });
      for (const { PolicyArn } of AttachedPolicies) await iam.detachRolePolicy({ RoleName: name, PolicyArn });
      const { PolicyNames = [] } = await iam.listRolePolicies({ RoleName: name });
      for (const PolicyName of PolicyNames) await iam.deleteRolePolicy({ RoleName: name, PolicyName });
      await iam.deleteRole({ RoleName: name });
    },
  };
}

async function ownPolicy(api: Aws, role: string, policy: string): Promise<unknown> {
  const iam = await api.iam();
  const { PolicyNames = [] } = await iam.listRolePolicies({ RoleName: role });
  if (!PolicyNames.includes(policy)) return undefined;
  const { PolicyDocument } = await iam.getRolePolicy({ RoleName: role, PolicyName: policy });
  return decoded(PolicyDocument);
}

/** IAM gives documents back as a part of a URL (RFC 3986). */
function decoded(document: string | undefined): unknown {
  if (document === undefined) return undefined;
  try {
    return JSON.parse(document.startsWith('%') ? decodeURIComponent(document) : document);
  } catch {
    return document;
  }
}
