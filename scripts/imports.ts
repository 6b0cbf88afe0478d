import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { type BrokenRule, brokenRules } from './import-rules.ts';

/*
 * Checks that imports point one way (docs/architecture.md): `node scripts/imports.ts [folder]` reads every source
 * file of the repository and prints each broken rule as `file:line: why`.
 */
const root = process.argv[2] ?? join(import.meta.dirname, '..');
const patterns = ['path/src/**/*.{ts,tsx}', 'system/**/*.{ts,tsx}', 'dashboard/**/*.{ts,tsx}'];
const broken: BrokenRule[] = [];
let count = 0;
for await (const file of glob(patterns, {
  cwd: root,
  exclude: (path) => /(^|\/)(node_modules|dist)$/.test(path),
})) {
  if (/(^|\/)(node_modules|dist)\//.test(file)) continue;
  count += 1;
  broken.push(...brokenRules(file.replaceAll('\\', '/'), readFileSync(join(root, file), 'utf8')));
}
for (const { file, line, why } of broken) process.stderr.write(`${file}:${line}: ${why}\n`);
if (count === 0) process.stderr.write(`there is no source file below ${root}\n`);
process.stdout.write(`${count} files, ${broken.length} broken import rules\n`);
process.exitCode = broken.length === 0 && count > 0 ? 0 : 1;
