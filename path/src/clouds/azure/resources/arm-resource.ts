import type { FieldChange } from '../../../core/event.ts';
import type { Project } from '../../../project/project.ts';
import { isOurs, ownTags } from '../../ownership.ts';
import type { Found, Resource, ResourceState, Seen } from '../../resource.ts';
import { type Answer, type Api, part, text } from '../api.ts';
import { wordsOf } from '../failure.ts';

/** What is known of every resource that was found. */
export interface Known {
  /** Its path from ARM's root. */
  readonly id: string;
  readonly ours: boolean;
}

/** A resource of Azure, as far as it differs from the others: all are asked for by PUT, and are looked at by GET. */
export interface ArmSpec<Value extends Known>
  extends Pick<
    Resource<Api, Value>,
    'id' | 'kind' | 'name' | 'needs' | 'desired' | 'usually' | 'deadline' | 'costs' | 'holdsData'
  > {
  readonly project: Project;
  readonly version: string;
  path(api: Api, seen: Seen): string;
  /** What is asked for, where it needs more than `desired`: paths and identities that are known only in an account. */
  body?(api: Api, seen: Seen): Answer;
  /** What others need of it. */
  value(answer: Answer, known: Known): Value;
  /** By what it is known as ours: its tags, what it belongs to, or a name that nobody else would give. */
  readonly ownedBy: 'tags' | 'name' | Resource<Api, Known>;
  /** How it is, where it does not tell by `properties.provisioningState`. */
  state?(answer: Answer): ResourceState;
  /** Why it failed. */
  why?(answer: Answer): string | undefined;
  /** The part of what is asked for that is compared with what the service answers; absent: none of it. */
  readonly compared?: Answer | ((seen: Seen) => Answer);
  /** By which call what differs is put right; PUT unless told. */
  readonly updateBy?: { readonly method: 'PATCH'; readonly body: Answer };
  /** What has to be true before it goes; throws where it is not. */
  beforeDelete?(api: Api, seen: Seen): Promise<void>;
}

/** A resource that ARM finds by its path and makes by PUT, which may be repeated: "declarative" in Azure's words. */
export function armResource<Value extends Known>(spec: ArmSpec<Value>): Resource<Api, Value> {
  const { id, kind, name, needs, desired, usually, deadline, costs, holdsData, project, version, ownedBy } =
    spec;
  const wanted = (api: Api, seen: Seen): Answer => ({
    ...(spec.body === undefined ? desired : spec.body(api, seen)),
    ...(ownedBy === 'tags' ? { tags: ownTags(project) } : {}),
  });
  const put = async (api: Api, seen: Seen) => {
    await api.send('PUT', spec.path(api, seen), version, seen.signal, wanted(api, seen));
  };
  return {
    id,
    kind,
    name,
    needs,
    desired,
    ...(usually === undefined ? {} : { usually }),
    deadline,
    ...(costs === undefined ? {} : { costs }),
    ...(holdsData === undefined ? {} : { holdsData }),
    async find(api, seen) {
      const path = spec.path(api, seen);
      const answer = await api.get(path, version, seen.signal);
      if (answer === undefined) {
        const failed = await api.outcome(path, seen.signal);
        if (failed === undefined) return undefined;
        // Some services take away what they could not make.
        const value = spec.value({}, { id: path, ours: true });
        return { state: 'failed', ours: true, value, drift: [], why: wordsOf(failed) };
      }
      const ours = isOwn(ownedBy, answer, seen, project);
      const known = { id: path, ours };
      const state = (spec.state ?? provisioningState)(answer);
      const why = state === 'failed' ? await reason(spec.why?.(answer), answer, api, path, seen) : undefined;
      return {
        state,
        ours,
        value: spec.value(answer, known),
        drift: ours && state === 'ready' ? differences(comparedBy(spec, seen), answer) : [],
        ...(why === undefined ? {} : { why }),
      } satisfies Found<Value>;
    },
    create: put,
    async update(api, seen) {
      const by = spec.updateBy;
      if (by === undefined) await put(api, seen);
      else await api.send(by.method, spec.path(api, seen), version, seen.signal, by.body);
    },
    async delete(api, seen) {
      await spec.beforeDelete?.(api, seen);
      await api.send('DELETE', spec.path(api, seen), version, seen.signal);
    },
  };
}

function comparedBy({ compared = {} }: Pick<ArmSpec<Known>, 'compared'>, seen: Seen): Answer {
  return typeof compared === 'function' ? compared(seen) : compared;
}

function isOwn(by: ArmSpec<Known>['ownedBy'], answer: Answer, seen: Seen, project: Project): boolean {
  if (by === 'name') return true;
  return by === 'tags' ? hasOurTags(answer, project) : seen.of(by).ours;
}

async function reason(
  told: string | undefined,
  answer: Answer,
  api: Api,
  path: string,
  { signal }: Seen,
): Promise<string> {
  if (told !== undefined) return told;
  const outcome = await api.outcome(path, signal);
  if (outcome !== undefined) return wordsOf(outcome);
  const state = text(answer, 'properties', 'state') ?? text(answer, 'properties', 'provisioningState');
  return `its state is ${state}`;
}

/** Whether an answer carries the project's tags. */
export function hasOurTags(answer: Answer, project: Pick<Project, 'name' | 'target'>): boolean {
  return isOurs(part(answer, 'tags') as Readonly<Record<string, string>>, project);
}

/** ARM's own states (ARM's RPC, "ProvisioningState property"): three are final, services add words for the rest. */
function provisioningState(answer: Answer): ResourceState {
  switch (text(answer, 'properties', 'provisioningState')) {
    case undefined:
    case 'Succeeded':
      return 'ready';
    case 'Failed':
    case 'Canceled':
      return 'failed';
    case 'Deleting':
      return 'deleting';
    default:
      return 'pending';
  }
}

/** Where an answer differs from what is wanted, in fields that it has: what a service does not return says nothing. */
function differences(wanted: Answer, answer: Answer, path = ''): readonly FieldChange[] {
  return Object.entries(wanted).flatMap(([key, after]) => {
    const before = answer[key];
    const at = `${path}.${key}`;
    if (before === undefined || before === null) return [];
    if (isObject(after))
      return isObject(before) ? differences(after, before, at) : [{ path: at, before, after }];
    return sameText(before) === sameText(after) ? [] : [{ path: at, before, after }];
  });
}

/** Azure writes names and enumerations as it likes: only their letters count. */
function sameText(value: unknown): string {
  return JSON.stringify(Array.isArray(value) ? value.toSorted() : value).toLowerCase();
}

function isObject(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
