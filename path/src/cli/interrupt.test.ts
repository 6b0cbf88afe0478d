import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { watchInterrupts } from './interrupt.ts';

test('the first Ctrl-C aborts, then says how to go on, the second ends at once', () => {
  const source = new EventEmitter();
  const told: string[] = [];
  const exits: number[] = [];
  const interrupts = watchInterrupts(
    source,
    (text) => told.push(`${text}, ${interrupts.signal.aborted}`),
    (code) => exits.push(code),
  );
  expect(interrupts.signal.aborted).toBe(false);
  source.emit('SIGINT');
  expect(interrupts.signal.aborted).toBe(true);
  expect(told).toEqual(['stopping; run the same command again to go on, true']);
  expect(exits).toEqual([]);
  source.emit('SIGINT');
  expect(exits).toEqual([130]);
  expect(told).toHaveLength(1);
});

test('SIGTERM stops in order too, and stop() leaves nothing behind', () => {
  const source = new EventEmitter();
  const interrupts = watchInterrupts(
    source,
    () => {},
    () => {},
  );
  source.emit('SIGTERM');
  expect(interrupts.signal.aborted).toBe(true);
  interrupts.stop();
  expect(source.eventNames()).toEqual([]);
});
