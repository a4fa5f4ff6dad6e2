/**
 * Channels: the ways by which admins are told what happens. Kept and tried here; only admins define
 * them, since a channel makes the daemon call other servers. What is sent when is the business of
 * postman.ts.
 */
import { Inject, Injectable } from '@nestjs/common';
import { requireAdmin, type Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import type { Row } from '../catalogue/columns.js';
import type { Clock } from '../platform/clock.js';
import type { Config } from '../platform/config-schema.js';
import { inputError, toAppError } from '../platform/errors.js';
import { newId } from '../platform/ids.js';
import { t } from '../platform/messages.js';
import { notFound } from '../platform/not-found.js';
import { parseInput } from '../platform/parse-input.js';
import { CLOCK, CONFIG } from '../platform/platform.module.js';
import {
  channelChanges,
  channelInput,
  type ChannelChanges,
  type ChannelInput,
} from './channel-input.js';
import { splitChannel, type SplitChannel } from './channel-kinds.js';
import { ChannelSender } from './channel-sender.js';
import { Channel } from './channel.entity.js';
import { ChannelsStore } from './channels.store.js';
import { mailAddress } from './mail-address.js';
import { wordTest } from './word-message.js';

/** How the test of a channel ended. */
export interface ChannelTest {
  isOk: boolean;
  /** What the other side said, or why it could not be asked. */
  answer: string;
}

@Injectable()
export class ChannelsService {
  constructor(
    private readonly store: ChannelsStore,
    private readonly sender: ChannelSender,
    private readonly events: EventsService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'schedule' | 'notices'>,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async add(actor: Actor, input: ChannelInput): Promise<Channel> {
    requireAdmin(actor);
    const { name, kind, level, events, digestHour, isEnabled, ...rest } = parseInput(channelInput, input, 'channel'); // prettier-ignore
    const { settings, secrets } = usable(splitChannel(kind, rest));
    const id = newId();
    const channel = Object.assign(new Channel(), {
      ...{ id, name, kind, settings, level, events, digestHour, isEnabled },
      sealedSecrets: this.sender.seal(id, secrets),
      createdAt: this.clock.now().toISOString(),
    });
    await this.store.insert(channel);
    await this.record(actor, 'channel.added', channel, { kind, settings, level, events, digestHour }); // prettier-ignore
    return channel;
  }

  async list(actor: Actor): Promise<Channel[]> {
    requireAdmin(actor);
    return this.store.list();
  }

  async get(actor: Actor, name: string): Promise<Channel> {
    requireAdmin(actor);
    const channel = await this.store.findByName(name);
    if (channel === undefined) throw notFound('channel', name);
    return channel;
  }

  /** What is not given stays; a secret or an optional setting that is null goes. */
  async change(actor: Actor, name: string, input: ChannelChanges): Promise<Channel> {
    const channel = await this.get(actor, name);
    const { settings: changed, secrets: renewed, ...common } = parseInput(channelChanges, input, 'channel'); // prettier-ignore
    const given = { ...channel.settings, ...changed, ...this.sender.unseal(channel), ...renewed };
    const { settings, secrets } = usable(splitChannel(channel.kind, withoutNull(given)));
    const sealedSecrets = this.sender.seal(channel.id, secrets);
    await this.store.update(channel.id, { ...defined(common), settings, sealedSecrets });
    const details = { ...common, settings, secrets: Object.keys(renewed ?? {}) };
    await this.record(actor, 'channel.changed', channel, details);
    return this.get(actor, common.name ?? name);
  }

  async remove(actor: Actor, name: string): Promise<void> {
    const channel = await this.get(actor, name);
    await this.store.remove(channel.id);
    await this.record(actor, 'channel.removed', channel, {});
  }

  /** Sends a real message, also when it is switched off. `address`: of a mail to that one only. */
  async test(actor: Actor, name: string, address: string | null = null): Promise<ChannelTest> {
    const channel = await this.get(actor, name);
    if (address !== null && !mailAddress.safeParse(address).success) {
      const message = t('Give one address, as in “backup@example.com”.');
      throw inputError('channel.address', message, [{ field: 'address', message }]);
    }
    const message = wordTest({
      ...{ id: newId(), language: this.config.notices.language, now: this.clock.now() },
      ...{ server: this.sender.server, timeZone: this.config.schedule.timeZone },
    });
    const { signal } = new AbortController();
    const test = await this.sender.send(channel, message, { address, signal }).then(
      (answer) => ({ isOk: true, answer }),
      (error: unknown) => ({ isOk: false, answer: toAppError(error).message }),
    );
    await this.record(actor, 'channel.tested', channel, { isOk: test.isOk });
    return test;
  }

  private async record(
    actor: Actor,
    action: string,
    { id, name }: Channel,
    details: object,
  ): Promise<void> {
    await this.events.record(actor, action, { kind: 'channel', id }, { name, ...details });
  }
}

function usable({ problems, ...split }: SplitChannel): Omit<SplitChannel, 'problems'> {
  if (problems.length === 0) return split;
  const message = problems.map(({ field, message: text }) => `${field}: ${text}`).join(' ');
  throw inputError(
    'channel.invalid',
    t('The channel cannot be used: {problems}', { problems: message }),
    problems,
  );
}

function withoutNull(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}

function defined(values: object): Partial<Row<Channel>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
