import type { STS } from '@aws-sdk/client-sts';
import { StepFailed, UserMistake } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';
import type { Project } from '../../project/project.ts';
import type { Session } from '../cloud.ts';
import { type Aws, clients, settings } from './api.ts';
import { failure, words } from './failure.ts';

/** What somebody without credentials is to do. */
export const howToEnter =
  'Let yourself in as for the AWS command line: `aws sso login`, AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';

/**
 * Lets itself in by the SDK's usual chain: environment, profiles and single sign-on, web identity (OIDC), a container's
 * or an instance's role. Undefined where none of them has anything.
 * @throws UserMistake where credentials are not accepted, have ended, are another account's, or are the root user's
 */
export async function enter(context: Context, project: Project): Promise<Session<Aws> | undefined> {
  const region = project.target.cloud?.region ?? '';
  const { STS } = await import('@aws-sdk/client-sts');
  const sts = new STS({ ...settings, region });
  const entered = await identity(context, sts);
  if (entered === undefined) {
    sts.destroy();
    return undefined;
  }
  const { account, arn } = entered;
  const wanted = project.target.cloud?.account;
  if (wanted !== undefined && wanted !== account) {
    sts.destroy();
    throw new UserMistake({
      what: `these AWS credentials are of account ${account}, and the target ${project.target.name} is in ${wanted}`,
      next: 'Let yourself in to that account (AWS_PROFILE), or change `account` in ptp.yaml.',
    });
  }
  const [, partition = 'aws', , , , who = ''] = arn.split(':');
  if (who === 'root') {
    sts.destroy();
    throw new UserMistake({
      what: "these AWS credentials are the account's root user's, whom EKS gives no access",
      next: 'Use a role, or a user of IAM, with the rights of docs/permissions/aws.json.',
    });
  }
  const { close, ...services } = clients(sts, region);
  // Ctrl-C must not wait for answers.
  context.signal.addEventListener('abort', close, { once: true });
  const principal = await principalOf(arn, services.iam);
  return {
    api: { ...services, account, region, partition, principal },
    account,
    who: arn,
    close: async () => {
      context.signal.removeEventListener('abort', close);
      close();
    },
  };
}

/** Who the credentials are. Undefined where there are none. */
async function identity(
  context: Context,
  sts: STS,
): Promise<{ readonly account: string; readonly arn: string } | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { Account: account = '', Arn: arn = '' } = await sts.getCallerIdentity({});
      return { account, arn };
    } catch (error) {
      context.signal.throwIfAborted();
      if (isNone(error)) {
        const profile = process.env.AWS_PROFILE ?? '';
        if (profile === '') return undefined;
        throw new UserMistake({
          what: `the profile ${profile}, which AWS_PROFILE names, has no credentials`,
          next: `Name another one, or log in: aws sso login --profile ${profile}`,
        });
      }
      const meaning = failure(error);
      if ((meaning === 'again' || meaning === 'unknown') && attempt < 5) {
        await context.clock.sleep(200 * 2 ** attempt, context.signal);
        continue;
      }
      if (meaning === 'credentials' || meaning === 'denied')
        throw new UserMistake({
          what: `AWS does not take the credentials at hand: ${words(error)}`,
          next: howToEnter,
        });
      throw new StepFailed({
        what: `AWS cannot be asked who we are: ${words(error)}`,
        next: 'Look whether sts.<region>.amazonaws.com can be reached from here, and run it again.',
      });
    }
  }
}

/** None at all, as opposed to a profile that is wrong or a sign-on that has ended. */
function isNone(error: unknown): boolean {
  return error instanceof Error && /Could not load credentials from any providers/i.test(error.message);
}

/**
 * The ARN that EKS gives access to: a session of a role stands for the role, whose path only IAM knows (those of single
 * sign-on have one).
 */
async function principalOf(arn: string, iam: Aws['iam']): Promise<string> {
  const [, partition, , , account, who = ''] = arn.split(':');
  const [kind, role = ''] = who.split('/');
  if (kind !== 'assumed-role') return arn;
  try {
    const { Role } = await (await iam()).getRole({ RoleName: role });
    if (Role?.Arn !== undefined) return Role.Arn;
  } catch {
    // Who may not look at the role has, in all likelihood, one without a path.
  }
  return `arn:${partition}:iam::${account}:role/${role}`;
}
