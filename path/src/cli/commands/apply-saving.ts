import { readFile } from 'node:fs/promises';
import { type CostReport, type Saving, savingWord } from '../../core/cost.ts';
import { UserMistake } from '../../core/failure.ts';
import type { LineChange } from '../../project/edit.ts';
import { agrees } from '../agrees.ts';
import type { Invocation } from '../command.ts';
import { type Look, styled } from '../render/look.ts';
import { previewText } from './plan.ts';

/** A saving that ptp.yaml decides. */
type Applicable = Saving & { readonly edits: NonNullable<Saving['edits']> };

/**
 * Opens a saving as an ordinary plan: edits ptp.yaml, shows the lines and what they would change, asks, and lets it out as
 * the release that it is, which `ptp rollback` takes back like any other. What fails leaves ptp.yaml as it was.
 * @param word its name; absent: the one that saves most
 * @throws UserMistake where there is none of the name, nobody to ask, or ptp.yaml was changed meanwhile
 */
export async function applySaving(
  { load, actions, session, output, ask, flags, file }: Invocation,
  report: CostReport,
  word: string | undefined,
): Promise<number> {
  const saving = chosen(report.savings, word);
  if (saving === undefined) {
    output.result({ kind: 'saving', applied: false }, 'Nothing that ptp.yaml decides would cost less.\n');
    return 0;
  }
  const { edited, lineChanges } = await import('../../project/edit.ts');
  const before = await readFile(file, 'utf8');
  const text = edited(before, saving.edits);
  const lines = lineChanges(before, text);
  const changed = await load(text);
  const preview = await actions.plan(changed, session);
  const shown = [
    styled(output.look, 'bold', `${saving.name}${amount(report, saving)}`),
    `  ${saving.what}`,
    `  ${styled(output.look, 'dim', `risk: ${saving.risk}`)}`,
    '',
    ...diffLines(lines, output.look),
    previewText(preview, output.look),
  ].join('\n');
  const told = { kind: 'saving', name: saving.name, lines, changes: preview.changes } as const;
  if (!flags.has('yes')) {
    if (ask === undefined)
      throw new UserMistake({
        what: `${saving.name} changes ptp.yaml and the system, and there is no terminal to ask at`,
        next: 'Look at `ptp cost`; add --yes where that is meant.',
      });
    if (!(await agrees(ask, [shown, 'Go on? [y/N] ']))) {
      output.result({ ...told, applied: false }, 'Nothing was changed.\n');
      return 1;
    }
  }
  const { writeProjectFile } = await import('../../project/write-project-file.ts');
  await writeProjectFile(file, text, before);
  if (preview.refused !== undefined) {
    output.result(
      { ...told, applied: true },
      `Wrote ${file}. This target takes only what a commit has: commit it, then \`ptp up\`.\n`,
    );
    return 0;
  }
  try {
    const { record, release, traffic } = await actions.up(changed, { overrule: false, wait: true }, session);
    output.result(
      {
        ...told,
        applied: true,
        release: record.number,
        rolled: release.rolled,
        ...(traffic === undefined ? {} : { traffic }),
      },
      [
        ...(flags.has('yes') ? [shown] : []),
        `${styled(output.look, 'green', '●')} release ${record.number}: ${saving.name}${release.rolled.length === 0 ? '' : ` (${release.rolled.join(', ')} replaced)`}`,
        `Commit ${file}. \`ptp rollback\` goes back to what served before.`,
        '',
      ].join('\n'),
    );
    return 0;
  } catch (error) {
    // What served before serves again, so the file says that too.
    await writeProjectFile(file, before, text);
    throw error;
  }
}

function chosen(savings: readonly Saving[], word: string | undefined): Applicable | undefined {
  const all = savings.filter((one): one is Applicable => one.edits !== undefined);
  // Those that save most come first.
  if (word === undefined) return all[0];
  const found = all.find((one) => savingWord(one) === savingWord({ name: word }));
  if (found !== undefined) return found;
  const known = savings.some((one) => savingWord(one) === savingWord({ name: word }));
  throw new UserMistake({
    what: known ? `${word} is nothing that ptp.yaml says` : `there is no saving called ${word}`,
    next:
      all.length === 0
        ? 'Nothing that ptp.yaml decides would cost less now.'
        : `There are ${all.map(savingWord).join(', ')}.`,
  });
}

function amount({ currency }: CostReport, { month }: Saving): string {
  return month === undefined || currency === undefined
    ? ''
    : `: ${month.toFixed(2)} ${currency} a month less`;
}

function diffLines(lines: readonly LineChange[], look: Look): readonly string[] {
  return lines.map(({ change, line, text }) => {
    const [mark, color] = change === 'comes' ? (['+', 'green'] as const) : (['-', 'red'] as const);
    return styled(look, color, `  ${mark} ${String(line).padStart(3)} ${text}`);
  });
}
