import { planDeploy } from '../../path/src/deploy/plan.ts';
import { apply } from '../../path/src/kubernetes/apply.ts';
import { connect } from '../../path/src/kubernetes/client.ts';
import { namespaceFor } from '../../path/src/kubernetes/namespace.ts';
import { digestOf } from '../../path/src/oci/digest.ts';
import type { Project } from '../../path/src/project/project.ts';
import { smallComponent } from '../../path/src/project/testing/small-component.ts';
import { smallProject } from '../../path/src/project/testing/small-project.ts';
import { startControlPlane } from '../../test/contract/support/api-server.ts';
import { type Row, single, spread } from '../figures.ts';
import { contextFor, type Workplace } from '../workplace.ts';

export const notes = [
  'A hundred components planned and applied to an API server with etcd and controllers, without nodes: what is measured ' +
    'is the tool and the server, not pods that start. Each component has a Deployment, a Service, an account, a ' +
    'disruption budget and network policies. The published figure is flux’s own benchmark of a hundred Kustomizations.',
];

const count = 100;

/** A hundred components: applied, compared once more, one of them changed. */
export async function measureHundred({ cache, runs, say, atEnd }: Workplace): Promise<readonly Row[]> {
  const plane = await startControlPlane();
  const end = atEnd(() => plane.stop());
  const client = await connect(plane.kubeconfig);
  const context = contextFor(cache);
  try {
    const project = projectOf();
    const options = { step: 'deploy', project: project.name } as const;
    const planned = (edition: string) => {
      const images = project.components.map(({ name }) => {
        const digest = digestOf(`${name} ${edition}`);
        return { name, digest, reference: `registry.example/hundred/${name}@${digest}`, tags: [] };
      });
      const { ground, workloads } = planDeploy({ project, images, bindings: [] });
      return [namespaceFor(project.target.namespace), ...ground, ...workloads];
    };
    const timed = async (work: () => Promise<unknown>) => {
      const began = performance.now();
      await work();
      return (performance.now() - began) / 1000;
    };
    say(`hundred: ${planned('one').length} objects applied for the first time`);
    const first = await timed(() => apply(context, client, planned('one'), options));
    const [again, changed]: [number[], number[]] = [[], []];
    for (let run = 1; run <= runs; run += 1) {
      say(`hundred: round ${run} of ${runs}`);
      again.push(await timed(() => apply(context, client, planned(`${run - 1 || 'one'}`), options)));
      changed.push(await timed(() => apply(context, client, planned(`${run}`), options)));
    }
    return [
      {
        id: 'hundred/first',
        what: `${count} components, ${planned('one').length} objects: planned and applied`,
        unit: 's',
        ours: single(first),
        peers: [{ name: 'flux 2.5', spread: single(28), published: true }],
      },
      {
        id: 'hundred/unchanged',
        what: 'the same again, nothing changed',
        unit: 's',
        ours: spread(again),
        peers: [],
      },
      {
        id: 'hundred/changed',
        what: 'the same with a new image in every component',
        unit: 's',
        ours: spread(changed),
        peers: [],
      },
    ];
  } finally {
    await client.close();
    await end();
  }
}

/** Components in a row, each of which talks to the next. */
function projectOf(): Project {
  const names = Array.from({ length: count }, (_, index) => `part-${index}`);
  const components = names.map((name, index) =>
    smallComponent(name, {
      replicas: 2,
      resources: { cpu: '10m', memory: '32Mi', memoryLimit: '64Mi' },
      talksTo: [names[index + 1] ?? []].flat(),
      ...(index === 0 ? { route: '/' } : {}),
    }),
  );
  return smallProject(
    { name: 'hundred', components },
    { name: 'bench', domain: 'hundred.localhost', namespace: 'hundred', instance: 'hundred' },
  );
}
