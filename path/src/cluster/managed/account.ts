import type { Cloud, Session, Stack } from '../../clouds/cloud.ts';
import { cloudKinds } from '../../clouds/kinds.ts';
import { Findings } from '../../clouds/seen.ts';
import type { Work } from '../../clouds/work.ts';
import { UserMistake } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';
import type { Project } from '../../project/project.ts';

/** A cloud's account that lets us in, and what a project wants of it. */
export interface Account {
  readonly cloud: Cloud;
  readonly session: Session<unknown>;
  readonly stack: Stack<unknown>;
  readonly work: Work<unknown>;
}

/** The cloud of a project's target. Throws UserMistake where what the target says would be refused there. */
export async function cloudOf(project: Project): Promise<Cloud> {
  const kind = project.target.cloud?.kind;
  if (kind === undefined) throw new Error(`the target ${project.target.name} is in no cloud`);
  const cloud = await cloudKinds[kind].load();
  const problems = cloud.check(project);
  if (problems.length > 0) throw new UserMistake(problems);
  return cloud;
}

/** What somebody without credentials is told. */
export function noCredentials(cloud: Cloud): UserMistake {
  return new UserMistake({
    what: `there are no credentials for ${cloud.title} on this machine`,
    next: cloud.howToEnter,
  });
}

/**
 * Does work in the account of a project's target, and leaves it again.
 * @throws UserMistake where the target would be refused, or there are no credentials, or they are not accepted
 */
export async function inAccount<T>(
  context: Context,
  project: Project,
  visit: (account: Account) => Promise<T>,
): Promise<T> {
  const account = await enterAccount(context, project);
  if (account === undefined) throw noCredentials(await cloudOf(project));
  try {
    return await visit(account);
  } finally {
    await account.session.close();
  }
}

/** Lets itself in; whoever calls closes the session. Undefined where there are no credentials at all. */
export async function enterAccount(context: Context, project: Project): Promise<Account | undefined> {
  const cloud = await cloudOf(project);
  const session = await cloud.enter(context, project);
  if (session === undefined) return undefined;
  const seen = new Findings(context.signal);
  return { cloud, session, stack: cloud.stack(project), work: { context, cloud, session, seen } };
}
