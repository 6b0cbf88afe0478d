import { expect, test } from 'vitest';
import { closureOf } from '../workspace/closure.ts';
import { imagePlace, leftOut, scripted, startArguments } from './plan.ts';

test('packages that would run a script when installed are named with their versions', () => {
  const packages = {
    '': { dependencies: { '@s/native': '1', plain: '1' } },
    'node_modules/@s/native': { version: '1.2.3', hasInstallScript: true },
    'node_modules/plain': { version: '1.0.0' },
  };
  expect(scripted(closureOf({ file: 'package-lock.json', packages }, ['']))).toEqual(['@s/native@1.2.3']);
});

test('an application starts by its plain start script, else by its main file', () => {
  const start = { scripts: { start: ' node --max-old-space-size=64  src/main.ts ' }, main: 'other.js' };
  expect(startArguments(start, 'package.json')).toEqual(['--max-old-space-size=64', 'src/main.ts']);
  expect(startArguments({ main: 'main.js' }, 'package.json')).toEqual(['main.js']);
});

test('dist stays out unless something needs it', () => {
  expect(leftOut({}, ['src/main.js'], false)).toContain('/dist/');
  expect(leftOut({}, ['./dist/main.js'], false)).not.toContain('/dist/');
  expect(leftOut({ files: ['dist'] }, ['src/main.js'], false)).not.toContain('/dist/');
  expect(leftOut({}, ['src/main.js'], true)).not.toContain('/dist/');
});

test('workspaces lie beside node_modules, packages in it', () => {
  const locals = new Set(['node_modules/@s/shared']);
  expect(imagePlace('node_modules/pg', locals)).toBe('app/node_modules/pg');
  expect(imagePlace('node_modules/@s/shared', locals)).toBe('app/.workspaces/@s/shared');
  expect(imagePlace('node_modules/@s/shared/node_modules/a', locals)).toBe(
    'app/.workspaces/@s/shared/node_modules/a',
  );
});
