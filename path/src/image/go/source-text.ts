/** Comments and the literals that an import may be written as. */
const words = /"(?:[^"\\\n]|\\.)*"|`[^`]*`|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g;

/** The first word of a declaration that is no import (Go specification, "Source file organization"). */
const declaration = /(?<![\p{L}\p{N}_])(?:const|type|var|func)(?![\p{L}\p{N}_])/u;

/** The text as far as the first declaration: comments and strings as blanks of the same length, and where it ends. */
function upToDeclarations(text: string): { readonly plain: string; readonly end: number } {
  const plain = text.replace(words, (word) => ' '.repeat(word.length));
  const end = plain.search(declaration);
  return { plain, end: end === -1 ? text.length : end };
}

/**
 * What of a Go file decides which other files its program is made of: all before the first declaration (constraints,
 * package, imports) and the `//go:embed` lines. While it stays the same, so does the list of packages. Pure.
 */
export function decisivePart(text: string): string {
  const { end } = upToDeclarations(text);
  return [text.slice(0, end), ...(text.slice(end).match(/\/\/go:embed\b.*/g) ?? [])].join('\n');
}

/** Whether a Go file is one of a program; those that `go run` alone is meant for (`//go:build ignore`) are not. Pure. */
export function isProgramFile(text: string): boolean {
  const { plain, end } = upToDeclarations(text);
  const head = plain.slice(0, end);
  const clause = head.search(/(?<![\p{L}\p{N}_])package\s/u);
  if (clause === -1 || /^(?:\/\/go:build|\/\/ \+build)\s.*\bignore\b/m.test(text.slice(0, clause)))
    return false;
  return /^package\s+main\b/.test(head.slice(clause));
}
