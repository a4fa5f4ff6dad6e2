/**
 * What is asked of Plesk's database, and the answers as records. Nulls are asked for as ''. A
 * subscription is a domain without a webspace; `subscription` is its id in every other answer.
 */
import { AppError } from '../../platform/errors.js';
import type { PleskQuery } from './plesk-query.js';

const OWN_SUBSCRIPTION = 'IF(d.webspace_id = 0, d.id, d.webspace_id)';

const TABLES = {
  subscriptions: {
    fields: ['id', 'name', 'user', 'owner', 'email', 'isActive'],
    sql:
      "SELECT d.id, d.name, IFNULL(s.login, ''), IFNULL(c.login, ''), IFNULL(c.email, ''), " +
      'd.status = 0 AND d.webspace_status = 0 FROM domains d ' +
      'LEFT JOIN hosting h ON h.dom_id = d.id LEFT JOIN sys_users s ON s.id = h.sys_user_id ' +
      'LEFT JOIN clients c ON c.id = d.cl_id WHERE d.webspace_id = 0 ORDER BY d.id',
  },
  plans: {
    fields: ['subscription', 'name'],
    sql:
      'SELECT sub.object_id, t.name FROM Subscriptions sub ' +
      'JOIN PlansSubscriptions ps ON ps.subscription_id = sub.id ' +
      "JOIN Templates t ON t.id = ps.plan_id AND t.type = 'domain' " +
      "WHERE sub.object_type = 'domain' ORDER BY t.id",
  },
  domains: {
    fields: ['subscription', 'id', 'name', 'documentRoot', 'zone', 'certificate', 'chain'],
    sql:
      `SELECT ${OWN_SUBSCRIPTION}, d.id, d.name, IFNULL(h.www_root, ''), IFNULL(z.name, ''), ` +
      "IFNULL(c.cert_file, ''), IFNULL(c.ca_file, '') FROM domains d " +
      'LEFT JOIN hosting h ON h.dom_id = d.id LEFT JOIN dns_zone z ON z.id = d.dns_zone_id ' +
      'LEFT JOIN certificates c ON c.id = h.certificate_id ORDER BY d.webspace_id, d.id',
  },
  aliases: {
    fields: ['subscription', 'domain', 'name'],
    sql:
      `SELECT ${OWN_SUBSCRIPTION}, a.dom_id, a.name FROM domain_aliases a ` +
      'JOIN domains d ON d.id = a.dom_id ORDER BY a.id',
  },
  databases: {
    fields: ['subscription', 'type', 'name', 'host'],
    sql:
      `SELECT ${OWN_SUBSCRIPTION}, b.type, b.name, ds.host FROM data_bases b ` +
      'JOIN domains d ON d.id = b.dom_id JOIN DatabaseServers ds ON ds.id = b.db_server_id ' +
      'ORDER BY b.id',
  },
  databaseUsers: {
    fields: ['subscription', 'type', 'name', 'host'],
    sql:
      `SELECT ${OWN_SUBSCRIPTION}, ds.type, u.login, ds.host FROM db_users u ` +
      'JOIN domains d ON d.id = u.dom_id JOIN DatabaseServers ds ON ds.id = u.db_server_id ' +
      'ORDER BY u.id',
  },
  mailboxes: {
    fields: ['subscription', 'name', 'domain'],
    sql:
      `SELECT ${OWN_SUBSCRIPTION}, m.mail_name, d.name FROM mail m ` +
      "JOIN domains d ON d.id = m.dom_id WHERE m.postbox = 'true' ORDER BY m.id",
  },
  ftpAccounts: {
    fields: ['subscription', 'user', 'home'],
    sql:
      `SELECT ${OWN_SUBSCRIPTION}, s.login, IFNULL(s.home, '') FROM ftp_users f ` +
      'JOIN domains d ON d.id = f.dom_id JOIN sys_users s ON s.id = f.sys_user_id ORDER BY f.id',
  },
} as const;

type TableName = keyof typeof TABLES;
type RowOf<Name extends TableName> = Record<(typeof TABLES)[Name]['fields'][number], string>;

export type PleskTables = { [Name in TableName]: RowOf<Name>[] };

/** All or nothing: an answer of another shape is an error of kind `source`. */
export async function readPleskTables(query: PleskQuery): Promise<PleskTables> {
  const read = async <Name extends TableName>(name: Name): Promise<RowOf<Name>[]> => {
    const { sql, fields } = TABLES[name];
    return toRecords(await query(sql), fields, name) as RowOf<Name>[];
  };
  return {
    subscriptions: await read('subscriptions'),
    plans: await read('plans'),
    domains: await read('domains'),
    aliases: await read('aliases'),
    databases: await read('databases'),
    databaseUsers: await read('databaseUsers'),
    mailboxes: await read('mailboxes'),
    ftpAccounts: await read('ftpAccounts'),
  };
}

function toRecords(
  rows: readonly string[][],
  fields: readonly string[],
  name: string,
): Record<string, string>[] {
  return rows.map((row) => {
    if (row.length === fields.length) {
      return Object.fromEntries(fields.map((field, index) => [field, row[index] ?? '']));
    }
    const message =
      `Plesk's database answered ${row.length} instead of ${fields.length} fields about ${name}. ` +
      'Check that "plesk db" works and is of a version that Holdfast knows.';
    throw new AppError('source', 'accounts.plesk-answer', message);
  });
}
