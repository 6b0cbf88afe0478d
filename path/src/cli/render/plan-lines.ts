import type { FieldChange, PlannedChange } from '../../core/event.ts';
import { clean, cut, type Look, styled } from './look.ts';

const marks = { created: '+', configured: '~', unchanged: '=', deleted: '-' } as const;
const colors = { created: 'green', configured: 'yellow', unchanged: 'dim', deleted: 'red' } as const;

/** How many characters of a value are shown. */
const valueWidth = 60;

/** What is going to change, object by object and field by field. `most`: how many fields of an object are shown. */
export function planLines(
  changes: readonly PlannedChange[],
  migrations: readonly string[],
  look: Look,
  most = Number.POSITIVE_INFINITY,
): readonly string[] {
  return [
    ...migrations.map((name) => `${styled(look, 'yellow', '!')} migration of ${clean(name)}`),
    ...changes.flatMap(({ change, object, fields }) => [
      `${styled(look, colors[change], marks[change])} ${clean(object)}`,
      ...fields.slice(0, most).map((field) => cut(`    ${fieldText(field)}`, look.columns - 1)),
      ...(fields.length > most ? [`    … and ${fields.length - most} more fields`] : []),
    ]),
  ];
}

/** `1 to create, 2 to change, 1 to delete, 1 migration`; `nothing to change`. */
export function planCount(changes: readonly PlannedChange[], migrations: readonly string[]): string {
  const count = (change: PlannedChange['change']) => changes.filter((one) => one.change === change).length;
  const parts = [
    [count('created'), 'to create'],
    [count('configured'), 'to change'],
    [count('deleted'), 'to delete'],
    [migrations.length, migrations.length === 1 ? 'migration' : 'migrations'],
  ] as const;
  const said = parts.filter(([number]) => number > 0).map(([number, words]) => `${number} ${words}`);
  return said.length === 0 ? 'nothing to change' : said.join(', ');
}

function fieldText({ path, before, after }: FieldChange): string {
  if (before === undefined) return `${clean(path)}: ${valueText(after)} (new)`;
  if (after === undefined) return `${clean(path)}: ${valueText(before)} goes`;
  return `${clean(path)}: ${valueText(before)} → ${valueText(after)}`;
}

function valueText(value: unknown): string {
  const text = clean(typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'));
  // Of an image the end of its name and the begin of its digest tell it apart.
  const image = /([^/]+)@sha256:([0-9a-f]{12})[0-9a-f]{52}$/.exec(text);
  if (image !== null) return `${image[1]}@${image[2]}`;
  return text.length > valueWidth ? `${text.slice(0, valueWidth - 1)}…` : text;
}
