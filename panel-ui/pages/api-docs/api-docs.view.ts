/** The API as its OpenAPI document describes it, for reading. Pure. */
import { displayText } from '../../wording.js';
import { urls } from '../../routes.js';
import { fieldsOf, typeText, type ApiField, type Schema, type Schemas } from './schema-text.js';

const MOST_GROUPS = 3;

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
  /** Where it is told in full. */
  url: string;
  /** In full only where few are shown: all of them would be a page of half a megabyte. */
  details: RouteDetails | undefined;
}

interface RouteDetails {
  parameters: ApiField[];
  body: ApiField[];
  answer: { status: string; type: string };
  fields: ApiField[];
  examples: string[];
}

export interface ApiDocsView {
  q: string;
  url: string;
  isFiltered: boolean;
  groups: { id: string; title: string; url: string; routes: ApiRouteView[] }[];
}

export interface ApiDocsOptions {
  /** Words that a route must have all of. */
  q: string;
  /** Only this one; '' all. */
  group: string;
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
      if (options.group !== '' && options.group !== tag) continue;
      const route = toRoute({ method, path, operation }, schemas, options);
      groups.set(tag, [...(groups.get(tag) ?? []), route]);
    }
  }
  return {
    q: displayText(options.q),
    url: urls.apiDocs(),
    isFiltered: options.q !== '' || options.group !== '',
    groups: [...groups].map(([title, routes]) => ({
      id: `group-${title}`,
      title,
      url: urls.apiDocs({ group: title }),
      routes: shorten(routes, options, groups.size),
    })),
  };
}

/** Of a group that was asked for all is told; of what was searched, when it is not too much. */
function shorten(
  routes: ApiRouteView[],
  { q, group }: ApiDocsOptions,
  groups: number,
): ApiRouteView[] {
  const isWhole = group !== '' || (q !== '' && groups <= MOST_GROUPS);
  return isWhole ? routes : routes.map((route) => ({ ...route, details: undefined }));
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
  const id = operation.operationId.replaceAll('.', '-');
  const details: RouteDetails = {
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
  const url = `${urls.apiDocs({ group: operation.tags[0] ?? '' })}#${id}`;
  return { id, method: method.toUpperCase(), path, summary: operation.summary, url, details };
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
