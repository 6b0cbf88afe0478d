import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../clock.ts';

/** The machine's own time. */
export const nodeClock: Clock = {
  monotonic: () => performance.now(),
  now: () => new Date(),
  sleep: (milliseconds, signal) => wait(milliseconds, undefined, signal === undefined ? {} : { signal }),
};
