import { z } from 'zod';
import type { Project } from '../../project/project.ts';
import { isOurs } from '../ownership.ts';
import type { GoogleApi } from './api.ts';
import { nameOf } from './names.ts';
import { targetOf } from './region.ts';
import { instancesOf, serviceLabel } from './resources/database.ts';

/** Something of ours that the target does not name any more: its region, its domain or its services were changed. */
export interface Stray {
  readonly kind: 'GKE cluster' | 'DNS zone' | 'Cloud SQL instance';
  readonly name: string;
  /** The region, the domain, or the service that it was for. */
  readonly where: string;
}

const labels = z.record(z.string(), z.string()).optional();
const clusters = z.object({
  clusters: z
    .array(z.object({ name: z.string(), location: z.string().optional(), resourceLabels: labels }))
    .optional(),
});
const zones = z.object({
  managedZones: z.array(z.object({ name: z.string(), dnsName: z.string().optional(), labels })).optional(),
});

/** Clusters, zones and databases with this project's and target's labels that are none of what the target asks for. */
export async function straysOf(api: GoogleApi, project: Project): Promise<readonly Stray[]> {
  const { region, zone, databases } = targetOf(project);
  const [inRegions, inDns, instances] = await Promise.all([
    api.find({ service: 'container', path: 'v1/projects/{project}/locations/-/clusters' }, clusters),
    api.find({ service: 'dns', path: 'dns/v1/projects/{project}/managedZones' }, zones),
    instancesOf(api),
  ]);
  const services = new Set(databases === 'managed' ? project.services.map(({ name }) => name) : []);
  const own = new Set([
    ...(zone === undefined ? [nameOf(project)] : []),
    ...project.services.map((service) => nameOf(project, `${service.name}-name`)),
  ]);
  return [
    ...(inRegions?.clusters ?? [])
      .filter((each) => isOurs(each.resourceLabels, project) && each.location !== region)
      .map(({ name, location = '' }) => ({ kind: 'GKE cluster', name, where: location }) as const),
    ...(inDns?.managedZones ?? [])
      .filter((each) => isOurs(each.labels, project) && !own.has(each.name))
      .map(
        ({ name, dnsName = '' }) => ({ kind: 'DNS zone', name, where: dnsName.replace(/\.$/, '') }) as const,
      ),
    ...instances
      .map(({ name, settings }) => ({ name, labels: settings?.userLabels }))
      .filter((each) => isOurs(each.labels, project) && !services.has(each.labels?.[serviceLabel] ?? ''))
      .map((each) => {
        const where = each.labels?.[serviceLabel] ?? '';
        return { kind: 'Cloud SQL instance', name: each.name, where } as const;
      }),
  ];
}
