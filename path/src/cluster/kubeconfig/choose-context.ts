import { stringify } from 'yaml';
import { UserMistake } from '../../core/failure.ts';
import { oneLine } from '../../core/one-line.ts';
import { Secret } from '../../core/secret.ts';
import type { Target } from '../../project/project.ts';
import type { FoundKubeconfig } from './find-kubeconfig.ts';

const mostNamed = 20;

/** A context, and a kubeconfig with nothing but it: other clusters' credentials stay where they are. */
export interface ChosenContext {
  readonly name: string;
  readonly kubeconfig: Secret;
}

/**
 * Takes the context that the target names, else the current one.
 * @throws UserMistake with the contexts that there are
 */
export function chooseContext(
  { document, source }: FoundKubeconfig,
  target: Pick<Target, 'name' | 'context'>,
): ChosenContext {
  const { contexts, clusters, users } = document;
  const names = contexts.map((entry) => entry.name);
  const name = target.context ?? document.currentContext;
  const where = { key: `targets.${target.name}.context` };
  const next =
    names.length === 0
      ? 'Name another kubeconfig.'
      : oneLine(
          `Name one of its contexts: ${names.slice(0, mostNamed).join(', ')}${names.length > mostNamed ? ', …' : '.'}`,
        );
  if (name === undefined) throw new UserMistake({ what: `no context is current in ${source}`, where, next });
  const context = contexts.find((entry) => entry.name === name);
  if (context === undefined)
    throw new UserMistake({ what: oneLine(`there is no context ${name} in ${source}`), where, next });
  const cluster = clusters.find((entry) => entry.name === context.value.cluster);
  const server = cluster?.value.server;
  if (
    cluster === undefined ||
    typeof server !== 'string' ||
    !/^https?:\/\//.test(server) ||
    !URL.canParse(server)
  ) {
    const what = oneLine(`the context ${name} in ${source} names no cluster with a server`);
    throw new UserMistake({ what, where, next });
  }
  const user = users.find((entry) => entry.name === context.value.user);
  const text = stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    contexts: [{ name, context: context.value }],
    clusters: [{ name: cluster.name, cluster: cluster.value }],
    users: user === undefined ? [] : [{ name: user.name, user: user.value }],
  });
  return { name, kubeconfig: new Secret(text) };
}
