import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { acmeComponent, components } from './components.ts';
import { modulesFolder } from './go.ts';
import { upstream } from './upstream.ts';

test('every component that is others’ work has a module that newer versions are looked for of', () => {
  // `v1` is what components of our own are called.
  const others = components.filter(({ version }) => version !== 'v1').map(({ name }) => name);
  expect(others.filter((name) => !upstream.some(({ component }) => component === name))).toEqual([]);
  // ACME's controllers are the same module as cert-manager's.
  expect(readFileSync(join(modulesFolder, acmeComponent.name, 'go.mod'), 'utf8')).toContain(
    'github.com/cert-manager/cert-manager v',
  );
});

test.each(upstream.map((one) => [one.module, one.component]))(
  '%s is what %s is compiled from',
  (module, component) => {
    expect(readFileSync(join(modulesFolder, component, 'go.mod'), 'utf8')).toMatch(
      new RegExp(`^(require|\\t)\\s*${module.replaceAll('.', '\\.')} v\\d`, 'm'),
    );
  },
);
