import { expect, test } from 'vitest';
import { listedModules } from './go-newer.ts';
import { newestPatch } from './newest.ts';

test('what `go list` prints, one object after the other, is read', () => {
  const text = `{
	"Path": "example.com/one",
	"Version": "v1.2.3",
	"Versions": [
		"v1.2.3",
		"v1.2.4"
	]
}
{
	"Path": "example.com/gone",
	"Version": "v1.0.0",
	"Error": {
		"Err": "not found"
	}
}
`;
  expect(listedModules(text)).toMatchObject([
    { Path: 'example.com/one', Versions: ['v1.2.3', 'v1.2.4'] },
    { Path: 'example.com/gone', Error: { Err: 'not found' } },
  ]);
  expect(listedModules('')).toEqual([]);
  expect(() => listedModules('{\n"Path": 1\n}')).toThrow();
});

test('versions of Go begin with a v; what comes before a release, and another minor, are not taken', () => {
  expect(newestPatch('v1.5.2', ['v1.5.1', 'v1.5.3', 'v1.5.10', 'v1.6.0', 'v1.5.11-rc.1'])).toBe('v1.5.10');
  expect(newestPatch('v0.0.30', ['v0.0.30'])).toBeUndefined();
});
