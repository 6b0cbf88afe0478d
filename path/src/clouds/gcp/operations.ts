import { z } from 'zod';
import type { GoogleApi } from './api.ts';
import type { Service } from './endpoints.ts';
import { GoogleError } from './error.ts';

const failure = z.object({
  code: z.union([z.string(), z.number()]).optional(),
  message: z.string().optional(),
});

/** What every service tells of an operation, each in words of its own. */
export const operation = z.object({
  name: z.string(),
  /** compute, container, sqladmin */
  status: z.string().optional(),
  /** All others (google.longrunning.Operation). */
  done: z.boolean().optional(),
  error: failure.extend({ errors: z.array(failure).optional() }).optional(),
});

type Operation = z.infer<typeof operation>;

/** An operation under way. */
interface Begun {
  readonly service: Service;
  readonly path: string;
}

/** How an operation is: none is known of, it runs, it is done, or it failed. */
export type Outcome = 'none' | 'running' | 'done' | GoogleError;

/**
 * What services have begun for us, by resource: what is asked for is often taken, and refused only later by an operation
 * that nobody is told of unless he looks. It lasts as long as the program; after that resources are looked at alone.
 */
export class Operations {
  readonly #begun = new Map<string, Begun>();

  /** Remembers what a service began. */
  follow(resource: string, service: Service, path: string): void {
    this.#begun.set(resource, { service, path });
  }

  /** Looks at what was begun for a resource last; one that has ended is told of once. */
  async outcome(api: GoogleApi, resource: string): Promise<Outcome> {
    const begun = this.#begun.get(resource);
    if (begun === undefined) return 'none';
    const answer = await api.find({ service: begun.service, path: begun.path }, operation);
    if (answer !== undefined && !isDone(answer)) return 'running';
    this.#begun.delete(resource);
    return (answer === undefined ? undefined : errorIn(answer)) ?? 'done';
  }
}

/** Where an operation is looked at, by what its service answered. */
export function operationPath(service: Service, name: string, place: string): string {
  switch (service) {
    case 'compute':
    case 'sqladmin':
    case 'container':
      return `${place}/operations/${name}`;
    default:
      return `v1/${name}`;
  }
}

function isDone({ status, done }: Operation): boolean {
  return status === 'DONE' || done === true;
}

/** Why an operation failed, if it did. */
function errorIn({ error }: Operation): GoogleError | undefined {
  if (error === undefined) return undefined;
  const first = error.errors?.[0] ?? error;
  const reasons = first.code === undefined ? [] : [String(first.code)];
  return new GoogleError(first.message ?? 'no reason is told', { status: 0, reasons, changes: true });
}
