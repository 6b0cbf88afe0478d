import { expect, test } from 'vitest';
import type { Cluster, PublishedImage } from '../../core/handover.ts';
import { Secret } from '../../core/secret.ts';
import type { Job, NetworkPolicy } from '../../kubernetes/objects.ts';
import type { Project, Service } from '../../project/project.ts';
import type { ServiceInput } from '../service.ts';
import { managedPostgres, placeOf, withAdministrator } from './managed-postgres.ts';

const service: Service = { name: 'database', type: 'postgres', version: 17, storage: '1Gi' };
const project = { name: 'my-shop', target: { namespace: 'shop' } } as unknown as Project;
const database = {
  host: 'shop.example.com',
  port: 5433,
  cidr: '10.0.0.0/16',
  authority: '-----BEGIN CERTIFICATE-----',
  admin: { username: 'ptp', password: async () => new Secret('hidden-password') },
};
const cluster = { databases: { database } } as unknown as Cluster;
const image = { name: 'postgres-17', reference: 'r.example.com/postgres@sha256:1' } as PublishedImage;
const secrets = managedPostgres.credentials(project, service, database);
const input: ServiceInput = { project, service, cluster, image, ...secrets };
const decoded = (data: Readonly<Record<string, string>> = {}) =>
  Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  );

test('components are told where the server is and to check its certificate', () => {
  expect(decoded(secrets.binding.data)).toMatchObject({
    type: 'postgresql',
    host: 'shop.example.com',
    port: '5433',
    database: 'my_shop',
    username: 'my_shop',
    sslmode: 'verify-full',
    'ca.crt': '-----BEGIN CERTIFICATE-----',
  });
  expect(placeOf({ ...database, authority: undefined } as never)).toMatchObject({ sslmode: 'require' });
});

test('the role is made by its verifier: no statement has its password', () => {
  const { password = '' } = decoded(secrets.binding.data);
  const sql = decoded(secrets.admin.data)['roles.sql'] ?? '';
  expect(password).toHaveLength(43);
  expect(sql).not.toContain(password);
  expect(sql).toContain('SCRAM-SHA-256$');
});

test('the administrator’s password is added for the Job alone, and is no part of its name', async () => {
  const admin = await withAdministrator(secrets.admin, database);
  expect(decoded(admin.data)).toMatchObject({ username: 'ptp', password: 'hidden-password' });
  const names = [secrets.admin, admin].map((one) => jobOf({ ...input, admin: one }).metadata.name);
  expect(names[0]).toBe(names[1]);
});

test('the Job runs again for another server and for another password', () => {
  const name = jobOf(input).metadata.name;
  const moved = managedPostgres.credentials(project, service, { ...database, host: 'other.example.com' });
  expect(jobOf({ ...input, binding: moved.binding }).metadata.name).not.toBe(name);
  expect(jobOf({ ...input, admin: moved.admin }).metadata.name).not.toBe(name);
});

test('nothing but names and the database can be reached by it', () => {
  const policy = managedPostgres.plan(input).find(({ kind }) => kind === 'NetworkPolicy') as NetworkPolicy;
  expect(policy.spec?.egress?.[1]).toEqual({
    to: [{ ipBlock: { cidr: '10.0.0.0/16' } }],
    ports: [{ protocol: 'TCP', port: 5433 }],
  });
  expect(managedPostgres.bind(input)).toMatchObject({ cidr: '10.0.0.0/16', port: 5433 });
});

function jobOf(given: ServiceInput): Job {
  return managedPostgres.plan(given).find(({ kind }) => kind === 'Job') as Job;
}
