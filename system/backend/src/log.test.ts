import { expect, test } from 'vitest';
import { recordingLog } from '../test/support/log.ts';

test('an error shows what it is, its code and its cause, and nothing that a driver hung on it', () => {
  const { log, lines, text } = recordingLog();
  const cause = Object.assign(new Error('refused'), {
    code: 'ECONNREFUSED',
    client: { password: 'p4ssw0rd' },
  });
  log.error({ err: new Error('no database', { cause }) }, 'request');
  expect(lines[0]).toMatchObject({
    level: 'error',
    app: 'backend',
    msg: 'request',
    err: { type: 'Error', message: 'no database', cause: { code: 'ECONNREFUSED', message: 'refused' } },
  });
  expect(text()).not.toContain('p4ssw0rd');
});

test('the first of several errors stands for all, and what is no error does not break the line', () => {
  const { log, lines } = recordingLog();
  log.error({ err: new AggregateError([new Error('first'), new Error('second')], 'all failed') }, 'a');
  log.error({ err: 'text' }, 'b');
  expect(lines[0]).toMatchObject({ err: { cause: { message: 'first' } } });
  expect(lines[1]).toMatchObject({ err: { type: 'string' } });
});

test('keeps lines below its level to itself', () => {
  const { log, lines } = recordingLog('warn');
  log.info('quiet');
  log.warn('loud');
  expect(lines.map((line) => line.msg)).toEqual(['loud']);
});
