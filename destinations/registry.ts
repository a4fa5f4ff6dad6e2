/**
 * Every kind of destination that an admin can add: its settings, how they are told, how it is
 * opened. Adding a kind is one folder and one line here. Secrets go in by `open` only.
 */
import type { z } from 'zod';
import { AppError, type Problem } from '../daemon/platform/errors.js';
import type { Destination } from './destination.js';
import { destinationError } from './destination-error.js';
import { LocalDestination } from './local/local.destination.js';
import { describeLocal, localSettings } from './local/local.settings.js';

export interface DestinationContext {
  /** Homes of accounts: no destination lies in, at or above one. */
  forbiddenBelow: readonly string[];
  /** False only in a sandbox. */
  requireRootOwner: boolean;
  /** The id the destination was initialised with; undefined before that. */
  expectedId?: string | undefined;
}

/** What the catalogue keeps of a destination; `secrets` unsealed. */
export interface DestinationSpec {
  kind: string;
  settings: unknown;
  secrets?: Readonly<Record<string, string>> | undefined;
}

export interface DestinationKind {
  readonly settings: z.ZodType;
  /** One line for lists and logs, without secrets. */
  describe(settings: unknown): string;
  open(
    settings: unknown,
    secrets: Readonly<Record<string, string>>,
    context: DestinationContext,
  ): Destination;
}

const local = kindOf({
  settings: localSettings,
  describe: describeLocal,
  open: (settings, _secrets, context) => new LocalDestination(settings, context),
});

export const destinationKinds: ReadonlyMap<string, DestinationKind> = new Map([['local', local]]);

/** Nothing is touched before the first call. Throws `destination.misconfigured` for an unknown kind
 * or settings that do not fit it. */
export function openDestination(spec: DestinationSpec, context: DestinationContext): Destination {
  return getKind(spec.kind).open(spec.settings, spec.secrets ?? {}, context);
}

export function describeDestination(spec: Pick<DestinationSpec, 'kind' | 'settings'>): string {
  return getKind(spec.kind).describe(spec.settings);
}

function getKind(kind: string): DestinationKind {
  const found = destinationKinds.get(kind);
  if (found !== undefined) return found;
  const known = [...destinationKinds.keys()].join(', ');
  throw destinationError(
    'destination.misconfigured',
    `There is no kind of destination "${kind}"; choose one of: ${known}.`,
  );
}

interface TypedKind<S> {
  settings: z.ZodType<S>;
  describe: (settings: S) => string;
  open: (
    settings: S,
    secrets: Readonly<Record<string, string>>,
    context: DestinationContext,
  ) => Destination;
}

/** A kind whose settings are checked on the way in, so that the rest is typed. */
function kindOf<S>(kind: TypedKind<S>): DestinationKind {
  const parse = (settings: unknown): S => {
    const result = kind.settings.safeParse(settings);
    if (result.success) return result.data;
    throw misconfigured(
      result.error.issues.map(({ path, message }) => ({ field: path.join('.'), message })),
    );
  };
  return {
    settings: kind.settings,
    describe: (settings) => kind.describe(parse(settings)),
    open: (settings, secrets, context) => kind.open(parse(settings), secrets, context),
  };
}

function misconfigured(problems: Problem[]): AppError {
  const list = problems.map(({ field, message }) => (field ? `${field}: ${message}` : message));
  return destinationError(
    'destination.misconfigured',
    `The settings of the destination are not valid. ${list.join(' ')}`,
    { details: { problems } },
  );
}
