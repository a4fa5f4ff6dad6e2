/** One account with what belongs to it; see views.ts. */
import { t } from '../platform/messages.js';
import { z } from 'zod';
import type { Account } from '../accounts/account.entity.js';
import type { Actor } from '../auth/actor.js';
import { toAccountView } from './shapes.js';
import { accountView } from './views.js';

const names = z.array(z.string());
const database = z.strictObject({ engine: z.string(), name: z.string() });

const accountPartsView = z
  .strictObject({
    domains: z
      .array(z.strictObject({ name: z.string(), documentRoot: z.string().nullable() }))
      .meta({ description: 'The main one first' }),
    databases: z.array(database),
    databaseUsers: z.array(database),
    mailboxes: names.meta({ description: 'Addresses' }),
    zones: names.meta({ description: 'Domains with a DNS zone on this server' }),
    certificates: names.meta({ description: 'Domains with a certificate' }),
    hasCrontab: z.boolean(),
    ftpAccounts: names,
    problems: names.meta({
      description: 'Why some of this is not known. For admins only.',
    }),
  })
  .meta({ id: 'AccountParts' });
export type AccountPartsView = z.infer<typeof accountPartsView>;

export const accountDetailView = accountView
  .extend({ parts: accountPartsView.nullable().meta({ description: 'As its source tells them' }) })
  .meta({ id: 'AccountWithParts' });
export type AccountDetailView = z.infer<typeof accountDetailView>;

export function toAccountDetailView(account: Account, actor: Actor): AccountDetailView {
  return { ...toAccountView(account, actor), parts: toPartsView(account, actor.role === 'admin') };
}

/** Neither password hashes nor the places of the panel's own files. */
export function toPartsView({ parts }: Account, isAdmin: boolean): AccountPartsView | null {
  if (parts === null) return null;
  const { domains, databases, databaseUsers, mailboxes, zones, certificates } = parts;
  return {
    domains: domains.map(({ name, documentRoot }) => ({
      name,
      documentRoot: documentRoot ?? null,
    })),
    databases,
    databaseUsers,
    mailboxes: mailboxes.map(({ address }) => address),
    zones: zones.map(({ domain }) => domain),
    certificates: certificates.map(({ domain }) => domain),
    hasCrontab: parts.crontab !== undefined,
    ftpAccounts: parts.ftpAccounts.map(({ user }) => user),
    problems: isAdmin ? (parts.problems ?? []) : [],
  };
}

/** As lists of names under what they are, without those that are empty. */
export function namedParts(parts: AccountPartsView): { label: string; names: string[] }[] {
  const databasesOf = (engine: string, list: AccountPartsView['databases']): string[] =>
    list.filter((one) => one.engine === engine).map(({ name }) => name);
  return [
    { label: t('Domains'), names: parts.domains.map(({ name }) => name) },
    { label: t('Databases'), names: databasesOf('mariadb', parts.databases) },
    { label: t('PostgreSQL databases'), names: databasesOf('postgresql', parts.databases) },
    { label: t('Database users'), names: parts.databaseUsers.map(({ name }) => name) },
    { label: t('Mailboxes'), names: parts.mailboxes },
    { label: t('DNS zones'), names: parts.zones },
    { label: t('Certificates'), names: parts.certificates },
    { label: t('FTP accounts'), names: parts.ftpAccounts },
    { label: t('Cron jobs'), names: parts.hasCrontab ? [t('a crontab')] : [] },
  ].filter((part) => part.names.length > 0);
}
