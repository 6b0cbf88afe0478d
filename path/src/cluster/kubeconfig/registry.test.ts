import { expect, test } from 'vitest';
import type { Project } from '../../project/project.ts';
import { registryOf } from './registry.ts';

const of = (registry: string) =>
  registryOf({
    name: 'shop',
    target: {
      name: 't',
      cluster: 'kubeconfig',
      domain: 'd',
      namespace: 'n',
      instance: 'i',
      ports: { http: 80, https: 443 },
      registry,
    },
  } satisfies Pick<Project, 'name' | 'target'>);

test.each([
  ['registry.example.com/team', 'registry.example.com', 'registry.example.com', 'team/shop'],
  ['https://registry.example.com/a/b/', 'https://registry.example.com', 'registry.example.com', 'a/b/shop'],
  ['http://10.0.0.1:5000', 'http://10.0.0.1:5000', '10.0.0.1:5000', 'shop'],
  ['[fd00::1]:5000/x', '[fd00::1]:5000', '[fd00::1]:5000', 'x/shop'],
])('%s', (written, url, name, prefix) => {
  expect(of(written)).toEqual({ url, name, prefix });
});

test.each(['', 'http://', '/team', 'user:secret@registry.example.com/x', 'ftp://registry.example.com'])(
  '"%s" is a mistake',
  (written) => {
    expect(() => of(written)).toThrow(/registry/);
    expect(() => of(written)).not.toThrow(/secret/);
  },
);
