import { expect, test } from 'vitest';
import { decisivePart, isProgramFile } from './source-text.ts';

const head = (text: string) => `//go:build linux

/* Package a has no func yet. */
package a

import (
	"fmt" // var
	étype "example.com/type/func"
	_ \`example.com/const\`
)
${text}`;

test('what is below the imports decides nothing', () => {
  expect(decisivePart(head('func main() {}'))).toBe(decisivePart(head('func main() { fmt.Println(1) }')));
  expect(decisivePart(head('type x int'))).toBe(decisivePart(head('var x = "import"')));
});

test('constraints, package, imports and what is embedded decide', () => {
  const all = [
    head('func f() {}'),
    head('import "os"; func f() {}'),
    head('/* var x int */ import "os"\nfunc f() {}'),
    head('\n//go:embed a.txt\nvar x string'),
    head('\n//go:embed b.txt\nvar x string'),
    head('func f() {}').replace('linux', 'darwin'),
    head('func f() {}').replace('package a', 'package b'),
    head('func f() {}').replace('type/func', 'type/other'),
  ];
  expect(new Set(all.map(decisivePart)).size).toBe(all.length);
});

test('a comment without an end, and a file without a declaration, decide as a whole', () => {
  expect(decisivePart('package a /* func')).toBe('package a /* func');
  expect(decisivePart('package a\nimport "x"\n')).toBe('package a\nimport "x"\n');
});

test('a program is a file of package main that is no script', () => {
  expect(isProgramFile('package main\n')).toBe(true);
  expect(isProgramFile('// package other\n/* package x */ package main\nfunc main() {}')).toBe(true);
  expect(isProgramFile('//go:build linux\n\npackage main')).toBe(true);
  expect(isProgramFile('//go:build ignore\n\npackage main')).toBe(false);
  expect(isProgramFile('package mainly')).toBe(false);
  expect(isProgramFile('// package main\npackage lib')).toBe(false);
  expect(isProgramFile('')).toBe(false);
});
