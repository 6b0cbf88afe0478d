import { expect, test } from 'vitest';
import { digestOf } from '../oci/digest.ts';
import { labelsOf, repositoryUrl, revisionLabel } from './labels.ts';

test('labels come from package.json, the repository from the project where the component names none', () => {
  const own = { version: '1.2.3' };
  const shared = { version: '9.9.9', license: 'Apache-2.0', repository: 'github:them/hello' };
  expect(labelsOf({ project: 'hello', component: 'backend', own, shared })).toEqual({
    'org.opencontainers.image.title': 'hello/backend',
    'org.opencontainers.image.version': '1.2.3',
    'org.opencontainers.image.licenses': 'Apache-2.0',
    'org.opencontainers.image.source': 'https://github.com/them/hello',
  });
  expect(labelsOf({ project: 'hello', component: 'page', own: undefined, shared: undefined })).toEqual({
    'org.opencontainers.image.title': 'hello/page',
  });
});

test.each([
  ['them/hello', 'https://github.com/them/hello'],
  ['gitlab:them/hello', 'https://gitlab.com/them/hello'],
  [{ type: 'git', url: 'git+https://git.example/them/hello.git' }, 'https://git.example/them/hello'],
  ['git://git.example/them/hello.git', 'https://git.example/them/hello'],
  ['git@git.example:them/hello.git', 'https://git.example/them/hello'],
  ['git+ssh://git@git.example/them/hello.git', 'https://git.example/them/hello'],
  ['https://user:secret@git.example/hello', 'https://git.example/hello'],
])('the repository %o is %s', (written, url) => {
  expect(repositoryUrl(written)).toBe(url);
});

test.each([undefined, '', 7, { url: 7 }, 'file:///home/me/hello', '../hello.git', 'no address at all'])(
  '%o is no address that a label could name',
  (written) => {
    expect(repositoryUrl(written)).toBeUndefined();
  },
);

test('the revision follows from what the own layers hold', () => {
  const [one, other] = [digestOf('one'), digestOf('other')];
  const revision = revisionLabel([one, other])['org.opencontainers.image.revision'];
  expect(revision).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(revisionLabel([one, other])['org.opencontainers.image.revision']).toBe(revision);
  expect(revisionLabel([other, one])['org.opencontainers.image.revision']).not.toBe(revision);
});
