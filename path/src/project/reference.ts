import { editorSchema } from './schema.ts';

/** The part of JSON Schema that the schema of ptp.yaml uses. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | false;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
}

/** The reference page of ptp.yaml, in Markdown: generated, so that it cannot say other than what is checked. */
export function referencePage(): string {
  const schema = editorSchema() as Schema;
  const sections = Object.entries(schema.properties ?? {}).flatMap(([key, part]) => section(key, part));
  return [
    '# ptp.yaml',
    '',
    '<!-- Generated from path/src/project/schema.ts by scripts/reference.ts. -->',
    '',
    `${schema.description} Editors complete and check it by [ptp.schema.json](ptp.schema.json).`,
    '',
    table(schema),
    '',
    ...sections,
    '## The environment',
    '',
    'These override what the file says about the chosen target, so that a second system runs beside the first:',
    '`PTP_INSTANCE` (the local cluster), `PTP_HTTP_PORT`, `PTP_HTTPS_PORT`, `PTP_DOMAIN`, `PTP_NODES`,',
    '`PTP_MONITORING`.',
    '',
  ].join('\n');
}

/** A heading and tables for a key that has keys of its own; nothing for the others. */
function section(key: string, schema: Schema): readonly string[] {
  if (schema.properties !== undefined) return settings(key, schema);
  const entry = schema.additionalProperties;
  if (typeof entry !== 'object' || (entry.properties === undefined && entry.oneOf === undefined)) return [];
  const heading = [`## ${key}`, '', schema.description ?? '', ''];
  if (entry.oneOf === undefined)
    return [...heading, `### ${key}.‹name›`, '', table(entry), '', ...nested(`${key}.‹name›`, entry)];
  const alternatives = entry.oneOf.flatMap((option) => [
    `### cluster: ${option.properties?.cluster?.const}`,
    '',
    option.description ?? '',
    '',
    table(option),
    '',
    ...nested(`${key}.‹name›`, option),
  ]);
  return [...heading, ...alternatives];
}

/** The section of a key whose own keys are known: they, then those of each group and each list among them. */
function settings(key: string, schema: Schema): readonly string[] {
  const lists = Object.entries(schema.properties ?? {}).flatMap(([name, { items }]) =>
    items?.properties === undefined ? [] : [`### ${key}.${name}[]`, '', table(items), ''],
  );
  const groups = Object.entries(schema.properties ?? {}).flatMap(([name, part]) =>
    part.properties === undefined ? [] : [`### ${key}.${name}`, '', table(part), ''],
  );
  return [`## ${key}`, '', schema.description ?? '', '', table(schema), '', ...groups, ...lists];
}

function nested(key: string, schema: Schema): readonly string[] {
  return Object.entries(schema.properties ?? {})
    .filter(([, part]) => part.properties !== undefined)
    .flatMap(([name, part]) => [
      `#### ${key}.${name}`,
      '',
      table(part),
      '',
      ...nested(`${key}.${name}`, part),
    ]);
}

function table({ properties = {}, required = [] }: Schema): string {
  const rows = Object.entries(properties).map(([key, part]) =>
    [`\`${key}\``, kind(part), fallback(part, required.includes(key)), description(part)].map((cell) =>
      cell.replaceAll('|', '\\|'),
    ),
  );
  return aligned([['key', 'value', 'default', ''], ...rows]).join('\n');
}

/** Rows of a Markdown table, the first as its head, with columns that line up in the source as well. */
function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const columns = rows[0]?.keys() ?? [];
  const widths = [...columns].map((column) => Math.max(3, ...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map(
    (row) => `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`,
  );
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [lines[0] ?? '', rule, ...lines.slice(1)];
}

function kind({
  type,
  enum: values,
  const: only,
  items,
  additionalProperties,
  minimum,
  maximum,
  anyOf,
}: Schema): string {
  if (anyOf !== undefined) return anyOf.map(kind).join(' or ');
  if (only !== undefined) return `\`${only}\``;
  if (values !== undefined) return values.map((value) => `\`${value}\``).join(' or ');
  if (type === 'array') return `list of ${items?.type === 'string' ? 'texts' : 'values'}`;
  if (type === 'integer') return minimum === undefined ? 'whole number' : `${minimum} to ${maximum}`;
  if (type === 'object') return typeof additionalProperties === 'object' ? 'name → value' : 'keys';
  return type === 'string' ? 'text' : (type ?? 'any');
}

function fallback({ default: value, properties }: Schema, required: boolean): string {
  if (required) return '**required**';
  if (value === undefined || properties !== undefined) return '';
  const empty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return empty ? 'none' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function description({ description: text = '', examples = [] }: Schema): string {
  const written = examples.map((example) => {
    return `\`${typeof example === 'string' ? example : JSON.stringify(example)}\``;
  });
  return written.length === 0 ? text : `${text} Example: ${written.join(', ')}`;
}
