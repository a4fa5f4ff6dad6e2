import { existsSync } from 'node:fs';
import { Module } from '@nestjs/common';
import { EventsModule } from '../auth/events.module.js';
import type { Config } from '../platform/config-schema.js';
import type { Logger } from '../platform/logger.js';
import { CONFIG, LOGGER } from '../platform/platform.module.js';
import { AccountMaker } from './account-maker.js';
import { AccountDatabases } from './account-databases.js';
import type { AccountSource } from './account-source.js';
import { ACCOUNT_SOURCE, AccountsService } from './accounts.service.js';
import { AccountsStore } from './accounts.store.js';
import { CpanelSource } from './cpanel/cpanel.source.js';
import { detectSource, type PanelSource } from './detect-source.js';
import { DetectedSource } from './detected.source.js';
import { DirectAdminSource } from './directadmin/directadmin.source.js';
import { DirectorySource } from './directory.source.js';
import { HestiaSource } from './hestiacp/hestiacp.source.js';
import { LinuxSource } from './linux.source.js';
import { OrphansService } from './orphans.service.js';
import { onceEach } from './once-each.js';
import { PleskSource } from './plesk/plesk.source.js';
import { VirtualminSource } from './virtualmin/virtualmin.source.js';

type Warn = (message: string) => void;

const accountSource = {
  provide: ACCOUNT_SOURCE,
  inject: [CONFIG, LOGGER],
  useFactory: ({ accounts }: Config, logger: Logger): AccountSource => {
    const warn = onceEach((message) => {
      logger.warn(message);
    });
    const { source } = accounts;
    if (source !== 'auto') return openSource(source, accounts, warn);
    return new DetectedSource(() => openSource(detectSource(existsSync), accounts, warn));
  },
};

function openSource(
  name: PanelSource | 'linux' | 'directory',
  { file, uidMin, uidMax }: Config['accounts'],
  warn: Warn,
): AccountSource {
  switch (name) {
    case 'linux':
      return new LinuxSource({ uidMin, uidMax, warn });
    case 'directory':
      // The configuration's schema demands a file with this source.
      return new DirectorySource(file ?? '');
    case 'cpanel':
      return new CpanelSource({ root: '/', warn });
    case 'directadmin':
      return new DirectAdminSource({ root: '/', warn });
    case 'hestiacp':
      return new HestiaSource({ root: '/', warn });
    case 'plesk':
      return new PleskSource({ root: '/', warn });
    case 'virtualmin':
      return new VirtualminSource({ root: '/', warn });
  }
}

@Module({
  imports: [EventsModule],
  providers: [
    AccountDatabases,
    AccountMaker,
    AccountsStore,
    AccountsService,
    OrphansService,
    accountSource,
  ],
  exports: [AccountMaker, AccountsService, AccountsStore, OrphansService],
})
export class AccountsModule {}
