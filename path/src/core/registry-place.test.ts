import { expect, test } from 'vitest';
import { readRegistryPlace } from './registry-place.ts';

test.each([
  ['registry.example.com/team', 'registry.example.com', 'registry.example.com', 'team'],
  ['registry.example.com', 'registry.example.com', 'registry.example.com', ''],
  ['http://10.0.0.5:5000/team/apps/', 'http://10.0.0.5:5000', '10.0.0.5:5000', 'team/apps'],
  ['localhost/a', 'localhost', 'localhost', 'a'],
  ['[::1]:5000/a', '[::1]:5000', '[::1]:5000', 'a'],
])('%s is a registry and the folders below it', (written, url, name, prefix) => {
  expect(readRegistryPlace(written)).toEqual({ url, name, prefix });
});

test.each(['', 'team/app', 'me:secret@registry.example.com/team', 'ftp://registry.example.com', 'a b.c/d'])(
  '%j is none',
  (written) => {
    expect(readRegistryPlace(written)).toBeUndefined();
  },
);
