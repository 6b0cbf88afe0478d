import { rmSync } from 'node:fs';
import type { Problem } from '../../path/src/core/failure.ts';
import type { SystemHealth } from '../../path/src/core/health.ts';
import { Secret } from '../../path/src/core/secret.ts';
import { connect, type KubernetesClient } from '../../path/src/kubernetes/client.ts';
import { list } from '../../path/src/kubernetes/list.ts';
import type { Pod, SecretObject } from '../../path/src/kubernetes/objects.ts';
import { type Door, doorTo } from './door.ts';
import { copyProject } from './project-copy.ts';
import { type Ended, jsonResult, type Place, ptp, tail } from './ptp.ts';
import { Rows } from './rows.ts';
import { until } from './until.ts';

/** A pod, as far as tests compare it. */
export interface PodState {
  readonly name: string;
  readonly uid: string;
  /** The component or service that it belongs to. */
  readonly part: string;
  readonly node: string;
  readonly address: string;
  readonly restarts: number;
  readonly ready: boolean;
}

/** Which instance a system runs on, and what its commands find in their environment. */
export interface SystemOptions {
  readonly instance: string;
  readonly ports: { readonly http: number; readonly https: number };
  readonly env?: Readonly<Record<string, string>>;
}

/** Instance and ports of the tests, so that they run beside a system of the user's own. */
const ofTests: SystemOptions = { instance: 'ptp-e2e', ports: { http: 18_080, https: 18_443 } };
const domain = 'hello.localhost';
const namespace = 'hello';

/** The system under test: the reference system, carried by the tool to a local cluster of the tests' own. */
export class System {
  /** A copy of the project: tests may change it. */
  readonly place: Place;
  readonly instance: string;
  readonly ports: SystemOptions['ports'];
  /** What the system has acknowledged since its data was last taken away. */
  readonly rows = new Rows();
  #access: Secret | undefined;

  constructor({ instance, ports, env = {} }: SystemOptions = ofTests) {
    this.instance = instance;
    this.ports = ports;
    this.place = {
      folder: copyProject(),
      env: {
        PTP_INSTANCE: instance,
        PTP_HTTP_PORT: String(ports.http),
        PTP_HTTPS_PORT: String(ports.https),
        ...env,
      },
    };
  }

  /** Runs a command to its end, whatever that is. */
  ptp(...args: readonly string[]): Promise<Ended> {
    return ptp(this.place, args);
  }

  /** Runs a command that has to end well. */
  async must(...args: readonly string[]): Promise<Ended> {
    const ended = await this.ptp(...args);
    if (ended.code !== 0)
      throw new Error(`\`ptp ${args.join(' ')}\` ended with ${ended.code}:\n${tail(ended)}`);
    return ended;
  }

  /**
   * That all is well. What monitoring tells of something that a test did on purpose ends by itself, minutes after that:
   * that is waited for, and printed. Any other problem is one at once.
   */
  async mustBeWell(): Promise<void> {
    const { ended, others } = await until(
      'nothing is told any more of what was done on purpose',
      async () => {
        const look = await this.#look(() => true);
        if (look.told.length > 0) console.info(`told still: ${look.told.join(', ')}`);
        return look;
      },
      (look) => look.told.length === 0 || look.others,
      360,
    );
    if (others) throw new Error(`all is not well:\n${tail(ended)}`);
  }

  /** That all is well, but for one alert: that of what a test does on purpose. */
  async mustBeWellBut(alert: string): Promise<void> {
    const { ended, others } = await this.#look((name) => name === alert);
    if (others) throw new Error(`all is not well:\n${tail(ended)}`);
  }

  /** What `status` says: which of such alerts make it not well, and whether anything else does. */
  async #look(such: (alert: string) => boolean) {
    const ended = await this.ptp('status', '--json');
    if (ended.code === 0) return { ended, told: [], others: false };
    const { problems, health } = jsonResult(ended) as unknown as {
      readonly problems: readonly Problem[];
      readonly health?: SystemHealth;
    };
    const alerts = (health?.alerts ?? []).map(({ name }) => name).filter(such);
    const isTold = ({ what }: Problem) => alerts.some((name) => what.startsWith(`${name}: `));
    const told = problems.filter(isTold).map(({ what }) => what);
    return { ended, told, others: told.length < Math.max(problems.length, 1) };
  }

  /** The public door, with the authority that the cluster names now. */
  async door(at = { namespace, domain }): Promise<Door> {
    const secret = await this.cluster((client) =>
      client.get<SecretObject>(`/api/v1/namespaces/${at.namespace}/secrets/public-tls`),
    );
    const authority = Buffer.from(secret.data?.['ca.crt'] ?? '', 'base64').toString();
    return doorTo({ domain: at.domain, ...this.ports, authority });
  }

  /** The pods of components and services that are not about to go. */
  async pods(): Promise<readonly PodState[]> {
    const pods = await this.cluster((client) =>
      list<Pod>(client, { apiVersion: 'v1', kind: 'Pod', namespace }),
    );
    return pods
      .filter(
        ({ metadata, status }) => metadata.deletionTimestamp === undefined && status?.phase === 'Running',
      )
      .map(({ metadata, spec, status }) => ({
        name: metadata.name,
        uid: metadata.uid ?? '',
        part: metadata.labels?.['ptp.dev/component'] ?? metadata.labels?.['ptp.dev/service'] ?? '',
        node: spec?.nodeName ?? '',
        address: status?.podIP ?? '',
        restarts: (status?.containerStatuses ?? []).reduce((sum, one) => sum + one.restartCount, 0),
        ready: (status?.containerStatuses ?? []).every((one) => one.ready),
      }))
      .sort((one, other) => (one.uid < other.uid ? -1 : 1));
  }

  /** The pods of one part. Throws where there is none. */
  async podsOf(part: string): Promise<readonly [PodState, ...PodState[]]> {
    const [first, ...others] = (await this.pods()).filter((pod) => pod.part === part);
    if (first === undefined) throw new Error(`no pod of ${part} runs`);
    return [first, ...others];
  }

  /** Deletes a pod at once, as a node that is lost would. */
  async deletePod(name: string): Promise<void> {
    await this.cluster((client) =>
      client.send({
        method: 'DELETE',
        path: `/api/v1/namespaces/${namespace}/pods/${name}`,
        body: { gracePeriodSeconds: 0 },
      }),
    );
  }

  /** After the data was taken away on purpose: nothing of it is expected any more, and access is another. */
  forget(): void {
    this.rows.forget();
    this.#access = undefined;
  }

  /** After keys were made anew: the next look at the cluster asks for them. */
  forgetAccess(): void {
    this.#access = undefined;
  }

  /** Takes everything away again, the copy of the project as well. */
  async remove(): Promise<void> {
    try {
      await this.must('down', '--data', '--yes');
    } finally {
      rmSync(this.place.folder, { recursive: true, force: true });
    }
  }

  /** Works with the cluster as its administrator. */
  async cluster<T>(work: (client: KubernetesClient) => Promise<T>): Promise<T> {
    this.#access ??= new Secret((await this.must('kubeconfig')).stdout);
    const client = await connect(this.#access);
    try {
      return await work(client);
    } finally {
      await client.close();
    }
  }
}
