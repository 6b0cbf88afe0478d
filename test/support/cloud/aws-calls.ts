import type { IncomingMessage } from 'node:http';
import type { Call } from './stand-in.ts';

/** A call of AWS's. */
export interface AwsCall extends Call {
  /** The service that it is signed for: `ec2`, `eks`, `route53`. */
  readonly service: string;
  /** `CreateVpc` */
  readonly action: string;
  readonly path: string;
  readonly body: string;
  /** What it asks for, where that is a form (EC2, IAM, RDS, …). */
  readonly form: URLSearchParams;
}

type Route = readonly [method: string, path: RegExp, action: string];

const eks: readonly Route[] = [
  ['POST', /^\/clusters$/, 'CreateCluster'],
  ['GET', /^\/clusters$/, 'ListClusters'],
  ['GET', /^\/clusters\/[^/]+$/, 'DescribeCluster'],
  ['DELETE', /^\/clusters\/[^/]+$/, 'DeleteCluster'],
  ['POST', /^\/clusters\/[^/]+\/update-config$/, 'UpdateClusterConfig'],
  ['POST', /^\/clusters\/[^/]+\/access-entries$/, 'CreateAccessEntry'],
  ['GET', /^\/clusters\/[^/]+\/access-entries$/, 'ListAccessEntries'],
  ['POST', /^\/clusters\/[^/]+\/access-entries\/.+\/access-policies$/, 'AssociateAccessPolicy'],
  ['GET', /^\/clusters\/[^/]+\/access-entries\/.+\/access-policies$/, 'ListAssociatedAccessPolicies'],
  ['GET', /^\/clusters\/[^/]+\/access-entries\/.+$/, 'DescribeAccessEntry'],
  ['POST', /^\/clusters\/[^/]+\/addons$/, 'CreateAddon'],
  ['GET', /^\/clusters\/[^/]+\/addons$/, 'ListAddons'],
  ['GET', /^\/clusters\/[^/]+\/addons\/[^/]+$/, 'DescribeAddon'],
  ['DELETE', /^\/clusters\/[^/]+\/addons\/[^/]+$/, 'DeleteAddon'],
  ['POST', /^\/clusters\/[^/]+\/pod-identity-associations$/, 'CreatePodIdentityAssociation'],
  ['GET', /^\/clusters\/[^/]+\/pod-identity-associations$/, 'ListPodIdentityAssociations'],
  ['GET', /^\/clusters\/[^/]+\/pod-identity-associations\/.+$/, 'DescribePodIdentityAssociation'],
  ['POST', /^\/clusters\/[^/]+\/pod-identity-associations\/.+$/, 'UpdatePodIdentityAssociation'],
  ['DELETE', /^\/clusters\/[^/]+\/pod-identity-associations\/.+$/, 'DeletePodIdentityAssociation'],
];

const route53: readonly Route[] = [
  ['POST', /^\/2013-04-01\/hostedzone$/, 'CreateHostedZone'],
  ['GET', /^\/2013-04-01\/hostedzone$/, 'ListHostedZones'],
  ['GET', /^\/2013-04-01\/hostedzonesbyname$/, 'ListHostedZonesByName'],
  ['GET', /^\/2013-04-01\/hostedzone\/[^/]+$/, 'GetHostedZone'],
  ['DELETE', /^\/2013-04-01\/hostedzone\/[^/]+$/, 'DeleteHostedZone'],
  ['GET', /^\/2013-04-01\/hostedzone\/[^/]+\/rrset$/, 'ListResourceRecordSets'],
  ['POST', /^\/2013-04-01\/hostedzone\/[^/]+\/rrset$/, 'ChangeResourceRecordSets'],
  ['GET', /^\/2013-04-01\/tags\//, 'ListTagsForResource'],
  ['POST', /^\/2013-04-01\/tags\//, 'ChangeTagsForResource'],
];

/** What a request asks for: by its path (EKS, Route 53), its target (JSON services) or its form (the others). */
export function callOf(number: number, incoming: IncomingMessage, body: Buffer): AwsCall {
  const [, service = ''] =
    /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(incoming.headers.authorization ?? '') ?? [];
  const path = (incoming.url ?? '/').split('?')[0]?.replace(/(.)\/$/, '$1') ?? '/';
  const text = body.toString();
  const form = new URLSearchParams(/^Action=/.test(text) ? text : '');
  const target = incoming.headers['x-amz-target'];
  const routes = service === 'eks' ? eks : service === 'route53' ? route53 : [];
  const action =
    form.get('Action') ??
    (typeof target === 'string' ? target.split('.').at(-1) : undefined) ??
    routes.find(([method, pattern]) => method === incoming.method && pattern.test(path))?.[2];
  if (action === undefined || service === '')
    throw new Error(`the stand-in does not know ${incoming.method} ${path} of ${service || 'no service'}`);
  return {
    number,
    name: `${service} ${action}`,
    changes: !/^(Describe|List|Get|Simulate)/.test(action),
    service,
    action,
    path,
    body: text,
    form,
  };
}
