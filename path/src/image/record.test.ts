import { expect, test } from 'vitest';
import { type BuildRecord, whyBuilt } from './record.ts';

const record: BuildRecord = {
  digest: `sha256:${'0'.repeat(64)}`,
  source: { 'a.ts': '1', 'b.ts': '1' },
  dependencies: { pg: '8.0.0', zod: '4.0.0' },
  base: { libc6: '2.41' },
};
const changed = (more: Partial<BuildRecord>) =>
  whyBuilt(record, { ...record, digest: `sha256:${'1'.repeat(64)}`, ...more });

test('an image says why it is what it is', () => {
  expect(whyBuilt(undefined, record)).toBe('first build');
  expect(whyBuilt(record, { ...record, source: { 'a.test.ts': 'changed, but not in the image' } })).toBe(
    'unchanged',
  );
  expect(changed({ source: { 'a.ts': '2', 'b.ts': '1' } })).toBe('source changed: a.ts');
  expect(changed({ source: { 'a.ts': '1' } })).toBe('source changed: b.ts');
  expect(changed({ source: { ...record.source, c: '', d: '', e: '', f: '', g: '' } })).toBe(
    'source changed: c, d, e and 2 more',
  );
  expect(changed({ dependencies: { pg: '8.1.0', undici: '7.0.0' } })).toBe(
    'dependencies changed: pg 8.0.0 → 8.1.0, undici 7.0.0 added, zod 4.0.0 removed',
  );
  expect(changed({ base: { libc6: '2.42' }, source: { 'a.ts': '2', 'b.ts': '1' } })).toBe(
    'source changed: a.ts; base changed: libc6 2.41 → 2.42',
  );
  expect(changed({})).toBe('settings changed');
});
