import { Injectable } from '@nestjs/common';
import { DataSource, type Repository } from 'typeorm';
import { columns, type Row } from '../catalogue/columns.js';
import { refusingTakenName } from '../catalogue/unique-violation.js';
import { Channel } from './channel.entity.js';

/** The rows of channels. */
@Injectable()
export class ChannelsStore {
  private readonly channels: Repository<Channel>;

  constructor(dataSource: DataSource) {
    this.channels = dataSource.getRepository(Channel);
  }

  /** A name that is taken is a `conflict`. */
  async insert(channel: Row<Channel>): Promise<void> {
    await refusingTakenName('channel', channel.name, () =>
      this.channels.insert(columns<Channel>(channel)),
    );
  }

  /** By name. */
  list(): Promise<Channel[]> {
    return this.channels.find({ order: { name: 'ASC' } });
  }

  async findByName(name: string): Promise<Channel | undefined> {
    return (await this.channels.findOneBy({ name })) ?? undefined;
  }

  async findById(id: string): Promise<Channel | undefined> {
    return (await this.channels.findOneBy({ id })) ?? undefined;
  }

  /** A name that is taken is a `conflict`. */
  async update(id: string, change: Partial<Row<Channel>>): Promise<void> {
    if (Object.keys(change).length === 0) return;
    await refusingTakenName('channel', change.name ?? '', async () => {
      await this.channels.update({ id }, columns<Channel>(change));
    });
  }

  /** With its deliveries. */
  async remove(id: string): Promise<void> {
    await this.channels.delete({ id });
  }
}
