/**
 * The description of the API, read off the controllers themselves: paths and methods from Nest's
 * decorators, inputs from the very schemas the handlers validate with, the rest from `@ApiRoute`.
 * A route without `@ApiRoute` stops the daemon from starting: what is not described does not exist.
 */
import 'reflect-metadata';
import { applyDecorators, HttpCode, RequestMethod, SetMetadata, type Type } from '@nestjs/common';
import {
  HTTP_CODE_METADATA,
  METHOD_METADATA,
  PATH_METADATA,
  ROUTE_ARGS_METADATA,
} from '@nestjs/common/constants.js';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
} from 'zod-openapi';
import { z } from 'zod';

export interface ApiRouteDescription {
  summary: string;
  /** What is answered: a schema of JSON, nothing (204), or a stream of this media type. */
  answers: z.ZodType | { mediaType: string } | undefined;
  status?: number;
}

const API_ROUTE = 'holdfast:api-route';
const ARGUMENT_BODY = '3';
const ARGUMENT_QUERY = '4';
const ARGUMENT_PARAM = '5';

/** Describes a handler for the OpenAPI document and sets its status. */
export function ApiRoute(description: ApiRouteDescription): MethodDecorator {
  const status = description.status ?? (description.answers === undefined ? 204 : 200);
  return applyDecorators(HttpCode(status), SetMetadata(API_ROUTE, description));
}

export const errorBody = z
  .strictObject({
    error: z.strictObject({
      kind: z.string(),
      code: z.string().meta({ description: 'Stable and dotted, such as `job.not-found`.' }),
      message: z.string(),
      errorId: z.string().optional().meta({ description: 'Only of bugs: finds the log entry.' }),
      details: z.record(z.string(), z.unknown()).optional(),
    }),
  })
  .meta({ id: 'Error' });

/** The OpenAPI document of these controllers. */
export function describeApi(controllers: readonly Type[], version: string): object {
  const paths: ZodOpenApiPathsObject = {};
  for (const controller of controllers) {
    for (const route of routesOf(controller)) {
      paths[route.path] = { ...paths[route.path], [route.method]: route.operation };
    }
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Holdfast',
      version,
      description:
        'Backups of hosting accounts. Over the Unix socket the caller is who the kernel says; ' +
        'over HTTP send an API token.',
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    paths,
  });
}

export interface RouteInputs {
  body?: z.ZodType;
  query?: z.ZodObject;
  path?: z.ZodObject;
}

interface DescribedRoute {
  path: string;
  method: string;
  operation: ZodOpenApiOperationObject;
}

function routesOf(controller: Type): DescribedRoute[] {
  const base = Reflect.getMetadata(PATH_METADATA, controller) as string;
  const prototype = controller.prototype as Record<string, unknown>;
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const handler = prototype[name];
    if (name === 'constructor' || typeof handler !== 'function') return [];
    const path = Reflect.getMetadata(PATH_METADATA, handler) as string | undefined;
    if (path === undefined) return [];
    return [describeRoute(controller, name, handler, `/${base}/${path}`)];
  });
}

function describeRoute(
  controller: Type,
  name: string,
  handler: object,
  nestPath: string,
): DescribedRoute {
  const description = Reflect.getMetadata(API_ROUTE, handler) as ApiRouteDescription | undefined;
  if (description === undefined) throw new Error(`${controller.name}.${name} has no @ApiRoute.`);
  const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod;
  const status = Reflect.getMetadata(HTTP_CODE_METADATA, handler) as number;
  const inputs = inputsOf(controller, name);
  return {
    path: nestPath
      .replace(/\/+/g, '/')
      .replace(/\/$/, '')
      .replace(/:(\w+)/g, '{$1}'),
    method: RequestMethod[method].toLowerCase(),
    operation: {
      operationId: `${controller.name.replace(/Controller$/, '').toLowerCase()}.${name}`,
      summary: description.summary,
      tags: [controller.name.replace(/Controller$/, '').toLowerCase()],
      ...requestOf(inputs),
      responses: {
        [`${status}` as '200']: answerOf(description),
        default: {
          description: 'What went wrong',
          content: { 'application/json': { schema: errorBody } },
        },
      },
    },
  };
}

function answerOf({ answers }: ApiRouteDescription): ZodOpenApiResponseObject {
  if (answers === undefined) return { description: 'Done' };
  if ('mediaType' in answers) {
    return { description: 'A stream', content: { [answers.mediaType]: { schema: z.string() } } };
  }
  return { description: 'Done', content: { 'application/json': { schema: answers } } };
}

export function isApiRoute(handler: object): boolean {
  return Reflect.hasMetadata(API_ROUTE, handler);
}

/** The schemas a handler validates its arguments with, from `@Body({ schema })` and its like. */
export function inputsOf(controller: Type, name: string): RouteInputs {
  const all = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) ?? {}) as Record<
    string,
    { schema?: z.ZodType }
  >;
  const inputs: RouteInputs = {};
  for (const [key, { schema }] of Object.entries(all)) {
    const place = key.split(':')[0];
    if (![ARGUMENT_BODY, ARGUMENT_QUERY, ARGUMENT_PARAM].includes(place ?? '')) continue;
    if (schema === undefined) throw new Error(`${controller.name}.${name} has an unchecked input.`);
    if (place === ARGUMENT_BODY) inputs.body = schema;
    if (place === ARGUMENT_QUERY) inputs.query = schema as z.ZodObject;
    if (place === ARGUMENT_PARAM) inputs.path = schema as z.ZodObject;
  }
  return inputs;
}

function requestOf({ body, query, path }: RouteInputs): Partial<ZodOpenApiOperationObject> {
  const requestParams = {
    ...(query === undefined ? {} : { query }),
    ...(path === undefined ? {} : { path }),
  };
  return {
    ...(Object.keys(requestParams).length === 0 ? {} : { requestParams }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
  };
}
