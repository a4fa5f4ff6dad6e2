import { Injectable } from '@nestjs/common';
import {
  And,
  DataSource,
  LessThan,
  MoreThan,
  MoreThanOrEqual,
  type FindOptionsWhere,
  type Repository,
} from 'typeorm';
import { columns } from '../catalogue/columns.js';
import { within, type AccountScope } from './account-scope.js';
import { RecordedEvent } from './event.entity.js';

export interface EventFilter {
  limit: number;
  /** Only events older than the one with this id. */
  before?: number | undefined;
  /** Only events newer than the one with this id. */
  after?: number | undefined;
  action?: string | undefined;
  /** Only events of these accounts. */
  scope?: AccountScope | undefined;
  accountId?: string | undefined;
  /** Only events about this; without an id, about all of the kind. */
  subject?: { kind: string; id?: string | number } | undefined;
  /** Instants: from the first up to, and without, the second. */
  from?: string | undefined;
  to?: string | undefined;
}

/** The rows of events; they are added and, when they are old, forgotten. */
@Injectable()
export class EventsStore {
  private readonly events: Repository<RecordedEvent>;

  constructor(dataSource: DataSource) {
    this.events = dataSource.getRepository(RecordedEvent);
  }

  async insert(event: Omit<RecordedEvent, 'id'>): Promise<void> {
    await this.events.insert(columns<RecordedEvent>(event));
  }

  /** Newest first. */
  list(filter: EventFilter): Promise<RecordedEvent[]> {
    const { limit: take } = filter;
    return this.events.find({ where: conditionsOf(filter), order: { id: 'DESC' }, take });
  }

  /** Forgets at most `limit` of those from before an instant; answers how many. */
  async removeBefore(instant: string, limit: number): Promise<number> {
    const old = await this.events.find({
      select: { id: true },
      where: { at: LessThan(instant) },
      order: { at: 'ASC' },
      take: limit,
    });
    if (old.length > 0) await this.events.delete(old.map(({ id }) => id));
    return old.length;
  }
}

function conditionsOf(filter: EventFilter): FindOptionsWhere<RecordedEvent> {
  const { before = Number.MAX_SAFE_INTEGER, after = 0, scope, subject, action, from, to } = filter;
  const accountId = within(scope, filter.accountId);
  const isOfDays = from !== undefined || to !== undefined;
  return {
    id: And(MoreThan(after), LessThan(before)),
    ...(accountId !== undefined && { accountId }),
    ...(subject && { subjectKind: subject.kind }),
    ...(subject?.id !== undefined && { subjectId: String(subject.id) }),
    ...(action !== undefined && { action }),
    ...(isOfDays && { at: And(MoreThanOrEqual(from ?? ''), LessThan(to ?? '~')) }),
  };
}
