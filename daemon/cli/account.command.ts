import type { Command } from 'commander';
import { namedParts, type AccountDetailView } from '../api/account-detail-view.js';
import type { AccountSitesView } from '../api/site-views.js';
import type { AccountView } from '../api/views.js';
import { AppError } from '../platform/errors.js';
import { addNotify } from './account-notify.command.js';
import { addRecreate } from './account-recreate.command.js';
import { apiPath } from './client.js';
import { action } from './context.js';
import { humanCount, localTime, plain } from './format.js';
import { siteTable } from './site-table.js';
import { facts, table } from './table.js';
import type { Terminal } from './terminal.js';

export function addAccountCommands(program: Command, terminal: Terminal): void {
  const noun = program.command('account').description('the hosting accounts of this server');

  noun
    .command('list')
    .description('every account that may be backed up')
    .action(
      action(terminal, async ({ client }) => {
        const accounts = await client.get<AccountView[]>('/accounts');
        terminal.result(accounts, accountTable);
      }),
    );

  noun
    .command('show')
    .description('one account')
    .argument('<name>', 'its name or id')
    .action(
      action(terminal, async ({ client }, [name = '']) => {
        const account = await client.get<AccountDetailView>(apiPath('accounts', name));
        terminal.result(account, accountFacts);
      }),
    );

  addSites(noun, terminal);
  noun
    .command('exclude')
    .description('what every backup of an account leaves out, in place of what was said before')
    .argument('<name>', 'its name or id')
    .argument('[pattern...]', 'gitignore patterns relative to the home')
    .option('--none', 'nothing any more')
    .action(
      action<{ none?: boolean }>(
        terminal,
        async ({ client }, [name = '', ...excludes], { none }) => {
          if ((none === true) === excludes.length > 0) {
            throw new AppError('input', 'cli.usage', 'Give patterns, or --none for no excludes.');
          }
          const path = `${apiPath('accounts', name)}/excludes`;
          terminal.result(await client.post<AccountDetailView>(path, { excludes }), accountFacts);
        },
      ),
    );

  addNotify(noun, terminal);
  addRecreate(noun, terminal);

  addTags(noun, terminal);
}

function addTags(noun: Command, terminal: Terminal): void {
  addTagging(noun, terminal, {
    verb: 'tag',
    description: 'give an account words by which jobs choose it',
    change: (tags, given) => [...tags, ...given],
  });
  addTagging(noun, terminal, {
    verb: 'untag',
    description: 'take words from an account',
    change: (tags, given) => {
      const unknown = given.filter((tag) => !tags.includes(tag));
      if (unknown.length === 0) return tags.filter((tag) => !given.includes(tag));
      const message = `The account does not have the tag ${unknown.map(plain).join(', ')}.`;
      throw new AppError('not-found', 'account.no-such-tag', message);
    },
  });
}

function addSites(noun: Command, terminal: Terminal): void {
  noun
    .command('sites')
    .description('its WordPress sites, as its newest snapshot has them')
    .argument('<name>', 'its name or id')
    .action(
      action(terminal, async ({ client }, [name = '']) => {
        const path = `${apiPath('accounts', name)}/sites`;
        const found = await client.get<AccountSitesView>(path);
        terminal.result(found, ({ sites }) => siteTable(sites));
      }),
    );
}

interface Tagging {
  verb: string;
  description: string;
  change: (tags: string[], given: string[]) => string[];
}

function addTagging(
  noun: Command,
  terminal: Terminal,
  { verb, description, change }: Tagging,
): void {
  noun
    .command(verb)
    .description(description)
    .argument('<name>', 'its name or id')
    .argument('<tag...>')
    .action(
      action(terminal, async ({ client }, [name = '', ...given]) => {
        const { id, tags } = await client.get<AccountView>(apiPath('accounts', name));
        const path = `${apiPath('accounts', id)}/tags`;
        const changed = await client.post<AccountDetailView>(path, { tags: change(tags, given) });
        terminal.result(changed, accountFacts);
      }),
    );
}

export function accountTable(accounts: readonly AccountView[]): string {
  if (accounts.length === 0) return 'There are no accounts.';
  return table(accounts, [
    { title: 'NAME', value: (account) => plain(account.name) },
    { title: 'UID', value: (account) => String(account.uid), align: 'right' },
    { title: 'STATE', value: stateText },
    { title: 'OWNER', value: (account) => plain(account.owner ?? '-') },
    { title: 'TAGS', value: ({ tags }) => (tags.length === 0 ? '-' : tags.map(plain).join(' ')) },
    { title: 'PACKAGE', value: (account) => plain(account.package ?? '-') },
    { title: 'HOME', value: (account) => plain(account.home) },
  ]);
}

export function accountFacts(account: AccountDetailView): string {
  const optional = (text: string | null): string | undefined =>
    text === null ? undefined : plain(text);
  return facts([
    ['name', plain(account.name)],
    ['id', account.id],
    ['state', stateText(account)],
    ['user', `${plain(account.user)} (uid ${account.uid}, gid ${account.gid})`],
    ['home', plain(account.home)],
    ['owner', optional(account.owner)],
    ['package', optional(account.package)],
    ['email', optional(account.email)],
    ['tags', account.tags.length === 0 ? undefined : account.tags.map(plain).join(' ')],
    ['source', account.source],
    ['first seen', localTime(account.firstSeenAt)],
    ['last seen', localTime(account.lastSeenAt)],
    ...partFacts(account),
    ['excludes', account.excludes.length === 0 ? undefined : account.excludes.map(plain).join(' ')],
  ]);
}

function stateText({ state, isSuspended }: AccountView): string {
  return state === 'active' && isSuspended ? 'suspended' : state;
}

/** An account can have thousands of mailboxes; `--json` lists all. */
const SHOWN_NAMES = 20;

function partFacts({ parts }: AccountDetailView): [string, string][] {
  if (parts === null) return [];
  const facts = namedParts(parts).map(({ label, names }): [string, string] => {
    const shown = names.slice(0, SHOWN_NAMES).map(plain).join(', ');
    const more = names.length - SHOWN_NAMES;
    return [lowerFirst(label), more > 0 ? `${shown} and ${humanCount(more)} more` : shown];
  });
  return [
    ...facts,
    ...parts.problems.map((problem): [string, string] => ['problem', plain(problem)]),
  ];
}

/** `PostgreSQL` and `DNS` stay as they are. */
function lowerFirst(label: string): string {
  return /^[A-Z][a-z]+( |$)/.test(label) ? label.charAt(0).toLowerCase() + label.slice(1) : label;
}
