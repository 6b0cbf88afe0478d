import { z } from 'zod';
import type { FieldChange } from '../../core/event.ts';
import type { Found, Resource, ResourceState } from '../resource.ts';
import type { GoogleApi, Request } from './api.ts';
import { differences, type Reading } from './differences.ts';
import { GoogleError } from './error.ts';
import { wordsOf } from './failure.ts';
import { filled } from './fill.ts';
import { operation, operationPath } from './operations.ts';

/** What a resource's own file says of it; the rest is alike for all that are found at a path of their own. */
export interface Rest<Schema extends z.ZodType, Value>
  extends Omit<Resource<GoogleApi, Value>, 'find' | 'create' | 'update' | 'delete'> {
  /** Where it is: the request that looks at it. */
  readonly at: Request;
  /** What asks for it. */
  readonly make: Request;
  /** What asks for its end; absent: DELETE where it is. */
  readonly remove?: (lastCopy: boolean) => Request;
  readonly answer: Schema;
  /** What its answer means. `value` of a pending one may be incomplete. */
  read(answer: z.infer<Schema>): {
    readonly state: ResourceState;
    readonly ours: boolean;
    readonly value: Value;
    readonly why?: string;
  };
  /** The members of `desired` that can be put right. */
  readonly alterable?: readonly string[];
  /** What it means that an answer leaves out a part of them; absent: nothing. */
  readonly reading?: Reading;
  /** What puts them right. */
  alter?(answer: z.infer<Schema>, drift: readonly FieldChange[]): Request;
  /** Where its operations are, where the service does not say it: `projects/{project}/global`. */
  readonly operations?: string;
}

/** A resource that is found at a path of its own. */
export function restResource<Schema extends z.ZodType, Value>(
  rest: Rest<Schema, Value>,
): Resource<GoogleApi, Value> {
  const {
    at,
    make,
    remove,
    answer: schema,
    read,
    alterable = [],
    reading,
    alter,
    operations,
    ...plain
  } = rest;
  const { id } = rest;

  const change = async (api: GoogleApi, request: Request) => {
    const answer = operation.safeParse(await api.ask(request, z.unknown()));
    if (operations === undefined || !answer.success) return;
    const path = operationPath(request.service, answer.data.name, operations);
    api.operations.follow(id, request.service, path);
  };

  return {
    ...plain,
    async find(api) {
      const answer = await api.find(at, schema);
      if (answer === undefined) return await notYet(api, id);
      const { state, ours, value, why } = read(answer);
      const wanted = Object.fromEntries(
        Object.entries(filled(rest.desired, api)).filter(([key]) => alterable.includes(key)),
      );
      const drift = state === 'ready' ? differences(wanted, answer, reading) : [];
      return { state, ours, value, drift, ...(why === undefined ? {} : { why }) };
    },
    create: (api) => change(api, make),
    ...(alter === undefined
      ? {}
      : {
          async update(api: GoogleApi, _seen, { drift }: Found<Value>) {
            const answer = await api.find(at, schema);
            if (answer !== undefined) await change(api, alter(answer, drift));
          },
        }),
    async delete(api, _seen, _found, { lastCopy }) {
      const outcome = await api.operations.outcome(api, id);
      if (outcome === 'running') return;
      if (outcome instanceof GoogleError) throw outcome;
      await change(api, remove?.(lastCopy) ?? { ...at, method: 'DELETE' });
    },
  };
}

/** What is not there may have been asked for: then it is on its way, or was refused after all. */
async function notYet<Value>(api: GoogleApi, id: string): Promise<Found<Value> | undefined> {
  const outcome = await api.operations.outcome(api, id);
  const nothing = { ours: true, value: {} as Value, drift: [] };
  if (outcome instanceof GoogleError) return { ...nothing, state: 'failed', why: wordsOf(outcome) };
  return outcome === 'running' ? { ...nothing, state: 'pending' } : undefined;
}
