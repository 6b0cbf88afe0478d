import type { Context } from '../../../effects/context.ts';
import type { Component } from './components.ts';
import { type Obtained, obtain } from './obtain.ts';

/**
 * Obtains components, begun in their order: what the node needs comes first, and the rest goes on while it starts. Two
 * at a time: each compiles on every core, but while one downloads or links, which one core does alone, the other
 * has work for the rest.
 * @returns a promise for each, in the same order
 */
export function obtainAll(context: Context, components: readonly Component[]): readonly Promise<Obtained>[] {
  const results = components.map(() => Promise.withResolvers<Obtained>());
  for (const { promise } of results) promise.catch(() => {}); // whoever awaits it is told
  const queue = [...components.entries()];
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, component] = next;
      const result = results[index];
      await obtain(context, component).then(result?.resolve, result?.reject);
    }
  };
  for (let lane = 0; lane < 2; lane++) void worker();
  return results.map(({ promise }) => promise);
}
