import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { InstancePaths } from '../platform/instance.js';
import { INSTANCE_PATHS } from '../platform/platform.module.js';
import type { Entities } from './data-source.js';
import { openCatalogue } from './open-catalogue.js';

/**
 * Gives every module the opened `DataSource`, and closes it when the application shuts down. Stores
 * inject the `DataSource` itself, so no module lists its entities.
 */
@Module({})
export class CatalogueModule {
  static of(entities: Entities): DynamicModule {
    const typeOrm = TypeOrmModule.forRootAsync({
      inject: [INSTANCE_PATHS],
      // What cannot be opened once cannot be opened a second later: no retries.
      useFactory: (paths: InstancePaths) => ({
        type: 'better-sqlite3' as const,
        database: paths.database,
        toRetry: () => false,
      }),
      dataSourceFactory: (options) => openCatalogue(String(options?.database), entities),
    });
    return { module: CatalogueModule, imports: [typeOrm] };
  }
}
