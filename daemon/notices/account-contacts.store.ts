import { Injectable } from '@nestjs/common';
import { DataSource, type Repository } from 'typeorm';
import { columns } from '../catalogue/columns.js';
import { AccountContact } from './account-contact.entity.js';

/** The rows of how owners of accounts are told. */
@Injectable()
export class AccountContactsStore {
  private readonly contacts: Repository<AccountContact>;

  constructor(dataSource: DataSource) {
    this.contacts = dataSource.getRepository(AccountContact);
  }

  async find(accountId: string): Promise<AccountContact | undefined> {
    return (await this.contacts.findOneBy({ accountId })) ?? undefined;
  }

  /** In place of what was there. */
  async put(contact: AccountContact): Promise<void> {
    await this.contacts.upsert(columns<AccountContact>(contact), ['accountId']);
  }
}
