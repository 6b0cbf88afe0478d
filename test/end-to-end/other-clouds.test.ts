import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { azureStandIn } from '../support/cloud/azure.ts';
import { databaseAddresses } from '../support/cloud/database-addresses.ts';
import { startGoogle } from '../support/cloud/gcp.ts';
import { CloudGround, type CloudTarget } from '../support/cloud/ground.ts';
import type { Reality, StandIn } from '../support/cloud/stand-in.ts';
import { withEdit } from '../support/edit.ts';
import { startLoad } from '../support/load.ts';
import { jsonResult } from '../support/ptp.ts';
import { Rows } from '../support/rows.ts';

/*
 * The reference system goes to Google Cloud and to Azure, as cloud.test.ts takes it to AWS: the account is a stand-in's,
 * the cluster, the registry and the database that it tells of are real ones. What Google's and Microsoft's own
 * descriptions do not say of their services, the stand-ins do not know either (docs/clouds).
 */

/** How a cloud is gone to. */
interface Way {
  readonly target: CloudTarget;
  /** In ptp.yaml, beside domain, namespace and certificates. */
  readonly options: string;
  /** Where its database is, in its own network, and who administers it. */
  readonly database: { readonly address: string; readonly admin: string; readonly port: number };
  readonly storageClass: string;
  /** The user that goes to its registry. */
  readonly user: string;
  /** What of its account stays on purpose. */
  readonly stays: RegExp;
  start(reality: Reality): Promise<StandIn>;
  /** Whether a token is one of those that it has given, for its API server. */
  accepts(token: string): boolean;
}

const google: Way = {
  target: { name: 'gcp', namespace: 'hello-gcp', domain: 'hello.example.org' },
  options: 'cluster: gke, region: europe-west1, account: stand-in-project',
  database: { address: databaseAddresses.gcp, admin: 'postgres', port: 5433 },
  storageClass: 'standard-rwo',
  user: 'oauth2accesstoken',
  // Switched on for the whole project; and the last copy of the data.
  stays: /^service \w+\.googleapis\.com$|^sqladmin\/projects\/[^/]+\/backups\//,
  start: startGoogle,
  accepts: (token) => token.startsWith('ya29.stand-in-'),
};

const azure: Way = {
  target: { name: 'azure', namespace: 'hello-azure', domain: 'hello.example.net' },
  options: 'cluster: aks, region: westeurope',
  database: { address: databaseAddresses.azure, admin: 'ptp', port: 5434 },
  storageClass: 'managed-csi',
  user: '00000000-0000-0000-0000-000000000000',
  // It keeps the data of what is deleted by itself, out of sight.
  stays: /^$/,
  start: azureStandIn,
  // For the application that stands for all API servers.
  accepts: (token) =>
    Buffer.from(token.split('.')[1] ?? '', 'base64url')
      .toString()
      .includes('6dae42f8-4368-4678-94ff-3960e28e3630'),
};

let ground: CloudGround;
let accepts: Way['accepts'] = () => false;

beforeAll(async () => {
  ground = await CloudGround.open(
    { instance: 'ptp-clouds', ports: { http: 29_080, https: 29_443 } },
    async (token) => accepts(token),
  );
});
afterAll(() => ground?.close());

describe.each([google, azure])('$target.name', (way) => {
  const { target } = way;
  const { name, domain, namespace } = target;
  const rows = new Rows();
  const must = (...args: readonly string[]) => ground.must(name, ...args);
  let account: StandIn;

  beforeAll(async () => {
    accepts = way.accepts;
    await ground.begin(target);
    const database = await ground.database({ cloud: name, ...way.database });
    await ground.disk(way.storageClass);
    account = await way.start({
      apiServer: ground.apiServer,
      registry: ground.registry.name,
      database: { host: database.host, port: 5432, authority: database.authority },
    });
    const line = `{ ${way.options}, domain: ${domain}, namespace: ${namespace}, certificates: own }`;
    const { NODE_EXTRA_CA_CERTS: own, ...env } = account.env;
    const authorities = own === undefined ? [] : [readFileSync(own, 'utf8')];
    ground.enter(name, line, env, authorities);
  });
  afterAll(() => account?.stop());

  test('up ends with the system serving, from images of its registry and rows in its database', async () => {
    const up = jsonResult(await must('up', '--yes', '--json')) as unknown as { readonly url: string };
    expect(up.url).toBe(`https://${domain}`);
    await rows.make(await ground.door(target));
    const images = (await ground.pods(target)).flatMap(({ spec }) =>
      (spec?.containers ?? []).map(({ image }) => image),
    );
    expect(images.length).toBeGreaterThan(5);
    for (const image of images) expect(image).toMatch(new RegExp(`^${ground.registry.name}/.+@sha256:`));
    expect([...ground.registry.users].at(-1)).toBe(way.user);
    expect((await account.inventory()).filter((line) => line.includes(domain))).not.toEqual([]);
  });

  test('the same once more changes nothing, neither in the account nor in the cluster', async () => {
    const uids = async () => (await ground.pods(target)).map(({ metadata }) => metadata.uid).sort();
    const [pods, inventory] = [await uids(), await account.inventory()];
    expect(jsonResult(await must('up', '--yes', '--json'))).toMatchObject({ isNew: false });
    expect(await uids()).toEqual(pods);
    expect(await account.inventory()).toEqual(inventory);
  });

  test('a change is rolled out under requests of which none fails', async () => {
    const door = await ground.door(target);
    const load = startLoad({ door, rate: 20, rows });
    const page = join(ground.system.place.folder, 'system/frontend/src/app.tsx');
    const [line = ''] = /.*click.*/i.exec(readFileSync(page, 'utf8')) ?? [];
    await withEdit(page, [line, line.replace('click', `press on ${name}`)], async () => {
      expect(jsonResult(await must('up', '--yes', '--json'))).toMatchObject({ rolled: ['frontend'] });
    });
    const { requests, failures } = await load.stop();
    expect(requests).toBeGreaterThan(20);
    expect(failures).toEqual([]);
    expect(await rows.lost(door)).toEqual([]);
  });

  test('the credentials of the database are exchanged while they are in use', async () => {
    const { results } = jsonResult(await must('rotate', 'database', '--rate', '20', '--json'));
    expect(results).toMatchObject([{ outcome: 'passed', traffic: { failed: 0 } }]);
    expect(await rows.lost(await ground.door(target))).toEqual([]);
  });

  test('down leaves nothing in the account but a last copy of the data', async () => {
    expect((await account.inventory()).length).toBeGreaterThan(10);
    await must('down', '--yes');
    const left = await account.inventory();
    expect(left.filter((line) => !way.stays.test(line))).toEqual([]);
  });
});
