/** Schemas of an OpenAPI document in words. Pure. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  description?: string;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}
export type Schemas = Record<string, Schema>;

export interface ApiField {
  name: string;
  type: string;
  isRequired: boolean;
  description: string;
}

/** `string or null`, `list of Run`, `"a" or "b"`. */
export function typeText(schema: Schema, schemas: Schemas): string {
  if (schema.$ref !== undefined) return nameOf(schema.$ref);
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (choices !== undefined) return joined(choices.map((choice) => typeText(choice, schemas)));
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return joined(schema.enum.map((value) => JSON.stringify(value)));
  if (schema.type === 'array') return `list of ${typeText(schema.items ?? {}, schemas)}`;
  if (Array.isArray(schema.type)) return joined(schema.type);
  return schema.type ?? 'anything';
}

/** The fields of an object, of the objects of a list, or of every object that it may be. */
export function fieldsOf(schema: Schema, schemas: Schemas): ApiField[] {
  const resolved = schema.$ref === undefined ? schema : (schemas[nameOf(schema.$ref)] ?? {});
  if (resolved.items !== undefined) return fieldsOf(resolved.items, schemas);
  const choices = resolved.anyOf ?? resolved.oneOf ?? resolved.allOf;
  if (choices !== undefined) {
    const fields = new Map<string, ApiField>();
    for (const field of choices.flatMap((choice) => fieldsOf(choice, schemas))) {
      const known = fields.get(field.name);
      const type = known && known.type !== field.type ? joined([known.type, field.type]) : field.type; // prettier-ignore
      fields.set(field.name, { ...field, type });
    }
    return [...fields.values()];
  }
  return Object.entries(resolved.properties ?? {}).map(([name, inner]) => ({
    name,
    type: typeText(inner, schemas),
    isRequired: resolved.required?.includes(name) === true,
    description: inner.description ?? '',
  }));
}

function nameOf(ref: string): string {
  return ref.split('/').at(-1) ?? ref;
}

function joined(types: readonly string[]): string {
  return [...new Set(types.flatMap((type) => type.split(' or ')))].join(' or ');
}
