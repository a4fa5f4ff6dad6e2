import { describe, expect, it } from 'vitest';
import { describeApi } from '../../../daemon/api/openapi.js';
import { apiControllers } from '../../../daemon/api/openapi.controller.js';
import { toApiDocsView, type ApiDocument } from './api-docs.view.js';

const document = describeApi(apiControllers(), '1') as ApiDocument;
const options = {
  q: '',
  group: '',
  socket: '/run/holdfast/holdfast.sock',
  base: 'https://panel.example',
};

function routes(q = '') {
  return toApiDocsView(document, { ...options, q }).groups.flatMap((group) => group.routes);
}

describe('toApiDocsView', () => {
  it('shows every route once, each with its own id', () => {
    const expected = Object.values(document.paths).flatMap((path) => Object.keys(path));
    expect(routes().length).toBe(expected.length);
    expect(new Set(routes().map(({ id }) => id)).size).toBe(expected.length);
  });

  it('says what a route takes and answers, with an example for each door', () => {
    const [add] = routes('post jobs add');
    expect(add).toMatchObject({ method: 'POST', path: '/api/v1/jobs', details: { answer: { status: '201', type: 'Job' } } }); // prettier-ignore
    expect(add?.details?.body.find(({ name }) => name === 'structure')).toMatchObject({
      isRequired: true,
      type: '"archived" or "compressed" or "incremental"',
    });
    expect(add?.details?.fields.map(({ name }) => name)).toContain('createdAt');
    expect(add?.details?.examples[0]).toContain(
      '--unix-socket /run/holdfast/holdfast.sock -X POST',
    );
    expect(add?.details?.examples[1]).toContain("'https://panel.example/api/v1/jobs'");
  });

  it('shows the fields of every kind that a body may be', () => {
    const [add] = routes('post /schedules schedule add');
    const names = add?.details?.body.map(({ name }) => name);
    for (const name of ['kind', 'weekday', 'days', 'everyHours']) expect(names).toContain(name);
  });

  it('tells all only of what was asked for', () => {
    expect(routes().every(({ details }) => details === undefined)).toBe(true);
    const { groups } = toApiDocsView(document, { ...options, group: 'jobs' });
    expect(groups.map(({ title }) => title)).toEqual(['jobs']);
    expect(groups[0]?.routes.every(({ details }) => details !== undefined)).toBe(true);
  });

  it('leaves out what a search does not find', () => {
    expect(routes('no such thing')).toEqual([]);
  });
});
