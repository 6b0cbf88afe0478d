import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { referencePage } from '../path/src/project/reference.ts';
import { editorSchema } from '../path/src/project/schema.ts';

/*
 * Writes the generated pages below docs/reference. With --check it writes nothing and fails where one is out of
 * date: `node scripts/reference.ts [--check] [--root <folder>]`.
 */
const schemaFile = 'docs/reference/ptp.schema.json';
const pages: Readonly<Record<string, string>> = {
  'docs/reference/ptp-yaml.md': referencePage(),
  [schemaFile]: formatted(schemaFile, `${JSON.stringify(editorSchema(), null, 2)}\n`),
};

const args = process.argv.slice(2);
const rootAt = args.indexOf('--root');
const root = rootAt === -1 ? join(import.meta.dirname, '..') : String(args[rootAt + 1]);
let stale = 0;
for (const [path, content] of Object.entries(pages)) {
  const file = join(root, path);
  const written = await readFile(file, 'utf8').catch(() => undefined);
  if (written === content) continue;
  if (args.includes('--check')) {
    stale += 1;
    process.stderr.write(`${path}: out of date; write it anew with \`npm run reference\`\n`);
  } else {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    process.stdout.write(`wrote ${path}\n`);
  }
}
process.exitCode = stale === 0 ? 0 : 1;

/** The text as the gate's formatter leaves it, so that formatting a page does not make it out of date. */
function formatted(path: string, text: string): string {
  const repository = join(import.meta.dirname, '..');
  const biome = join(repository, 'node_modules/.bin/biome');
  const run = spawnSync(biome, ['format', '--stdin-file-path', path], {
    cwd: repository,
    input: text,
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`biome could not format ${path}: ${run.error ?? run.stderr}`);
  return run.stdout;
}
