/** The API as its OpenAPI document describes it, for reading. Pure. */
import { displayText } from '../../wording.js';
import { urls } from '../../routes.js';
import { fieldsOf, typeText, type ApiField, type Schema, type Schemas } from './schema-text.js';

interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  parameters?: { name: string; in: string; required?: boolean; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>;
}

export interface ApiDocument {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas?: Schemas };
}

interface ApiRouteView {
  id: string;
  method: string;
  path: string;
  summary: string;
  parameters: ApiField[];
  body: ApiField[];
  answer: { status: string; type: string };
  fields: ApiField[];
  examples: string[];
}

export interface ApiDocsView {
  q: string;
  url: string;
  groups: { id: string; title: string; routes: ApiRouteView[] }[];
}

export interface ApiDocsOptions {
  /** Words that a route must have all of. */
  q: string;
  socket: string;
  /** `https://panel.example:3035` */
  base: string;
}

export function toApiDocsView(document: ApiDocument, options: ApiDocsOptions): ApiDocsView {
  const schemas = document.components.schemas ?? {};
  const words = options.q.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map<string, ApiRouteView[]>();
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const text = `${method} ${path} ${operation.summary}`.toLowerCase();
      if (!words.every((word) => text.includes(word))) continue;
      const tag = operation.tags[0] ?? '';
      const route = toRoute({ method, path, operation }, schemas, options);
      groups.set(tag, [...(groups.get(tag) ?? []), route]);
    }
  }
  return {
    q: displayText(options.q),
    url: urls.apiDocs(),
    groups: [...groups].map(([title, routes]) => ({ id: `group-${title}`, title, routes })),
  };
}

interface Route {
  method: string;
  path: string;
  operation: Operation;
}

function toRoute(
  { method, path, operation }: Route,
  schemas: Schemas,
  options: ApiDocsOptions,
): ApiRouteView {
  const body = schemaIn(operation.requestBody?.content);
  const [status = '', answer] =
    Object.entries(operation.responses).find(([code]) => code !== 'default') ?? [];
  const answered = schemaIn(answer?.content);
  const [mediaType] = Object.keys(answer?.content ?? {});
  const isJson = mediaType === 'application/json';
  return {
    id: operation.operationId.replaceAll('.', '-'),
    method: method.toUpperCase(),
    path,
    summary: operation.summary,
    parameters: (operation.parameters ?? []).map(({ name, required, schema }) => ({
      name,
      type: typeText(schema, schemas),
      isRequired: required === true,
      description: schema.description ?? '',
    })),
    body: body === undefined ? [] : fieldsOf(body, schemas),
    answer: {
      status,
      type: isJson && answered !== undefined ? typeText(answered, schemas) : (mediaType ?? ''),
    },
    fields: isJson && answered !== undefined ? fieldsOf(answered, schemas) : [],
    examples: examplesOf(method.toUpperCase(), path, body !== undefined, options),
  };
}

function schemaIn(content: Record<string, { schema: Schema }> | undefined): Schema | undefined {
  return Object.values(content ?? {})[0]?.schema;
}

function examplesOf(
  method: string,
  path: string,
  hasBody: boolean,
  { socket, base }: ApiDocsOptions,
): string[] {
  const verb = method === 'GET' ? '' : ` -X ${method}`;
  const data = hasBody ? ` -H 'Content-Type: application/json' -d '{…}'` : '';
  return [
    `curl --unix-socket ${displayText(socket)}${verb}${data} 'http://localhost${path}'`,
    `curl -H "Authorization: Bearer $TOKEN"${verb}${data} '${displayText(base)}${path}'`,
  ];
}
