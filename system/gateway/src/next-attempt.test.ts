import { expect, it } from 'vitest';
import { pauseBeforeNext } from './next-attempt.ts';

const fresh = { safe: false, reusing: false, sent: false, pauses: 0 };

it('follows a kept-alive connection that closed or was out of step at once, sent or not', () => {
  for (const kind of ['closed', 'malformed'] as const) {
    for (const sent of [false, true])
      expect(pauseBeforeNext({ kind, safe: true, reusing: true, sent, pauses: 0 })).toBe(0);
  }
});

it('tries a read once more whose new connection closed, a moment later', () => {
  const pauses = [0, 1].map((made) =>
    pauseBeforeNext({ ...fresh, safe: true, kind: 'closed', sent: true, pauses: made }),
  );
  expect(pauses).toEqual([20, undefined]);
});

it('never follows a write that was sent', () => {
  for (const kind of ['closed', 'refused', 'malformed', 'response-timeout'] as const) {
    expect(pauseBeforeNext({ ...fresh, kind, sent: true })).toBeUndefined();
  }
});

it.each(['refused', 'unreachable', 'connect-timeout', 'no-name-server'] as const)(
  'tries a connection that did not come about (%s) six times more, later and later',
  (kind) => {
    const pauses = [0, 1, 2, 3, 4, 5, 6].map((made) => pauseBeforeNext({ ...fresh, kind, pauses: made }));
    expect(pauses).toEqual([20, 50, 100, 200, 400, 400, undefined]);
  },
);

it('does not repeat what took its whole time, or what will not change soon', () => {
  for (const kind of ['response-timeout', 'no-address', 'internal'] as const) {
    expect(pauseBeforeNext({ ...fresh, kind })).toBeUndefined();
  }
});
