import { Ajv, type ValidateFunction } from 'ajv';
import type { DiscoveryDocument, DiscoverySchema } from './discovery.ts';

/** Says what of a value is not as a schema of a service has it; undefined where all is. */
export type Check = (schema: string, value: unknown) => string | undefined;

/** Both ways of looking at what a service's document describes. */
export interface Checks {
  /** Of requests: fields that only the service writes are refused as well. */
  readonly request: Check;
  readonly answer: Check;
}

/** Checks by Google's own document of a service: unknown fields, wrong types and values of enumerations fail. */
export function checksOf(document: DiscoveryDocument): Checks {
  return { request: checkOf(document, true), answer: checkOf(document, false) };
}

function checkOf(document: DiscoveryDocument, request: boolean): Check {
  const ajv = new Ajv({ strict: false, allErrors: true, verbose: false });
  const id = `${document.name}-${request}`;
  const entries = Object.entries(document.schemas);
  ajv.addSchema({
    $id: id,
    definitions: Object.fromEntries(entries.map(([name, schema]) => [name, converted(schema, request)])),
  });
  const compiled = new Map<string, ValidateFunction>();
  return (schema, value) => {
    const validate = compiled.get(schema) ?? ajv.compile({ $ref: `${id}#/definitions/${schema}` });
    compiled.set(schema, validate);
    if (validate(value)) return undefined;
    return validate.errors
      ?.map(({ instancePath, message, params }) => {
        const { additionalProperty, allowedValues } = params as Readonly<Record<string, unknown>>;
        if (additionalProperty !== undefined)
          return `Unknown name "${additionalProperty}" at '${instancePath}': Cannot find field.`;
        return `Invalid value at '${instancePath}': ${message} ${allowedValues ?? ''}`.trim();
      })
      .join(' ');
  };
}

/** A discovery document's schema as JSON Schema that is strict about members. */
function converted(schema: DiscoverySchema, request: boolean): object | boolean {
  if (request && schema.readOnly === true) return { not: {}, description: 'only the service writes it' };
  if (schema.$ref !== undefined) return { $ref: `#/definitions/${schema.$ref}` };
  switch (schema.type) {
    case 'object': {
      const properties = Object.entries(schema.properties ?? {});
      return {
        type: 'object',
        properties: Object.fromEntries(properties.map(([key, member]) => [key, converted(member, request)])),
        additionalProperties:
          schema.additionalProperties === undefined ? false : converted(schema.additionalProperties, request),
      };
    }
    case 'array':
      return { type: 'array', items: schema.items === undefined ? true : converted(schema.items, request) };
    case 'string':
      if (schema.enum !== undefined) return { type: 'string', enum: schema.enum };
      return /^u?int64$/.test(schema.format ?? '')
        ? { type: ['string', 'integer'], pattern: '^-?\\d+$' }
        : { type: 'string' };
    case 'any':
      return true;
    default:
      return { type: schema.type };
  }
}

/** Says what of a call's query is not as its method takes it; undefined where all is. */
export function queryTrouble(
  parameters: Readonly<Record<string, DiscoverySchema>>,
  query: URLSearchParams,
): string | undefined {
  for (const key of new Set(query.keys())) {
    const schema = parameters[key];
    if (schema === undefined || schema.location !== 'query')
      return `Invalid JSON payload received. Unknown name "${key}": Cannot bind query parameter.`;
    const values = query.getAll(key);
    if (values.length > 1 && schema.repeated !== true) return `the parameter "${key}" is given twice`;
    for (const value of values) {
      if (schema.type === 'boolean' && !/^(true|false)$/.test(value))
        return `Invalid value at '${key}' (TYPE_BOOL)`;
      if ((schema.type === 'integer' || /int(32|64)$/.test(schema.format ?? '')) && !/^-?\d+$/.test(value))
        return `Invalid value at '${key}' (TYPE_INT)`;
      if (schema.enum !== undefined && !schema.enum.includes(value))
        return `Invalid value at '${key}' (TYPE_ENUM)`;
    }
  }
  const missing = Object.entries(parameters).find(
    ([key, { required, location }]) => required === true && location === 'query' && !query.has(key),
  );
  return missing === undefined ? undefined : `Required parameter: ${missing[0]}`;
}
