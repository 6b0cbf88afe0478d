import type { Resource } from './resource.ts';

/**
 * Works on resources as soon as what they need is done, side by side where nothing is in the way.
 * @param before the resources that have to be done before one of them; those that are not among `resources` are left out
 * @returns when all are done; rejects with what fails first, when what was under way then has ended
 */
export async function inOrder<Api>(
  resources: readonly Resource<Api>[],
  before: (resource: Resource<Api>) => readonly Resource<Api>[],
  work: (resource: Resource<Api>) => Promise<void>,
): Promise<void> {
  const done = new Map<string, Promise<void>>();
  const all = new Map(resources.map((resource) => [resource.id, resource]));
  const start = (resource: Resource<Api>, path: readonly string[]): Promise<void> => {
    const begun = done.get(resource.id);
    if (begun !== undefined) return begun;
    if (path.includes(resource.id))
      throw new Error(`resources need each other: ${[...path, resource.id].join(' → ')}`);
    const first = before(resource).filter(({ id }) => all.has(id));
    const waits = first.map((one) => start(one, [...path, resource.id]));
    const promise = Promise.all(waits).then(() => work(resource));
    promise.catch(() => {}); // told below
    done.set(resource.id, promise);
    return promise;
  };
  for (const resource of resources) start(resource, []);
  const results = await Promise.allSettled(done.values());
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
