import type { Found, Resource } from '../../resource.ts';
import type { GoogleApi } from '../api.ts';
import { grantResource } from './binding.ts';
import { emailOf, type Role } from './identity.ts';
import { memberOf, policyVersion } from './node-rights.ts';
import type { Zone } from './zone.ts';

/** cert-manager's account in the cluster: namespace and name. */
export const certManager = { namespace: 'ptp-system', account: 'cert-manager' } as const;

/**
 * What lets cert-manager prove that the domain is ours (ACME's DNS01) without a key of Google's in the cluster: its
 * account in Kubernetes may be the service account (workload identity), which may write to this one zone.
 */
export function zoneRightsResources(
  dns: Role,
  needs: { readonly zone: Resource<GoogleApi, Zone>; readonly cluster: Resource<GoogleApi> },
): readonly Resource<GoogleApi, undefined>[] {
  const { zone, cluster } = needs;
  const on = { service: 'iam', method: 'POST' } as const;
  const account = `v1/projects/{project}/serviceAccounts/${emailOf(dns.name)}`;
  return [
    // The project's pool of identities is there when its first cluster is.
    grantResource({
      id: 'workload-identity',
      kind: 'right of cert-manager to be its service account',
      needs: [dns.account, cluster],
      role: 'roles/iam.workloadIdentityUser',
      member: `serviceAccount:{project}.svc.id.goog[${certManager.namespace}/${certManager.account}]`,
      get: {
        ...on,
        path: `${account}:getIamPolicy`,
        query: { 'options.requestedPolicyVersion': policyVersion },
      },
      set: { ...on, path: `${account}:setIamPolicy` },
    }),
    zoneRight(dns, zone),
  ];
}

/** The right to write to the zone; a borrowed zone's name is known only when it was found. */
function zoneRight(dns: Role, zone: Resource<GoogleApi, Zone>): Resource<GoogleApi, undefined> {
  const grant = (name: string) => {
    const path = `dns/v1/projects/{project}/managedZones/${name}`;
    return grantResource({
      id: 'zone-right',
      kind: 'right of cert-manager to write to the zone',
      needs: [dns.account, zone],
      role: 'roles/dns.admin',
      member: memberOf(dns),
      get: {
        service: 'dns',
        method: 'POST',
        path: `${path}:getIamPolicy`,
        body: { options: { requestedPolicyVersion: Number(policyVersion) } },
      },
      set: { service: 'dns', path: `${path}:setIamPolicy` },
    });
  };
  const { find: _find, create: _create, delete: _delete, ...plain } = grant(zone.name);
  return {
    ...plain,
    find: async (api, seen) => {
      const found = seen.find(zone);
      return found === undefined ? undefined : grant(found.name).find(api, seen);
    },
    create: (api, seen) => grant(seen.of(zone).name).create(api, seen),
    delete: (api, seen, found: Found<undefined>, options) =>
      grant(seen.of(zone).name).delete(api, seen, found, options),
  };
}

/** The zone's solver for cert-manager (acme.cert-manager.io/v1 ACMEChallengeSolver). */
export function solverOf(project: string, zone: Zone): Readonly<Record<string, unknown>> {
  return { cloudDNS: { project, hostedZoneName: zone.name } };
}
