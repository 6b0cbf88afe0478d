import { UserMistake } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';
import type { Project } from '../../project/project.ts';
import type { Session } from '../cloud.ts';
import { type Answer, type Api, AzureError, type Caller, text } from './api.ts';
import { armEndpoint, armScope, connectArm } from './connect.ts';
import { chosenSubscription, type WayIn, wayIn } from './credentials.ts';
import { wordsOf } from './failure.ts';
import { tokenSource } from './token.ts';
import { versions } from './versions.ts';

/** What somebody without credentials does. */
export const howToEnter =
  'Log in with `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET of a service principal.';

/** Who a token is given to, as it says itself. */
export interface Claims {
  readonly tenant: string;
  readonly caller: Caller;
  /** An address where people have one, else the application's identifier. */
  readonly who: string;
}

/** Lets itself in; undefined where this machine has no credentials. Throws UserMistake where they are not accepted. */
export async function enterAzure(
  context: Context,
  project: Project,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Session<Api> | undefined> {
  const has = async (program: string) => (await context.processes.find(program)) !== undefined;
  const way = await wayIn(env, has).catch((error: unknown) => {
    // The SDK looks at what the environment says before anything is sent.
    throw new UserMistake({
      what: `the credentials for Azure in the environment cannot be used: ${wordsOf(error)}`,
      next: howToEnter,
    });
  });
  if (way === undefined) return undefined;
  const endpoint = armEndpoint(env);
  const claims = await claimsBy(way, armScope(endpoint));
  if (claims === undefined) return undefined;
  const connection = {
    endpoint,
    credential: way.credential,
    tenant: claims.tenant,
    caller: claims.caller,
    signal: context.signal,
  };
  const wanted =
    project.target.cloud?.account ?? env.AZURE_SUBSCRIPTION_ID ?? (await chosenSubscription(env));
  try {
    const subscription =
      wanted ??
      (await onlyOne(await connectArm({ ...connection, subscription: '' }), claims, context.signal));
    const api = await connectArm({ ...connection, subscription });
    await lookAt(api, claims, project, context.signal);
    return { api, account: subscription, who: claims.who, close: () => Promise.resolve() };
  } catch (error) {
    if (error instanceof AzureError && (error.status === 401 || error.status === 403))
      throw refused(way, error);
    throw error;
  }
}

async function claimsBy(way: WayIn, scope: string): Promise<Claims | undefined> {
  try {
    const token = await tokenSource(way.credential, scope)();
    return claimsOf(token.reveal());
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    // `az` is there and nobody has logged in: that is none, not wrong ones.
    if (way.tried && name === 'CredentialUnavailableError') return undefined;
    if (/^(CredentialUnavailable|Authentication|AggregateAuthentication|AuthenticationRequired)/.test(name))
      throw refused(way, error);
    throw error;
  }
}

/** What a token says of whom it is given to. It is not verified: whoever it is shown to does that. */
export function claimsOf(token: string): Claims {
  let claims: unknown;
  try {
    claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  } catch {
    claims = undefined;
  }
  const [id, tenant] = [text(claims, 'oid'), text(claims, 'tid')];
  if (id === undefined || tenant === undefined)
    throw new UserMistake({ what: "Azure's token does not say whom it was given to", next: howToEnter });
  const person = text(claims, 'upn') ?? text(claims, 'preferred_username') ?? text(claims, 'unique_name');
  return {
    tenant,
    caller: { id, type: text(claims, 'idtyp') === 'app' ? 'ServicePrincipal' : 'User' },
    who: person ?? `application ${text(claims, 'appid') ?? text(claims, 'azp') ?? id}`,
  };
}

/** The one subscription that there is. Throws UserMistake where there is none, or a choice. */
async function onlyOne(api: Api, { who }: Claims, signal: AbortSignal): Promise<string> {
  const all = await api.list('/subscriptions', versions.subscriptions, signal);
  const enabled = all.filter((each) => text(each, 'state') === 'Enabled');
  const [first] = enabled;
  const id = text(first, 'subscriptionId');
  if (enabled.length === 1 && id !== undefined) return id;
  const names = enabled.map((each) => `${text(each, 'subscriptionId')} (${text(each, 'displayName')})`);
  throw new UserMistake({
    what:
      names.length === 0
        ? `${who} has no subscription`
        : `${who} has several subscriptions: ${names.join(', ')}`,
    next: 'Name one as `account` of the target, or in AZURE_SUBSCRIPTION_ID.',
  });
}

/** Throws UserMistake where the subscription cannot be worked with. */
async function lookAt(
  api: Api,
  { who, tenant }: Claims,
  project: Project,
  signal: AbortSignal,
): Promise<void> {
  let found: Answer | undefined;
  let why: string | undefined;
  try {
    found = await api.get(`/subscriptions/${api.subscription}`, versions.subscriptions, signal);
  } catch (error) {
    if (!(error instanceof AzureError) || error.status === 401) throw error;
    why = wordsOf(error);
  }
  const state = text(found, 'state');
  if (state === 'Enabled' || (found !== undefined && state === undefined)) return;
  const named =
    project.target.cloud?.account === undefined
      ? {}
      : { where: { key: `targets.${project.target.name}.account` } };
  throw new UserMistake({
    what:
      state === undefined
        ? `${who} (tenant ${tenant}) may not see the subscription ${api.subscription}`
        : `the subscription ${api.subscription} is ${state.toLowerCase()}`,
    ...named,
    next: 'Name another subscription, or log in as somebody who may use it.',
    ...(why === undefined ? {} : { details: [why] }),
  });
}

function refused(way: WayIn, error: unknown): UserMistake {
  return new UserMistake({
    what: `Azure does not accept ${way.text}`,
    next: howToEnter,
    details: [wordsOf(error)],
  });
}
