import { Injectable } from '@nestjs/common';
import { DataSource, In, IsNull, Not, type Repository, type UpdateQueryBuilder } from 'typeorm';
import { columns, type Row } from '../catalogue/columns.js';
import { refusingTakenName } from '../catalogue/unique-violation.js';
import { notFound } from '../platform/not-found.js';
import { StoredDestination } from './destination.entity.js';

/** What lies at a destination, as the catalogue knows it. */
export interface Holdings {
  snapshots: number;
  storedBytes: number;
}

/** The rows of destinations. Removed ones are found by id only, for what is past. */
@Injectable()
export class DestinationsStore {
  private readonly destinations: Repository<StoredDestination>;

  constructor(private readonly dataSource: DataSource) {
    this.destinations = dataSource.getRepository(StoredDestination);
  }

  /** A name that is taken is a `conflict`. */
  async insert(destination: Row<StoredDestination>): Promise<void> {
    await refusingTakenName('destination', destination.name, () =>
      this.destinations.insert(columns(destination)),
    );
  }

  /** By name, without removed ones. */
  list(): Promise<StoredDestination[]> {
    return this.destinations.find({ where: { removedAt: IsNull() }, order: { name: 'ASC' } });
  }

  /** Removed ones too; in no particular order. */
  listByIds(ids: string[]): Promise<StoredDestination[]> {
    return this.destinations.findBy({ id: In(ids) });
  }

  /** Also when it was removed. */
  async findById(id: string): Promise<StoredDestination | undefined> {
    return (await this.destinations.findOneBy({ id })) ?? undefined;
  }

  async findByName(name: string): Promise<StoredDestination | undefined> {
    return (await this.destinations.findOneBy({ name, removedAt: IsNull() })) ?? undefined;
  }

  /** Writes over a removed row of the same id. False: there is none, or it was never removed. */
  async revive(destination: Row<StoredDestination>): Promise<boolean> {
    const { id, ...change } = destination;
    return refusingTakenName('destination', destination.name, async () => {
      const { affected } = await this.destinations
        .createQueryBuilder()
        .update()
        .set(columns<StoredDestination>(change))
        .where({ id, removedAt: Not(IsNull()) })
        .execute();
      return affected === 1;
    });
  }

  /** By name or id, unless it was removed. */
  async getKnown(nameOrId: string): Promise<StoredDestination> {
    const byName = await this.findByName(nameOrId);
    if (byName !== undefined) return byName;
    const byId = await this.findById(nameOrId);
    if (byId?.removedAt !== null) throw notFound('destination', nameOrId);
    return byId;
  }

  /** A name that is taken is a `conflict`. */
  async update(id: string, change: Partial<Row<StoredDestination>>): Promise<void> {
    if (Object.keys(change).length === 0) return;
    await refusingTakenName('destination', change.name ?? '', async () => {
      await this.destinations.update({ id }, columns<StoredDestination>(change));
    });
  }

  /** Marks it removed and forgets its secrets; its name is free again. False: it was already. */
  async markRemoved(id: string, removedAt: string): Promise<boolean> {
    return (await this.removal(id, removedAt).execute()).affected === 1;
  }

  /** The same, unless a job stores to it. */
  async markRemovedIfUnused(id: string, removedAt: string): Promise<boolean> {
    const isUnused =
      'NOT EXISTS (SELECT 1 FROM "job_destination" WHERE "job_destination"."destination_id" = :id)';
    return (await this.removal(id, removedAt).andWhere(isUnused, { id }).execute()).affected === 1;
  }

  private removal(id: string, removedAt: string): UpdateQueryBuilder<StoredDestination> {
    const change = { removedAt, sealedSecrets: null, isEnabled: false };
    const query = this.destinations.createQueryBuilder().update().set(change);
    return query.where({ id, removedAt: IsNull() });
  }

  /** By id of the destination. Asked of the table by name, because snapshots belong to a layer above this one. */
  async holdings(): Promise<Map<string, Holdings>> {
    const rows = await this.dataSource.query<({ id: string } & Holdings)[]>(
      `SELECT "destination_id" AS "id", COUNT(*) AS "snapshots", SUM("stored_bytes") AS "storedBytes"
       FROM "snapshot" WHERE "removed_at" IS NULL AND "state" IN ('complete', 'incomplete')
       GROUP BY "destination_id"`,
    );
    return new Map(rows.map(({ id, ...holdings }) => [id, holdings]));
  }
}
