import { expect, test } from 'vitest';
import { referencePage } from './reference.ts';
import { editorSchema } from './schema.ts';

test('the page names every key that the schema knows', () => {
  const page = referencePage();
  const keys = new Set<string>();
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, part] of Object.entries(value)) {
      if (name === 'properties') for (const key of Object.keys(part as object)) keys.add(key);
      collect(part);
    }
  };
  collect(editorSchema());
  expect(keys.size).toBeGreaterThan(25);
  for (const key of keys) expect(page).toMatch(new RegExp(`^\\| \`${key}\` +\\|`, 'm'));
});

test('required keys and defaults are told', () => {
  const page = referencePage();
  expect(page).toMatch(/\| `source` +\| text +\| \*\*required\*\* +\|/);
  expect(page).toMatch(/\| `up` +\| 0 to 3600 +\| `60` +\|/);
  expect(page).toMatch(/### cluster: kubeconfig/);
});
