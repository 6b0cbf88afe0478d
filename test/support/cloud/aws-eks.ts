import type { Given } from './aws.ts';
import type { AwsCall } from './aws-calls.ts';
import type { Reality } from './stand-in.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What ministack takes of a cluster and does not tell again: the fields of Auto Mode. */
export class EksMemory {
  readonly #reality: Reality;
  readonly #kept = new Map<string, Fields>();

  constructor(reality: Reality) {
    this.#reality = reality;
  }

  forget(): void {
    this.#kept.clear();
  }

  /** What the door answers itself: ministack knows no change of a cluster. */
  answer(call: AwsCall): Given | undefined {
    if (call.name !== 'eks UpdateClusterConfig') return undefined;
    const name = call.path.split('/')[2] ?? '';
    const asked = JSON.parse(call.body) as Fields;
    this.#kept.set(name, { ...this.#kept.get(name), ...asked });
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ update: { id: 'update', status: 'InProgress', type: 'EndpointAccessUpdate' } }),
    };
  }

  /** The answer's text, with what was asked for when the cluster was made, and with the API server that there is. */
  remember(call: AwsCall, given: Given): string {
    if (call.service !== 'eks' || given.status >= 300) return given.body;
    const name =
      call.action === 'CreateCluster'
        ? (JSON.parse(call.body) as { name: string }).name
        : call.path.split('/')[2];
    if (name === undefined) return given.body;
    if (call.action === 'CreateCluster') {
      const { computeConfig, storageConfig, upgradePolicy } = JSON.parse(call.body) as Fields;
      this.#kept.set(name, { computeConfig, storageConfig, upgradePolicy });
    }
    if (call.action === 'DeleteCluster') this.#kept.delete(name);
    if (!/^(Create|Describe|Delete)Cluster$/.test(call.action)) return given.body;
    const answer = JSON.parse(given.body) as { readonly cluster: Fields };
    const kept = this.#kept.get(name);
    const { apiServer } = this.#reality;
    return JSON.stringify({
      ...answer,
      cluster: {
        ...answer.cluster,
        ...kept,
        resourcesVpcConfig: {
          ...(answer.cluster.resourcesVpcConfig as Fields),
          ...(kept?.resourcesVpcConfig as Fields | undefined),
        },
        ...(apiServer === undefined
          ? {}
          : {
              endpoint: apiServer.url,
              certificateAuthority: { data: Buffer.from(apiServer.authority).toString('base64') },
            }),
      },
    });
  }
}
