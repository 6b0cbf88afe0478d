import { expect, test } from 'vitest';
import { report } from './report.ts';
import { type Row, ratio, reached, summed } from './row.ts';

const facts = {
  command: 'npm run bench',
  date: '2030-01-02T03:04:05Z',
  revision: 'abc',
  machine: [['cores', '2']],
} as const;
const time: Row = {
  group: 'Images',
  name: 'first build',
  unit: 's',
  value: 2,
  runs: { count: 3, least: 1.5, most: 2.5 },
  peer: { name: 'buildah', value: 3, here: true },
  asked: 1.2,
};
const rate: Row = {
  ...time,
  name: 'reads',
  unit: '1/s',
  value: 6000,
  peer: { ...facts, name: 'JVM', value: 1910, here: false },
  asked: 5730,
};

test('less time is better, and more requests', () => {
  expect([ratio(time), ratio(rate)]).toEqual([1.5, expect.closeTo(3.14, 2)]);
  expect([reached(time), reached(rate), reached({ unit: 's', value: 1 })]).toEqual([false, true, undefined]);
});

test('the median is the figure', () => {
  expect(summed([3, 1, 2])).toEqual({ value: 2, runs: { count: 3, least: 1, most: 3 } });
  expect(summed([4, 1]).value).toBe(2.5);
  expect(() => summed([])).toThrow('nothing was measured');
});

test('a row that is not reached has its reason below the tables, the others have none', () => {
  const page = report([time, rate], { 'first build': 'the disk is slow.' }, facts);
  expect(page).toContain(
    '| first build | **2.00 s** (3: 1.50–2.50) | ≤ 1.20 s ✗ | buildah: 3.00 s | 1.5 × |',
  );
  expect(page).toContain('JVM *: 1,910 requests/s | 3.1 × |');
  expect(page).toContain('- **first build**: the disk is slow.');
  expect(page).not.toContain('- **reads**');
});
