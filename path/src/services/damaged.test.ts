import { expect, test } from 'vitest';
import { type Problem, StepFailed, UserMistake } from '../core/failure.ts';
import type { Project } from '../project/project.ts';
import { withWayOut } from './damaged.ts';

const project = {
  services: [{ name: 'database', type: 'postgres', version: 17, storage: '1Gi' }],
  target: { namespace: 'shop' },
} as unknown as Project;
const failed = (line: string, object = 'shop/statefulset/database'): StepFailed =>
  new StepFailed({ what: 'it does not come up', where: { object }, next: 'Read.', details: [line] });
const nextOf = (error: unknown): Problem['next'] => (error as StepFailed).problems[0]?.next;

test.each([
  'log 2026-11-26 14:51:29 UTC [7] @ PANIC:  could not open file "global/pg_control": No such file or directory',
  'log 2026-11-26 14:51:29 UTC [7] LOG:  invalid checkpoint record',
  'log PANIC:  could not locate a valid checkpoint record at 0/152B730',
  'log FATAL:  "/var/lib/postgresql/data/pgdata" is not a valid data directory',
])('%s: says how to begin anew', (line) => {
  expect(nextOf(withWayOut(failed(line), project))).toContain('`ptp down --data` deletes everything');
});

test('anything else is told as it was', () => {
  const other = failed('log FATAL:  could not create lock file: No space left on device');
  expect(withWayOut(other, project)).toBe(other);
  const foreign = failed('log PANIC:  could not open file "global/pg_control"', 'shop/deployment/web');
  expect(withWayOut(foreign, project)).toBe(foreign);
  const mistake = new UserMistake({ what: 'no' });
  expect(withWayOut(mistake, project)).toBe(mistake);
});
