import { Body, Controller, Delete, Get, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import { TwoFactorService } from '../auth/two-factor.service.js';
import { userInput } from '../auth/user-input.js';
import { UsersService, type UserView as User } from '../auth/users.service.js';
import { nameParam } from './inputs.js';
import { Names } from './names.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';
import { toUserView } from './shapes.js';
import { userView, type UserView } from './views.js';

type Named = z.output<typeof nameParam>;

const passwordInput = z.strictObject({ password: z.string().max(4096) });

@Controller('api/v1/users')
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly names: Names,
    private readonly twoFactor: TwoFactorService,
  ) {}

  @Get()
  @ApiRoute({ summary: 'Every user the caller may see', answers: z.array(userView) })
  async list(@CurrentActor() actor: Actor): Promise<UserView[]> {
    const users = await this.users.list(actor);
    const account = await this.names.ofAccounts(actor);
    return users.map((user) => toUserView(user, account));
  }

  @Post()
  @ApiRoute({ summary: 'Add a user', answers: userView, status: 201 })
  async add(
    @CurrentActor() actor: Actor,
    @Body({ schema: userInput }) input: z.output<typeof userInput>,
  ): Promise<UserView> {
    return this.show(actor, await this.users.add(actor, input));
  }

  @Get(':name')
  @ApiRoute({ summary: 'One user, by name or id', answers: userView })
  async get(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
  ): Promise<UserView> {
    return this.show(actor, await this.users.get(actor, name));
  }

  @Post(':name/password')
  @ApiRoute({ summary: 'Set a password; ends the user’s sessions', answers: undefined })
  async setPassword(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
    @Body({ schema: passwordInput }) { password }: z.output<typeof passwordInput>,
  ): Promise<void> {
    await this.users.setPassword(actor, name, password);
  }

  @Post(':name/disable')
  @ApiRoute({ summary: 'Keep a user out; ends their sessions', answers: userView })
  async disable(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
  ): Promise<UserView> {
    return this.show(actor, await this.users.setDisabled(actor, name, true));
  }

  @Post(':name/enable')
  @ApiRoute({ summary: 'Let a user in again', answers: userView })
  async enable(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
  ): Promise<UserView> {
    return this.show(actor, await this.users.setDisabled(actor, name, false));
  }

  @Post(':name/reset-totp')
  @ApiRoute({
    summary: 'Ask a user for no code of an app any more; for one who has lost it',
    answers: undefined,
  })
  async resetTotp(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
  ): Promise<void> {
    await this.twoFactor.reset(actor, name);
  }

  @Delete(':name')
  @ApiRoute({ summary: 'Remove a user and end their sessions', answers: undefined })
  async remove(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
  ): Promise<void> {
    await this.users.remove(actor, name);
  }

  private async show(actor: Actor, user: User): Promise<UserView> {
    return toUserView(user, await this.names.ofAccounts(actor));
  }
}
