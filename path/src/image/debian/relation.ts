import { type Operator, satisfies } from '../../core/debian-version.ts';
import { oneLine } from '../../core/one-line.ts';

/** One package that a dependency names, with the versions of it that will do. */
export interface Relation {
  readonly name: string;
  readonly constraint?: { readonly operator: Operator; readonly version: string };
}

/** Any one of these will do; the first is preferred. */
export type Alternatives = readonly Relation[];

// name, an architecture qualifier (`:any`), a version, and what is only for sources ([arch], <profile>)
const shape =
  /^(?<name>[a-z0-9][a-z0-9+.-]*)(?::[a-z0-9-]+)?\s*(?:\(\s*(?<operator><<|<=|=|>=|>>|<|>)\s*(?<version>[^\s)]+)\s*\))?\s*(?:\[[^\]]*\]\s*)?(?:<[^>]*>\s*)*$/u;

/**
 * Reads a Depends, Pre-Depends or Provides field (Debian policy 7.1). An empty or missing field gives none.
 * Throws a SyntaxError naming the part that is no relation.
 */
export function parseRelations(field: string | undefined): readonly Alternatives[] {
  if (field === undefined || field.trim() === '') return [];
  return field
    .split(',')
    .filter((group) => group.trim() !== '')
    .map((group) => group.split('|').map((part) => parseRelation(part.trim())));
}

function parseRelation(text: string): Relation {
  const found = shape.exec(text)?.groups as
    | { name?: string; operator?: string; version?: string }
    | undefined;
  const name = found?.name;
  if (name === undefined) throw new SyntaxError(`"${oneLine(text, 80)}" is no package relation`);
  const operator = found?.operator;
  const version = found?.version;
  if (operator === undefined || version === undefined) return { name };
  return { name, constraint: { operator: operatorOf(operator), version } };
}

/** `<` and `>` are the deprecated ways to write `<=` and `>=`. */
function operatorOf(text: string): Operator {
  switch (text) {
    case '<<':
    case '<=':
    case '=':
    case '>=':
    case '>>':
      return text;
    case '<':
      return '<=';
    default:
      return '>=';
  }
}

/** Whether that version of the package a relation names will do. */
export function accepts(relation: Relation, version: string): boolean {
  return (
    relation.constraint === undefined ||
    satisfies(version, relation.constraint.operator, relation.constraint.version)
  );
}

/** A relation as it is written in a control file. */
export function relationText(relation: Relation): string {
  const { name, constraint } = relation;
  return constraint === undefined ? name : `${name} (${constraint.operator} ${constraint.version})`;
}
