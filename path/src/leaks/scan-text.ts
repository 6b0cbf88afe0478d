import { lintSource } from '@secretlint/core';
import { secretLintProfiler } from '@secretlint/profiler';
import { rules } from '@secretlint/secretlint-rule-preset-recommend';
import type { Hit } from './finding.ts';
import { ownMatches } from './own-rules.ts';

// It would keep dozens of marks for each file, and Node.js warn of them at last.
secretLintProfiler.setEnabled(false);

const prefix = '@secretlint/secretlint-rule-';
/** Those of the preset that rules of our own stand for, and comments in a file that would switch the search off. */
const without = ['basicauth', 'database-connection-string', 'privatekey', 'filter-comments'];

const theirs = rules
  .filter(({ meta }) => !without.some((name) => meta.id === prefix + name))
  .map((rule) => ({ id: rule.meta.id, rule }));

/**
 * Searches a text for credentials: by the rules of secretlint for those of many services, then by our own. At most one
 * hit a line. `path` tells what kind of file it is; nothing of the text is in the result.
 */
export async function scanText(text: string, path: string): Promise<readonly Hit[]> {
  const { messages } = await lintSource({
    source: { content: text, filePath: path, ext: '', contentType: 'text' },
    options: { config: { rules: theirs }, maskSecrets: true, noPhysicFilePath: true },
  });
  // Their lines end at a lone carriage return too, those of editors do not.
  const found = [
    ...messages.map(({ ruleId, range: [index] }) => ({ rule: ruleId.replace(prefix, ''), index })),
    ...ownMatches(text, path),
  ];
  if (found.length === 0) return [];
  const starts = lineStarts(text);
  const hits = new Map<number, Hit>();
  for (const { rule, index } of found) {
    const line = lineAt(starts, index);
    if (!hits.has(line)) hits.set(line, { rule, line });
  }
  return [...hits.values()].toSorted((one, other) => one.line - other.line);
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** The line, from 1, of a place in a text: the last one that begins at it or before. */
function lineAt(starts: readonly number[], index: number): number {
  let [low, high] = [0, starts.length];
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= index) low = middle;
    else high = middle;
  }
  return low + 1;
}
