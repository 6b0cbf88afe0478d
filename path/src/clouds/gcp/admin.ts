import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { StepFailed } from '../../core/failure.ts';
import { Secret } from '../../core/secret.ts';
import type { GoogleApi } from './api.ts';
import { GoogleError } from './error.ts';
import { wordsOf } from './failure.ts';
import { operation, operationPath } from './operations.ts';

const patience = 600;
const pause = 1000;

/**
 * Gives the server's administrator a new password and tells it: it is kept nowhere, so nobody can find it, and whoever
 * needs it next gets another one (sqladmin v1, users.update).
 * @throws StepFailed where the server does not take it
 */
export async function adminPassword(api: GoogleApi, instance: string): Promise<Secret> {
  const password = new Secret(randomBytes(24).toString('base64url'));
  const key = `admin ${instance}`;
  const begun = await api.ask(
    {
      service: 'sqladmin',
      method: 'PUT',
      path: `v1/projects/{project}/instances/${instance}/users`,
      query: { name: 'postgres' },
      body: { name: 'postgres', password: password.reveal() },
    },
    operation,
  );
  api.operations.follow(key, 'sqladmin', operationPath('sqladmin', begun.name, 'v1/projects/{project}'));
  for (let round = 0; round < patience; round += 1) {
    const outcome = await api.operations.outcome(api, key);
    if (outcome instanceof GoogleError)
      throw new StepFailed({
        what: `Cloud SQL instance ${instance} did not take a new password: ${wordsOf(outcome)}`,
        next: 'Run it again.',
      });
    if (outcome !== 'running') return password;
    await wait(pause, undefined, { signal: api.signal });
  }
  throw new StepFailed({
    what: `Cloud SQL instance ${instance} took no new password within ${patience} s`,
    next: 'Run it again.',
  });
}
