import { readFileSync } from 'node:fs';
import type { Given } from './aws.ts';
import type { AwsCall } from './aws-calls.ts';
import { errorOf } from './aws-strict.ts';

interface Policy {
  readonly Statement: readonly { readonly Action: readonly string[] }[];
}

const policy = JSON.parse(
  readFileSync(new URL('../../../docs/permissions/aws.json', import.meta.url), 'utf8'),
) as Policy;

/** Every action that docs/permissions/aws.json allows; what it allows them on is not looked at. */
export const allowedActions: ReadonlySet<string> = new Set(policy.Statement.flatMap(({ Action }) => Action));

/** The refusal of a call that the caller's policy does not allow. */
export function unlessAllowed(call: AwsCall): Given | undefined {
  const action = `${call.service}:${call.action}`;
  return allowedActions.has(action)
    ? undefined
    : errorOf(call, 'AccessDenied', `docs/permissions/aws.json does not allow ${action}`, 403);
}
