import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { ActorsService } from './actors.service.js';
import { ApiTokensService } from './api-tokens.service.js';
import { ApiTokensStore } from './api-tokens.store.js';
import { AuthService } from './auth.service.js';
import { EventsModule } from './events.module.js';
import { PermissionSettings } from './permissions/permission-settings.service.js';
import { SessionsService } from './sessions.service.js';
import { SessionsStore } from './sessions.store.js';
import { SignInLinksService } from './sign-in-links.service.js';
import { SignInLinksStore } from './sign-in-links.store.js';
import { UsersService } from './users.service.js';
import { UsersStore } from './users.store.js';

@Module({
  imports: [AccountsModule, EventsModule],
  providers: [
    UsersStore,
    SessionsStore,
    SignInLinksStore,
    ApiTokensStore,
    ActorsService,
    SessionsService,
    SignInLinksService,
    UsersService,
    ApiTokensService,
    AuthService,
    PermissionSettings,
  ],
  exports: [
    EventsModule,
    ActorsService,
    SessionsService,
    UsersService,
    ApiTokensService,
    AuthService,
    PermissionSettings,
  ],
})
export class AuthModule {}
