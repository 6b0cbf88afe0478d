import { expect, test } from 'vitest';
import type { Event } from '../core/event.ts';
import { StepFailed } from '../core/failure.ts';
import { asWarnings } from './as-warnings.ts';

const failing = async () => {
  throw new StepFailed([{ what: 'one thing' }, { what: 'another' }]);
};

test('what can be foreseen is told as a warning each', async () => {
  const events: Event[] = [];
  const context = { emit: (event: Event) => void events.push(event), signal: new AbortController().signal };
  await asWarnings(context, 'observe', failing);
  expect(events).toEqual([
    { kind: 'warning', step: 'observe', problem: { what: 'one thing' } },
    { kind: 'warning', step: 'observe', problem: { what: 'another' } },
  ]);
});

test('a bug is thrown, and so is whatever fails because somebody has ended it', async () => {
  const context = { emit: () => {}, signal: AbortSignal.abort() };
  await expect(asWarnings(context, 'observe', failing)).rejects.toThrow('one thing');
  const running = { ...context, signal: new AbortController().signal };
  const bug = () => Promise.reject(new TypeError('a bug'));
  await expect(asWarnings(running, 'observe', bug)).rejects.toThrow('a bug');
});
