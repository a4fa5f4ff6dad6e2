/** The names a job gives of accounts and destinations, checked against what there is. */
import { Injectable } from '@nestjs/common';
import { AccountsService } from '../accounts/accounts.service.js';
import { systemActor } from '../auth/actor.js';
import { inputError } from '../platform/errors.js';
import { msg, t } from '../platform/messages.js';
import { DestinationsStore } from './destinations.store.js';

/** How many known names an error lists. */
const LISTED_NAMES = 30;

@Injectable()
export class JobNames {
  constructor(
    private readonly destinations: DestinationsStore,
    private readonly accounts: AccountsService,
  ) {}

  async refuseUnknownAccounts(names: readonly string[]): Promise<void> {
    // An account made a minute ago is known by now; a failing source is told elsewhere.
    await this.accounts.refresh().catch(() => undefined);
    const accounts = await this.accounts.list(systemActor);
    const active = accounts.filter((account) => account.state === 'active');
    refuseUnknown(
      { field: 'accounts', what: 'account' },
      names,
      active.map(({ name }) => name),
    );
  }

  /** In the order given, each once. */
  async idsOfDestinations(names: readonly string[]): Promise<string[]> {
    const rows = await this.destinations.list();
    const idsByName = new Map(rows.map((row) => [row.name, row.id]));
    const field = { field: 'destinations', what: 'destination' } as const;
    refuseUnknown(field, names, [...idsByName.keys()]);
    refuseReadOnly(rows.filter(({ name, isReadOnly }) => isReadOnly && names.includes(name)));
    return [...new Set(names)].flatMap((name) => idsByName.get(name) ?? []);
  }
}

function refuseReadOnly(rows: readonly { name: string }[]): void {
  if (rows.length === 0) return;
  const message = t('{names} can only be restored from (read-only); choose another destination.', {
    names: rows.map(({ name }) => `"${name}"`).join(', '),
  });
  throw inputError('destination.read-only', message, [{ field: 'destinations', message }]);
}

function refuseUnknown(
  where: { field: string; what: keyof typeof UNKNOWN },
  names: readonly string[],
  known: readonly string[],
): void {
  const unknown = [...new Set(names)].filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const message = unknownNames(where.what, unknown, known);
  throw inputError(`${where.what}.unknown`, message, [{ field: where.field, message }]);
}

/** `There is no account "x"; known are a, b and 3 more.` */
function unknownNames(
  what: keyof typeof UNKNOWN,
  unknown: readonly string[],
  known: readonly string[],
): string {
  const missing = unknown.map((name) => `"${name}"`).join(', ');
  const texts = UNKNOWN[what];
  if (known.length === 0) return t(texts.none, { missing });
  const listed = known.slice(0, LISTED_NAMES).join(', ');
  const rest = known.length - LISTED_NAMES;
  if (rest <= 0) return t(texts.some, { missing, listed });
  return t(texts.many, { missing, listed, rest: String(rest) });
}

const UNKNOWN = {
  account: {
    none: msg('There is no account {missing}; there are none at all yet.'),
    some: msg('There is no account {missing}; known are {listed}.'),
    many: msg('There is no account {missing}; known are {listed} and {rest} more.'),
  },
  destination: {
    none: msg('There is no destination {missing}; there are none at all yet.'),
    some: msg('There is no destination {missing}; known are {listed}.'),
    many: msg('There is no destination {missing}; known are {listed} and {rest} more.'),
  },
};
