import { Module } from '@nestjs/common';
import { EventsModule } from '../auth/events.module.js';
import type { Config } from '../platform/config-schema.js';
import type { Logger } from '../platform/logger.js';
import { CONFIG, LOGGER } from '../platform/platform.module.js';
import { AccountDatabases } from './account-databases.js';
import type { AccountSource } from './account-source.js';
import { ACCOUNT_SOURCE, AccountsService } from './accounts.service.js';
import { AccountsStore } from './accounts.store.js';
import { DirectorySource } from './directory.source.js';
import { LinuxSource } from './linux.source.js';
import { OrphansService } from './orphans.service.js';

const accountSource = {
  provide: ACCOUNT_SOURCE,
  inject: [CONFIG, LOGGER],
  useFactory: ({ accounts }: Config, logger: Logger): AccountSource => {
    // The configuration's schema demands a file with this source.
    if (accounts.source === 'directory') return new DirectorySource(accounts.file ?? '');
    const { uidMin, uidMax } = accounts;
    return new LinuxSource({
      uidMin,
      uidMax,
      warn: (message) => {
        logger.warn(message);
      },
    });
  },
};

@Module({
  imports: [EventsModule],
  providers: [AccountDatabases, AccountsStore, AccountsService, OrphansService, accountSource],
  exports: [AccountsService, AccountsStore, OrphansService],
})
export class AccountsModule {}
