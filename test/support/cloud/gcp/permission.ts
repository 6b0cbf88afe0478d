/** Parts of methods' names that permissions call otherwise. */
const services: Readonly<Record<string, string>> = {
  sql: 'cloudsql',
  cloudresourcemanager: 'resourcemanager',
};
const verbs: Readonly<Record<string, string>> = { insert: 'create', patch: 'update', aggregatedList: 'list' };

/** What does not follow from the method's name (Google's pages on each service's roles; from memory). */
const others: Readonly<Record<string, readonly string[]>> = {
  'artifactregistry.projects.locations.operations.get': ['artifactregistry.repositories.get'],
  'cloudresourcemanager.projects.testIamPermissions': ['resourcemanager.projects.get'],
  'compute.globalAddresses.insert': ['compute.globalAddresses.createInternal', 'compute.networks.use'],
  'compute.globalAddresses.delete': ['compute.globalAddresses.deleteInternal'],
  'compute.networks.removePeering': ['compute.networks.removePeering'],
  'compute.routers.insert': ['compute.routers.create', 'compute.networks.updatePolicy'],
  'compute.subnetworks.insert': ['compute.subnetworks.create', 'compute.networks.updatePolicy'],
  'container.projects.locations.clusters.create': [
    'container.clusters.create',
    'compute.subnetworks.use',
    'iam.serviceAccounts.actAs',
  ],
  'dns.changes.create': [
    'dns.changes.create',
    'dns.resourceRecordSets.create',
    'dns.resourceRecordSets.delete',
    'dns.resourceRecordSets.update',
  ],
  'dns.managedZones.create': ['dns.managedZones.create', 'dns.networks.bindPrivateDNSZone'],
  'servicenetworking.services.connections.create': [
    'servicenetworking.services.addPeering',
    'compute.networks.addPeering',
    'compute.globalAddresses.use',
  ],
  'servicenetworking.services.connections.deleteConnection': ['servicenetworking.services.deleteConnection'],
  'serviceusage.services.batchGet': ['serviceusage.services.get', 'serviceusage.services.list'],
  'serviceusage.services.batchEnable': ['serviceusage.services.enable'],
  'sql.Backups.ListBackups': ['cloudsql.backupRuns.list'],
  'sql.operations.get': ['cloudsql.instances.get'],
};

/** Permissions that a method needs, as far as they are known. */
export function permissionsFor(method: string): readonly string[] {
  const [service = '', ...rest] = method.split('.');
  const [collection = '', verb = ''] = rest.slice(-2);
  const simple = `${services[service] ?? service}.${collection}.${verbs[verb] ?? verb}`;
  return others[method] ?? [simple];
}
