import { z } from 'zod';
import { StepFailed, UserMistake } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';
import type { Project } from '../../project/project.ts';
import type { Session } from '../cloud.ts';
import { GoogleApi } from './api.ts';
import { CredentialsEnded, NoAnswer } from './error.ts';
import { failureOf, wordsOf } from './failure.ts';
import { targetOf } from './region.ts';
import { tokensOf } from './token.ts';

const scopes = ['https://www.googleapis.com/auth/cloud-platform'];
/** Milliseconds before the end of a token from which on it is renewed: pushing images takes its time. */
const renewBefore = 20 * 60_000;

/** How often a busy service is asked before it is given up. */
const attempts = 5;

/** What people without credentials do. */
export const howToEnter =
  'Run `gcloud auth application-default login`, or name a file of credentials in GOOGLE_APPLICATION_CREDENTIALS.';

/**
 * Lets itself in by Application Default Credentials, as Google's tools do: the file of GOOGLE_APPLICATION_CREDENTIALS
 * (a service account's key, or workload identity federation as CI has it), gcloud's own, or the machine's account.
 * Undefined where there are none.
 * @throws UserMistake where they are not accepted, have ended, or do not reach the project
 */
export async function enter(context: Context, project: Project): Promise<Session<GoogleApi> | undefined> {
  const { GoogleAuth } = await import('google-auth-library');
  const { GOOGLE_CLOUD_PROJECT, GCLOUD_PROJECT, CLOUDSDK_CORE_PROJECT } = process.env;
  const named =
    targetOf(project).account ??
    ([GOOGLE_CLOUD_PROJECT, GCLOUD_PROJECT, CLOUDSDK_CORE_PROJECT].find(Boolean) || undefined);
  // Without a project the library asks a service for one that may not be enabled.
  const auth = new GoogleAuth({
    scopes,
    projectId: named ?? 'none',
    clientOptions: { eagerRefreshThresholdMillis: renewBefore },
  });
  const client = await auth.getClient().catch((error: unknown) => {
    if (/could not load the default credentials/i.test(wordsOf(error))) return undefined;
    throw notTaken(error);
  });
  if (client === undefined) return undefined;
  const account = named ?? (await new GoogleAuth({ scopes }).getProjectId().catch(() => undefined));
  if (account === undefined || account === null || account === '') throw noProject(project);
  const tokens = tokensOf(client);
  const token = () =>
    tokens().catch((error: unknown) => {
      context.signal.throwIfAborted();
      throw toldOf(noToken(error));
    });
  await token();
  const door = {
    project: account,
    number: account,
    signal: context.signal,
    env: process.env,
    token,
    headers: async () => {
      try {
        return Object.fromEntries((await client.getRequestHeaders()).entries());
      } catch (error) {
        throw noToken(error);
      }
    },
  };
  const who = whoIs(client);
  const number = await numberOf(context, new GoogleApi(door), who);
  const api = new GoogleApi({ ...door, number });
  return { api, account, who, close: () => api.close() };
}

/** The project's number, as the one service tells it that every project has; so it is seen that we are let in. */
async function numberOf({ clock, signal }: Context, api: GoogleApi, who: string): Promise<string> {
  const path = 'v1/projects/{project}/services/serviceusage.googleapis.com';
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { name } = await api.ask({ service: 'serviceusage', path }, z.object({ name: z.string() }));
        return /^projects\/(\d+)\//.exec(name)?.[1] ?? api.project;
      } catch (error) {
        signal.throwIfAborted();
        if (failureOf(error) !== 'again' || attempt === attempts) throw notLetIn(error, api.project, who);
        await clock.sleep(attempt * 500, signal);
      }
    }
  } finally {
    await api.close();
  }
}

function notLetIn(error: unknown, project: string, who: string): Error {
  if (error instanceof CredentialsEnded || failureOf(error) === 'again') return toldOf(error);
  return new UserMistake({
    what: `${who} is not let into the Google Cloud project ${project}: ${wordsOf(error)}`,
    where: { key: 'targets' },
    next: 'Name the project in `account` of the target, or take credentials that may use it.',
  });
}

/** Why there is no token: whoever gives them is not there, or does not take the credentials any more. */
function noToken(error: unknown): CredentialsEnded | NoAnswer {
  const { code, status = 0 } = error as { readonly code?: unknown; readonly status?: number };
  const away = ['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT'];
  return (typeof code === 'string' && away.includes(code)) || status >= 500
    ? new NoAnswer(wordsOf(error), false, { cause: error })
    : new CredentialsEnded(wordsOf(error), { cause: error });
}

function toldOf(error: unknown): UserMistake | StepFailed {
  if (error instanceof CredentialsEnded) return notTaken(error);
  return new StepFailed({ what: `Google Cloud cannot be reached: ${wordsOf(error)}`, next: 'Run it again.' });
}

/** Who credentials are, as far as they say it. */
function whoIs(client: object): string {
  const { email } = client as { readonly email?: unknown };
  if (typeof email === 'string' && email !== '') return email;
  const { getServiceAccountEmail } = client as { readonly getServiceAccountEmail?: () => unknown };
  const impersonated = getServiceAccountEmail?.call(client);
  if (typeof impersonated === 'string') return impersonated;
  return 'the account of the application default credentials';
}

function notTaken(error: unknown): UserMistake {
  return new UserMistake({
    what: `Google does not take the credentials that were found: ${wordsOf(error)}`,
    next: howToEnter,
  });
}

function noProject({ target }: Project): UserMistake {
  return new UserMistake({
    what: `neither the target ${target.name} nor the credentials name a Google Cloud project`,
    where: { key: `targets.${target.name}.account` },
    next: 'Name it in `account` of the target, or in GOOGLE_CLOUD_PROJECT.',
  });
}
