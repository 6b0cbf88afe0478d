import { expect, test } from 'vitest';
import { layoutOf } from './layout.ts';
import { privateFolders } from './private-folders.ts';

const lines = privateFolders(layoutOf('shop'));
const at = (part: string) => lines.findIndex((line) => line.includes(part));

test('each of the host’s folders is covered, and what is written comes below the instance', () => {
  for (const folder of ['/run', '/var/log', '/var/lib'])
    expect(lines).toContainEqual(
      expect.stringMatching(
        new RegExp(
          `^mount -t overlay overlay -o lowerdir=${folder},upperdir=/var/lib/ptp/shop/beside/.* ${folder}$`,
        ),
      ),
    );
});

test('what is mounted below the instance’s folder is seen in the machine: volumes may be on a disk of their own', () => {
  expect(lines[at('/proc/self/fd/3 ')]).toContain('--rbind');
});

test('the instance’s own folders are taken hold of before they are covered, and put back after', () => {
  const covers = lines.flatMap((line, index) => (line.startsWith('mount -t overlay') ? [index] : []));
  expect(at('exec 3</var/lib/ptp/shop 4</run/ptp/shop')).toBeLessThan(Math.min(...covers));
  expect(at('/proc/self/fd/3 /var/lib/ptp/shop')).toBeGreaterThan(Math.max(...covers));
  expect(at('/proc/self/fd/4 /run/ptp/shop')).toBeGreaterThan(Math.max(...covers));
});
