import { StepFailed } from '../core/failure.ts';
import { monitoringNamespace } from '../core/monitoring.ts';
import { Secret } from '../core/secret.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { SecretObject } from '../kubernetes/objects.ts';
import type { Alerts, Project, SecretPlace } from '../project/project.ts';
import { placesKey, settingsName } from './plan.ts';

/** Values by the places that ptp.yaml names. */
export type Places = ReadonlyMap<SecretPlace, Secret>;

/**
 * Looks up the values that `alerts` in ptp.yaml names: in this process's environment, or in Secrets of the project's
 * namespace. A variable that is not set here keeps the value of the last `up` that had it; one that never was is told
 * of and left out.
 * @throws StepFailed where a Secret is not there or lacks the key
 */
export async function readPlaces(
  context: Pick<Context, 'emit' | 'signal'>,
  client: KubernetesClient,
  { name, target, alerts = {} }: Pick<Project, 'name' | 'target' | 'alerts'>,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Places> {
  const found = new Map<SecretPlace, Secret>();
  const path = `/api/v1/namespaces/${monitoringNamespace(target)}/secrets/${settingsName(name)}`;
  let before: Readonly<Record<string, string>> | undefined;
  for (const place of placesIn(alerts)) {
    const [kind, which = ''] = place.split(/:(.*)/s);
    if (kind === 'secret') {
      found.set(place, await fromSecret(context, client, target.namespace, which));
      continue;
    }
    before ??= kept(await client.find<SecretObject>(path, {}, context.signal));
    const value = env[which] === undefined || env[which] === '' ? before[place] : env[which];
    if (value !== undefined) found.set(place, new Secret(value));
    else
      context.emit({
        kind: 'warning',
        step: 'observe',
        problem: {
          what: `ptp.yaml sends alerts to where ${which} says, and that variable is not set: they go nowhere`,
          where: { key: 'alerts' },
          next: `Set ${which} and run \`ptp up\` once; it is kept in the cluster.`,
        },
      });
  }
  return found;
}

/** Every place that is named, each once. */
function placesIn({ webhook, slack, email, deadman }: Alerts): readonly SecretPlace[] {
  const all = [webhook, slack, email?.password, deadman].filter((place) => place !== undefined);
  return [...new Set(all)];
}

function kept(settings: SecretObject | undefined): Readonly<Record<string, string>> {
  const encoded = settings?.data?.[placesKey];
  return encoded === undefined ? {} : JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'));
}

async function fromSecret(
  context: Pick<Context, 'signal'>,
  client: KubernetesClient,
  namespace: string,
  which: string,
): Promise<Secret> {
  const [name = '', key = ''] = which.split('/');
  const path = `/api/v1/namespaces/${namespace}/secrets/${name}`;
  const encoded = (await client.find<SecretObject>(path, {}, context.signal))?.data?.[key];
  if (encoded !== undefined) return new Secret(Buffer.from(encoded, 'base64').toString('utf8').trim());
  throw new StepFailed({
    what: `ptp.yaml sends alerts to where a Secret says, and there is no ${key} in ${namespace}/${name}`,
    where: { object: `${namespace}/secret/${name}` },
    next: 'Make the Secret, then run `ptp up` again.',
  });
}
