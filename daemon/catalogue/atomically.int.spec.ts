import 'reflect-metadata';
import { expect, it } from 'vitest';
import { RecordedEvent } from '../auth/event.entity.js';
import { openTestCatalogue } from '../testing/open-test-catalogue.js';
import { atomically } from './atomically.js';
import { columns } from './columns.js';

const event = columns<RecordedEvent>({
  at: '2026-01-01T00:00:00.000Z',
  actor: 'root',
  origin: 'cli',
  action: 'job.created',
  subjectKind: 'job',
  subjectId: '1',
  details: { isFirst: true },
});

it('writes all of it and answers with ids', async () => {
  const events = (await openTestCatalogue()).getRepository(RecordedEvent);
  const ids = atomically(events.manager.dataSource, (execute) =>
    [1, 2].map(() => execute(events.createQueryBuilder().insert().values(event)).lastId),
  );
  expect(ids).toEqual([1, 2]);
  expect(await events.findBy({ id: 2 })).toMatchObject([{ details: { isFirst: true } }]);
});

it('writes nothing when it throws', async () => {
  const events = (await openTestCatalogue()).getRepository(RecordedEvent);
  const fail = (): void => {
    atomically(events.manager.dataSource, (execute) => {
      execute(events.createQueryBuilder().insert().values(event));
      throw new Error('no');
    });
  };
  expect(fail).toThrow('no');
  expect(await events.count()).toBe(0);
});
