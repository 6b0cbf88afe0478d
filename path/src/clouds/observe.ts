import { inOrder } from './in-order.ts';
import type { Resource } from './resource.ts';
import { look, type Work } from './work.ts';

/** Looks at every resource once, changing nothing. What was found is in `work.seen` then. */
export function observe<Api>(work: Work<Api>, resources: readonly Resource<Api>[]): Promise<void> {
  return inOrder(
    resources,
    ({ needs }) => needs,
    async (resource) => {
      await look(work, resource);
    },
  );
}
