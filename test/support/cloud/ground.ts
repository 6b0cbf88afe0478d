import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { list } from '../../../path/src/kubernetes/list.ts';
import type { Pod, StatefulSet } from '../../../path/src/kubernetes/objects.ts';
import type { Door } from '../door.ts';
import { type Ended, ptp } from '../ptp.ts';
import { System, type SystemOptions } from '../system.ts';
import { until } from '../until.ts';
import { type CloudApiServer, cloudApiServer } from './api-server.ts';
import { type CloudControllers, cloudControllers } from './controllers.ts';
import { type CloudDatabase, type CloudDatabasePlace, cloudDatabase } from './database.ts';
import { type RegistryDoor, registryDoor } from './registry-door.ts';

/** Where the system goes in a cloud. */
export interface CloudTarget {
  /** `aws`, the target's name in ptp.yaml. */
  readonly name: string;
  readonly namespace: string;
  readonly domain: string;
}

/**
 * What a cloud's stand-in cannot run itself, for real: a cluster, which is an instance of the local one with a system of
 * its own, its registry, its API server, and databases, each as a cloud shows them.
 */
export class CloudGround {
  readonly system: System;
  readonly registry: RegistryDoor;
  readonly apiServer: CloudApiServer;
  readonly #folder: string;
  readonly #node: string;
  /** PostgreSQL, as its nodes pull it. */
  readonly #postgres: string;
  readonly controllers: CloudControllers;
  #target: CloudTarget | undefined;
  readonly #databases: CloudDatabase[] = [];

  private constructor(
    system: System,
    parts: {
      readonly registry: RegistryDoor;
      readonly apiServer: CloudApiServer;
      readonly folder: string;
      readonly node: string;
      readonly postgres: string;
      readonly controllers: CloudControllers;
    },
  ) {
    this.system = system;
    this.registry = parts.registry;
    this.apiServer = parts.apiServer;
    this.#folder = parts.folder;
    this.#node = parts.node;
    this.#postgres = parts.postgres;
    this.controllers = parts.controllers;
  }

  /** @param accepts whether the cloud knows a token of the API server's */
  static async open(
    options: SystemOptions,
    accepts: (token: string) => Promise<boolean>,
  ): Promise<CloudGround> {
    const system = new System(options);
    await system.must('down', '--data', '--yes'); // what an earlier run left when it was killed
    // The cluster is somebody's: it has no monitoring of ours yet.
    await ptp({ ...system.place, env: { ...system.place.env, PTP_MONITORING: 'none' } }, ['up']);
    const kubeconfig = (await system.must('kubeconfig')).stdout;
    const node = /server: https:\/\/([\d.]+):/.exec(kubeconfig)?.[1] ?? '';
    const registry = await registryDoor(options.instance, node);
    const apiServer = await cloudApiServer(kubeconfig, accepts);
    const postgres = await system.cluster(async (client) => {
      const set = await client.get<StatefulSet>('/apis/apps/v1/namespaces/hello/statefulsets/database');
      return set.spec?.template.spec?.containers[0]?.image ?? '';
    });
    const controllers = await cloudControllers(system, node);
    const folder = mkdtempSync(join(tmpdir(), 'ptp-cloud-'));
    return new CloudGround(system, { registry, apiServer, folder, node, postgres, controllers });
  }

  /** Runs PostgreSQL as a cloud would, with the very image that the cluster's own system has. */
  async database(place: CloudDatabasePlace): Promise<CloudDatabase> {
    const made = await this.system.cluster((client) =>
      cloudDatabase(client, this.#postgres, this.#node, place),
    );
    this.#databases.push(made);
    return made;
  }

  /** What a cloud would make of a claim of this class: a disk. */
  async disk(storageClassName: string): Promise<void> {
    const name = `disk-of-${storageClassName}`;
    const path = `/var/lib/ptp/${this.system.instance}/volumes/${name}`;
    mkdirSync(path, { recursive: true });
    chmodSync(path, 0o777); // what `fsGroup` does to a disk
    const body = {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name },
      spec: {
        storageClassName,
        accessModes: ['ReadWriteOnce'],
        capacity: { storage: '2Gi' },
        hostPath: { path },
      },
    };
    await this.system.cluster((client) =>
      client.send({ method: 'POST', path: '/api/v1/persistentvolumes', body }),
    );
  }

  /**
   * From now on commands find the cloud by these variables, trust these authorities beside what this machine trusts
   * already, and ptp.yaml has this for its target.
   */
  enter(
    target: string,
    line: string,
    env: Readonly<Record<string, string>>,
    authorities: readonly string[],
  ): void {
    const file = join(this.#folder, `${target}.pem`);
    const { NODE_EXTRA_CA_CERTS: known = '' } = process.env;
    const others = known === '' ? [] : [readFileSync(known, 'utf8')];
    writeFileSync(file, [...others, this.registry.authority, ...authorities].join('\n'));
    Object.assign(this.system.place.env, { ...env, NODE_EXTRA_CA_CERTS: file, AWS_CA_BUNDLE: file });
    const config = join(this.system.place.folder, 'ptp.yaml');
    const written = readFileSync(config, 'utf8').replace(
      new RegExp(`^ {2}${target}: .*\n`, 'm'),
      `  ${target}: ${line}\n`,
    );
    writeFileSync(config, written);
  }

  /** Runs a command for a target; it has to end well. */
  must(target: string, ...args: readonly string[]): Promise<Ended> {
    return this.system.must(...args, '--target', target);
  }

  pods({ namespace }: CloudTarget): Promise<readonly Pod[]> {
    return this.system.cluster((client) => list<Pod>(client, { apiVersion: 'v1', kind: 'Pod', namespace }));
  }

  /** The target's public door. */
  door(target: CloudTarget): Promise<Door> {
    return this.system.door(target);
  }

  /** Makes room: what an earlier target had goes with its cluster, but nobody takes this one away. */
  async begin(target: CloudTarget): Promise<void> {
    const before = this.#target;
    this.#target = target;
    if (before === undefined) return;
    const path = `/api/v1/namespaces/${before.namespace}`;
    await this.system.cluster(async (client) => {
      await client.send({ method: 'DELETE', path });
      await until(
        'the namespace is gone',
        () => client.find(path),
        (found) => found === undefined,
      );
    });
  }

  async close(): Promise<void> {
    try {
      await this.controllers.stop();
      await this.apiServer.stop();
      await this.registry.stop();
      for (const one of this.#databases) await one.stop();
    } finally {
      rmSync(this.#folder, { recursive: true, force: true });
      await this.system.remove();
    }
  }
}
