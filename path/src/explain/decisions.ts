import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DecisionLink } from '../core/answer.ts';

/** A page in docs/decisions, with what made it necessary. */
export interface Decision extends DecisionLink {
  /** The first paragraph of its context, or of what was decided. */
  readonly context: string;
}

/** The pages of a folder `docs/decisions`, by their numbers; none where the folder is not there. */
export async function readDecisions(folder: string): Promise<readonly Decision[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^\d{4}-.+\.md$/.test(name));
  const all = await Promise.all(
    names.map(async (name) => decisionOf(name, await readFile(join(folder, name), 'utf8'))),
  );
  return all.toSorted((one, other) => one.number - other.number);
}

function decisionOf(name: string, text: string): Decision {
  const title = /^# (?:\d+\. )?(.+)$/m.exec(text)?.[1] ?? name;
  // A page begins with its context, or with what was decided.
  const context =
    /^## Context\s+([\s\S]+?)\n\s*\n/m.exec(text)?.[1] ??
    /^# .+\n\s*\n([\s\S]+?)\n\s*(?:\n|$)/.exec(text)?.[1] ??
    '';
  return {
    number: Number(name.slice(0, 4)),
    title,
    file: `docs/decisions/${name}`,
    context: context
      .replace(/^\*\*\w+\.?\*\*\s*/, '')
      .replaceAll('**', '')
      .replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  };
}
