import { databaseAddresses } from '../database-addresses.ts';
import { type Account, type Asked, type Doc, type Handler, Refused, text } from './account.ts';

const keyOf = ({ parameters }: Asked, name = parameters.instance) =>
  `sqladmin/projects/${parameters.project}/instances/${name}`;

/** What Cloud SQL refuses that its document does not say, as far as it is known. */
function check({ account }: Asked, body: Doc): void {
  const invalid = (message: string) => new Refused(400, 'invalid', message);
  const settings = (body.settings ?? {}) as Doc;
  const tier = text(settings, 'tier');
  if (!/^db-(f1-micro|g1-small|custom-\d+-\d+)$/.test(tier))
    throw invalid(`Invalid Tier (${tier}) for (ENTERPRISE) Edition.`);
  if (settings.edition !== 'ENTERPRISE')
    throw invalid(`Invalid Tier (${tier}) for (ENTERPRISE_PLUS) Edition.`);
  const network = text((settings.ipConfiguration ?? {}) as Doc, 'privateNetwork');
  const peerings = (account.things.get(`compute/${network}`)?.peerings ?? []) as readonly Doc[];
  if (!peerings.some(({ name }) => name === 'servicenetworking-googleapis-com'))
    throw invalid(
      'Failed to create subnetwork. Please create Service Networking connection with service servicenetworking.googleapis.com from consumer project.',
    );
}

function operation(account: Account, type: string, key: string, turn: () => void): Doc {
  const name = account.begin(key, turn);
  return { name, status: 'PENDING', operationType: type, kind: 'sql#operation' };
}

function busy(account: Account, key: string): void {
  if (account.isTurning(key))
    throw new Refused(
      409,
      'operationInProgress',
      'Operation failed because another operation was already in progress.',
    );
}

/** Only certificates of the shared authority name a host. */
function dnsNames(account: Account, name: string, region: string, settings: Doc): readonly Doc[] {
  const { serverCaMode } = (settings.ipConfiguration ?? {}) as Doc;
  if (serverCaMode !== 'GOOGLE_MANAGED_CAS_CA') return [];
  const host = account.reality.database?.host ?? `${name.split('-').at(-1)}.uid.${region}.sql-psa.goog`;
  return [
    {
      name: `${host}.`,
      connectionType: 'PRIVATE_SERVICES_ACCESS',
      dnsScope: 'INSTANCE',
      recordManager: 'CUSTOMER',
    },
  ];
}

/** Names of instances that are gone and cannot be taken again for a while; a test fills it. */
export const takenNames = new Set<string>();

/** Cloud SQL Admin v1. */
export const sqladmin: Readonly<Record<string, Handler>> = {
  'sql.instances.insert': (asked) => {
    const { account, body } = asked;
    check(asked, body);
    const key = keyOf(asked, text(body, 'name'));
    if (takenNames.has(text(body, 'name')))
      throw new Refused(
        409,
        'instanceAlreadyExists',
        'The Cloud SQL instance already exists. When you delete an instance, you cannot reuse its name for a while.',
      );
    account.mustNotBe(key);
    const { rootPassword: _hidden, ...kept } = body;
    const made = {
      ...kept,
      state: 'PENDING_CREATE',
      instanceType: 'CLOUD_SQL_INSTANCE',
      kind: 'sql#instance',
    };
    account.put(key, made);
    return operation(account, 'CREATE', key, () => {
      if (account.failing.has(text(body, 'name'))) {
        account.put(key, { ...made, state: 'FAILED' });
        return;
      }
      account.put(key, {
        ...made,
        state: 'RUNNABLE',
        ipAddresses: [
          { type: 'PRIVATE', ipAddress: account.reality.database?.host ?? databaseAddresses.gcp },
        ],
        dnsNames: dnsNames(account, text(body, 'name'), text(body, 'region'), (body.settings ?? {}) as Doc),
        serverCaCert: {
          cert:
            account.reality.database?.authority ?? '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----',
        },
      });
    });
  },
  'sql.instances.list': ({ account, parameters }) => ({
    items: account.list(`sqladmin/projects/${parameters.project}/instances`),
  }),
  'sql.instances.get': (asked) => asked.account.get(keyOf(asked)),
  'sql.instances.patch': (asked) => {
    const { account, body } = asked;
    const key = keyOf(asked);
    const now = account.get(key);
    busy(account, key);
    account.put(key, { ...now, state: 'MAINTENANCE' });
    const settings = { ...((now.settings ?? {}) as Doc), ...((body.settings ?? {}) as Doc) };
    return operation(account, 'UPDATE', key, () => {
      account.put(key, { ...now, ...body, settings, state: 'RUNNABLE' });
    });
  },
  'sql.instances.delete': (asked) => {
    const { account, query, parameters } = asked;
    const key = keyOf(asked);
    const now = account.get(key);
    busy(account, key);
    account.put(key, { ...now, state: 'PENDING_DELETE' });
    const backup = `projects/${parameters.project}/backups/of-${parameters.instance}`;
    return operation(account, 'DELETE', key, () => {
      account.things.delete(key);
      if (query.get('enableFinalBackup') === 'true')
        account.put(`sqladmin/${backup}`, {
          name: backup,
          type: 'FINAL',
          state: 'SUCCESSFUL',
          instance: text(now, 'name'),
          description: query.get('finalBackupDescription') ?? '',
          maxChargeableBytes: '1000000000',
        });
    });
  },
  'sql.users.update': (asked) => {
    const { account, query, body } = asked;
    const key = keyOf(asked);
    if (account.get(key).state !== 'RUNNABLE')
      throw new Refused(400, 'invalidState', 'The instance is not running.');
    if (query.get('name') !== 'postgres' || text(body, 'password').length < 16)
      throw new Refused(400, 'invalid', 'Invalid user');
    return operation(account, 'UPDATE_USER', `${key}/users`, () => {});
  },
  'sql.operations.get': ({ account, parameters }) => ({
    name: parameters.operation,
    status: account.isDone(parameters.operation ?? '') ? 'DONE' : 'RUNNING',
  }),
  'sql.Backups.ListBackups': ({ account, parameters }) => ({
    backups: account.list(`sqladmin/projects/${parameters.projectsId}/backups`),
  }),
};
