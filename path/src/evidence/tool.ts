import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What writes the documents, as they name it. */
export interface Tool {
  readonly name: string;
  readonly version: string;
}

let known: Tool | undefined;

/** This tool, with the version in its package.json. */
export function thisTool(): Tool {
  if (known !== undefined) return known;
  const text = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8');
  const { version } = JSON.parse(text) as { readonly version: string };
  known = { name: 'ptp', version };
  return known;
}
