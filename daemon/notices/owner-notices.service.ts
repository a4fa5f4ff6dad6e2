/** How the owner of an account is told: to which address, in which language, of what. The account's
 * own user may say it, and an admin for every account. */
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AccountsService } from '../accounts/accounts.service.js';
import type { Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import type { Config } from '../platform/config-schema.js';
import { LANGUAGES, type Language, t } from '../platform/messages.js';
import { OWNER_NOTICES } from '../platform/owner-notices.js';
import { parseInput } from '../platform/parse-input.js';
import { CONFIG } from '../platform/platform.module.js';
import { AccountContact } from './account-contact.entity.js';
import { AccountContactsStore } from './account-contacts.store.js';
import { ChannelsStore } from './channels.store.js';
import { mailAddress } from './mail-address.js';
import type { OwnerKind } from './notice-kinds.js';
import { isForOwners, usableAddress } from './notice-writer.js';

const languages = Object.keys(LANGUAGES) as [Language, ...Language[]];

/** What is not given stays. */
export const ownerNoticesInput = z
  .strictObject({
    address: mailAddress
      .nullable()
      .meta({ description: 'Null: the one that the panel of the server knows' }),
    muted: z
      .array(
        z.enum(OWNER_NOTICES, {
          error: () => t('Choose among {names}.', { names: OWNER_NOTICES.join(', ') }),
        }),
      )
      .meta({ description: 'Nothing is sent of these' }),
    language: z
      .enum(languages, {
        error: () => t('The language is one of {names}.', { names: languages.join(', ') }),
      })
      .nullable()
      .meta({ description: 'Null: that of the server' }),
  })
  .partial();
export type OwnerNoticesInput = z.input<typeof ownerNoticesInput>;

export interface OwnerNotices {
  account: string;
  /** As it was said here; null: it was not. */
  address: string | null;
  /** As the account's source knows it. */
  knownAddress: string | null;
  /** Where mails go; null: nowhere. */
  usedAddress: string | null;
  language: Language | null;
  muted: OwnerKind[];
  /** What this server tells owners of. */
  offered: OwnerKind[];
  /** Whether there is a channel that sends to owners. */
  isSent: boolean;
}

@Injectable()
export class OwnerNoticesService {
  constructor(
    private readonly accounts: AccountsService,
    private readonly contacts: AccountContactsStore,
    private readonly channels: ChannelsStore,
    private readonly events: EventsService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'notices'>,
  ) {}

  async get(actor: Actor, nameOrId: string): Promise<OwnerNotices> {
    const { id, name, email } = await this.accounts.get(actor, nameOrId);
    const { address, muted, language } = await this.contactOf(id);
    const channels = await this.channels.list();
    const knownAddress = usableAddress(email);
    return {
      ...{ account: name, address, knownAddress, usedAddress: address ?? knownAddress },
      ...{ language, muted, offered: this.config.notices.ownerKinds },
      isSent: channels.some((channel) => channel.isEnabled && isForOwners(channel)),
    };
  }

  async change(actor: Actor, nameOrId: string, input: OwnerNoticesInput): Promise<OwnerNotices> {
    const { id: accountId } = await this.accounts.get(actor, nameOrId);
    const { address, muted, language } = parseInput(ownerNoticesInput, input, 'notifications');
    const before = await this.contactOf(accountId);
    const contact = Object.assign(new AccountContact(), {
      accountId,
      address: address === undefined ? before.address : address,
      muted: muted === undefined ? before.muted : [...new Set(muted)],
      language: language === undefined ? before.language : language,
    });
    await this.contacts.put(contact);
    const { accountId: _, ...details } = contact;
    const subject = { kind: 'account', id: accountId, accountId };
    await this.events.record(actor, 'account.notifications-changed', subject, details);
    return this.get(actor, accountId);
  }

  private async contactOf(accountId: string): Promise<AccountContact> {
    const none = { accountId, address: null, muted: [], language: null };
    const known = await this.contacts.find(accountId);
    return known ?? Object.assign(new AccountContact(), none);
  }
}
