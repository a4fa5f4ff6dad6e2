/** The composition of the daemon: which modules there are. Everything else is decided inside them. */
import { Module, type DynamicModule } from '@nestjs/common';
import { PanelModule } from '../panel-ui/panel.module.js';
import { ApiModule } from './api/api.module.js';
import { CatalogueModule } from './catalogue/catalogue.module.js';
import { entities } from './entities.js';
import { PlatformModule, type Platform } from './platform/platform.module.js';

@Module({})
export class AppModule {
  static of(platform: Platform): DynamicModule {
    return {
      module: AppModule,
      imports: [PlatformModule.of(platform), CatalogueModule.of(entities), ApiModule, PanelModule],
    };
  }
}
