/** Google's services that are called, by the first part of their hosts' names, and where they answer. */
const usual = {
  artifactregistry: 'https://artifactregistry.googleapis.com/',
  cloudresourcemanager: 'https://cloudresourcemanager.googleapis.com/',
  compute: 'https://compute.googleapis.com/compute/v1/',
  container: 'https://container.googleapis.com/',
  dns: 'https://dns.googleapis.com/',
  iam: 'https://iam.googleapis.com/',
  servicenetworking: 'https://servicenetworking.googleapis.com/',
  serviceusage: 'https://serviceusage.googleapis.com/',
  sqladmin: 'https://sqladmin.googleapis.com/',
} as const;

/** A service of Google's, by the first part of its host's name. */
export type Service = keyof typeof usual;

export const services = Object.keys(usual) as readonly Service[];

/**
 * Where a service answers; ends in a slash. `CLOUDSDK_API_ENDPOINT_OVERRIDES_<SERVICE>` says another place, as it does to
 * Google's own `gcloud` (private endpoints of a company's network are named so).
 */
export function endpointOf(service: Service, env: Readonly<Record<string, string | undefined>>): string {
  const given = env[`CLOUDSDK_API_ENDPOINT_OVERRIDES_${service.toUpperCase()}`];
  if (given === undefined || given === '') return usual[service];
  return given.endsWith('/') ? given : `${given}/`;
}
