import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { apiControllers } from './openapi.controller.js';
import { ApiRoute, describeApi } from './openapi.js';

interface Operation {
  operationId: string;
  summary: string;
  parameters?: { in: string; name: string; schema: object }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, unknown>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}

const document = describeApi(apiControllers(), '1.2.3') as Document;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' ? [String(inner)] : references(inner),
  );
}

describe('the description of the API', () => {
  it('is OpenAPI 3.1 and names every operation once', () => {
    expect(document.openapi).toBe('3.1.0');
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(operations.length).toBeGreaterThan(30);
  });

  it('refers only to schemas that are there', () => {
    const targets = references(document);
    expect(targets.length).toBeGreaterThan(20);
    const known = Object.keys(document.components.schemas).map(
      (name) => `#/components/schemas/${name}`,
    );
    expect(targets.filter((target) => !known.includes(target))).toEqual([]);
  });

  it.each(operations)('$method $path tells its path parameters and answers', (route) => {
    const { path, operation } = route;
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    const told = (operation.parameters ?? []).filter((one) => one.in === 'path');
    expect(told.map((one) => one.name)).toEqual(inPath);
    expect(path).toMatch(/^\/api\/v1\//);
    expect(operation.summary).not.toBe('');
    expect(Object.keys(operation.responses)).toEqual([expect.stringMatching(/^2\d\d$/), 'default']);
  });

  it('describes inputs by the schemas that check them', () => {
    const add = document.paths['/api/v1/jobs']?.['post']?.requestBody;
    expect(add?.content['application/json']?.schema).toMatchObject({
      required: ['name', 'accounts', 'destinations', 'structure'],
      additionalProperties: false,
    });
  });
});

describe('a route that would not be described', () => {
  it('stops the daemon', () => {
    @Controller('x')
    class Undescribed {
      @Get()
      get(): void {
        // Never called.
      }
    }
    expect(() => describeApi([Undescribed], '1')).toThrow('Undescribed.get has no @ApiRoute.');
  });

  it('stops the daemon also when it takes an input that nothing checks', () => {
    @Controller('x')
    class Unchecked {
      @Post(':id')
      @ApiRoute({ summary: 'x', answers: undefined })
      post(@Param('id') _id: string, @Query({ schema: z.strictObject({}) }) _query: object): void {
        // Never called.
      }
    }
    expect(() => describeApi([Unchecked], '1')).toThrow('Unchecked.post has an unchecked input.');
  });
});
