import { z } from 'zod';
import type { Resource } from '../../resource.ts';
import type { GoogleApi, Request } from '../api.ts';
import { filled } from '../fill.ts';

const binding = z.looseObject({
  role: z.string().optional(),
  members: z.array(z.string()).optional(),
  condition: z.unknown().optional(),
});
const policy = z.looseObject({ bindings: z.array(binding).optional() });
type Binding = z.infer<typeof binding>;

/** Who is to have which role on what. */
export interface Grant {
  readonly id: string;
  /** As people say it: `right of nodes to read images`. */
  readonly kind: string;
  readonly needs: readonly Resource<GoogleApi>[];
  readonly role: string;
  /** `serviceAccount:…` */
  readonly member: string;
  /** Reads the policy of what it is on. */
  readonly get: Request;
  /** Writes it; the policy is put into the body. */
  readonly set: Request;
}

/**
 * One role of one member in a policy (IAM's getIamPolicy and setIamPolicy). A policy is everybody's: it is read, changed
 * in this one place and written with the etag that was read, so that a change in between is an error and not lost. The
 * member is the stack's own service account: so is what it may.
 */
export function grantResource({ get, set, role, member, ...plain }: Grant): Resource<GoogleApi, undefined> {
  const change = async (api: GoogleApi, alter: (bindings: readonly Binding[], who: string) => Binding[]) => {
    const now = await api.ask(get, policy);
    const bindings = alter(now.bindings ?? [], filled(member, api)).filter(
      ({ members = [] }) => members.length > 0,
    );
    await api.ask({ ...set, method: 'POST', body: { policy: { ...now, bindings } } }, z.unknown());
  };
  const isIt = (each: Binding) => each.role === role && each.condition === undefined;
  return {
    ...plain,
    name: role,
    desired: { role, members: [member] },
    deadline: 300,
    async find(api) {
      const now = await api.find(get, policy);
      const who = filled(member, api);
      const granted = now?.bindings?.some((each) => isIt(each) && each.members?.includes(who));
      return granted === true ? { state: 'ready', ours: true, value: undefined, drift: [] } : undefined;
    },
    create: (api) =>
      change(api, (bindings, who) =>
        bindings.some(isIt)
          ? bindings.map((each) =>
              isIt(each) ? { ...each, members: [...new Set([...(each.members ?? []), who])] } : each,
            )
          : [...bindings, { role, members: [who] }],
      ),
    delete: (api) =>
      change(api, (bindings, who) =>
        bindings.map((each) =>
          isIt(each) ? { ...each, members: (each.members ?? []).filter((other) => other !== who) } : each,
        ),
      ),
  };
}
