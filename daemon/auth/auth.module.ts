import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { ActorsService } from './actors.service.js';
import { ApiTokensService } from './api-tokens.service.js';
import { ApiTokensStore } from './api-tokens.store.js';
import { AuthService } from './auth.service.js';
import { EventsModule } from './events.module.js';
import { PermissionSettings } from './permissions/permission-settings.service.js';
import { LockOutsService } from './lock-outs.service.js';
import { PendingSignIns } from './pending-sign-ins.js';
import { RecoveryCodesStore } from './recovery-codes.store.js';
import { SecondStepService } from './second-step.service.js';
import { SessionListService } from './session-list.service.js';
import { SessionsService } from './sessions.service.js';
import { SessionsStore } from './sessions.store.js';
import { SignInGate } from './sign-in-gate.service.js';
import { SignInLimiter } from './sign-in-limiter.js';
import { SignInLinksService } from './sign-in-links.service.js';
import { SignInLinksStore } from './sign-in-links.store.js';
import { TotpService } from './totp.service.js';
import { TwoFactorService } from './two-factor.service.js';
import { UsersService } from './users.service.js';
import { UsersStore } from './users.store.js';
import { ViewAsService } from './view-as.service.js';

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
    RecoveryCodesStore,
    SignInLimiter,
    PendingSignIns,
    TotpService,
    SignInGate,
    SecondStepService,
    TwoFactorService,
    LockOutsService,
    SessionListService,
    ViewAsService,
  ],
  exports: [
    EventsModule,
    ActorsService,
    SessionsService,
    UsersService,
    ApiTokensService,
    AuthService,
    PermissionSettings,
    SecondStepService,
    TwoFactorService,
    LockOutsService,
    SessionListService,
    ViewAsService,
  ],
})
export class AuthModule {}
