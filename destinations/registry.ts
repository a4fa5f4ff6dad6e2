/**
 * Every kind of destination that an admin can add: its settings, how they are told, how it is
 * opened. Adding a kind is one folder and one line here. Secrets go in by `open` only. What a kind
 * is made of is loaded when one is opened: the S3 client alone costs a worker 40 MiB.
 */
import { z } from 'zod';
import { AppError, type Problem } from '../daemon/platform/errors.js';
import type { Destination, RequestCounts } from './destination.js';
import { destinationError } from './destination-error.js';
import { describeLocal, localSettings } from './local/local.settings.js';
import { estimatePrice } from './s3/prices.js';
import { describeS3, s3Secrets, s3Settings } from './s3/s3.settings.js';
import { describeSsh, sshSecrets, sshSettings } from './ssh/ssh.settings.js';
import { LimitedDestination } from './wrappers/limited.destination.js';
import { ReadOnlyDestination } from './wrappers/read-only.destination.js';
import { RetryingDestination } from './wrappers/retrying.destination.js';

export interface DestinationContext {
  /** Homes of accounts: no destination lies in, at or above one. */
  forbiddenBelow: readonly string[];
  /** False only in a sandbox. */
  requireRootOwner: boolean;
  /** The id the destination was initialised with; undefined before that. */
  expectedId?: string | undefined;
  /** How long an outage of a remote destination is waited out; minutes in a worker, seconds where
   * someone waits for the answer. */
  patienceMs?: number | undefined;
}

/** What a kind is opened with. */
export interface OpeningContext extends DestinationContext {
  /** Calls at once; undefined: as the kind sees fit. */
  threads?: number | undefined;
  /** For programs that move bytes by themselves; what goes through calls is limited outside. */
  bytesPerSecond?: number | undefined;
}

/** What the catalogue keeps of a destination; `secrets` unsealed. */
export interface DestinationSpec {
  kind: string;
  settings: unknown;
  secrets?: Secrets | undefined;
  /** Calls at once, and bytes per second in both directions together. */
  limits?: { threads?: number | undefined; bytesPerSecond?: number | undefined } | undefined;
  isReadOnly?: boolean | undefined;
}

export type Secrets = Readonly<Record<string, string>>;

export interface DestinationKind {
  readonly settings: z.ZodObject;
  readonly secrets: z.ZodObject;
  /** Calls cross a network: what fails may work a moment later. */
  readonly isRemote: boolean;
  /** One line for lists and logs, without secrets. */
  describe(settings: unknown): string;
  open(settings: unknown, secrets: Secrets, context: OpeningContext): Promise<Destination>;
  /** Settings with what only the place itself can tell, where they leave it out: a host key. */
  complete(settings: unknown, signal: AbortSignal): Promise<Record<string, unknown>>;
  /** Where a key can sign in: a new one, and the line that lets it. */
  makeKey?: ((comment: string) => Promise<NewKey>) | undefined;
  /** US cents by list prices, where requests are paid for and prices are known. */
  priceOf(settings: unknown, counts: RequestCounts): number | undefined;
}

export interface NewKey {
  /** A secret. */
  privateKey: string;
  /** What the admin adds to `authorized_keys` of the account on the server. */
  authorizedKeysLine: string;
}

const DEFAULT_SSH_THREADS = 4;

const local = kindOf({
  settings: localSettings,
  secrets: z.strictObject({}),
  isRemote: false,
  describe: describeLocal,
  open: async (settings, _secrets, context) => {
    const { LocalDestination } = await import('./local/local.destination.js');
    const destination = new LocalDestination(settings, context);
    const { threads } = context;
    return threads === undefined ? destination : new LimitedDestination(destination, { threads });
  },
});

const ssh = kindOf({
  settings: sshSettings,
  secrets: sshSecrets,
  isRemote: true,
  describe: describeSsh,
  open: async (settings, secrets, context) => {
    const { SshDestination } = await import('./ssh/ssh.destination.js');
    const { threads = DEFAULT_SSH_THREADS } = context;
    return new LimitedDestination(new SshDestination(settings, secrets, context), { threads });
  },
  complete: async (settings, signal) => {
    if (settings.hostKey !== undefined) return settings;
    const { readHostKey } = await import('./ssh/host-key.js');
    return { ...settings, hostKey: (await readHostKey(settings, signal)).fingerprint };
  },
  makeKey: async (comment) => (await import('./ssh/key-pair.js')).generateKeyPair(comment),
});

const s3 = kindOf({
  settings: s3Settings,
  secrets: s3Secrets,
  isRemote: true,
  describe: describeS3,
  open: async (settings, secrets, context) => {
    const { S3Destination } = await import('./s3/s3.destination.js');
    return new S3Destination(settings, secrets, context);
  },
  priceOf: ({ provider }, counts) => estimatePrice(counts, provider),
});

export const destinationKinds: ReadonlyMap<string, DestinationKind> = new Map([
  ['local', local],
  ['ssh', ssh],
  ['s3', s3],
]);

/** Nothing is touched before the first call. Throws `destination.misconfigured` for an unknown kind
 * or settings that do not fit it. */
export async function openDestination(
  spec: DestinationSpec,
  context: DestinationContext,
): Promise<Destination> {
  const kind = getKind(spec.kind);
  const { threads, bytesPerSecond } = spec.limits ?? {};
  let destination = await kind.open(spec.settings, spec.secrets ?? {}, {
    ...context,
    threads,
    bytesPerSecond,
  });
  if (bytesPerSecond !== undefined) {
    destination = new LimitedDestination(destination, { bytesPerSecond });
  }
  if (kind.isRemote) {
    const { patienceMs } = context;
    const options = patienceMs === undefined ? {} : { deadlineMs: patienceMs };
    destination = new RetryingDestination(destination, options);
  }
  return spec.isReadOnly === true ? new ReadOnlyDestination(destination) : destination;
}

/** What was given for a kind, told apart: what may be shown, and what must not. Throws
 * `destination.misconfigured` for what the kind does not know. */
export function splitSettings(
  kindName: string,
  given: Readonly<Record<string, unknown>>,
): { settings: Record<string, unknown>; secrets: Record<string, string> } {
  const { settings, secrets } = getKind(kindName);
  const isSecret = ([name]: [string, unknown]): boolean => name in secrets.shape;
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  const shown = Object.fromEntries(entries.filter((entry) => !isSecret(entry)));
  const hidden = Object.fromEntries(entries.filter(isSecret));
  return {
    settings: checked<Record<string, unknown>>(settings, shown),
    secrets: checked(secrets as z.ZodType<Record<string, string>>, hidden),
  };
}

/** The settings with what only the place can tell; see `DestinationKind.complete`. */
export function completeSettings(
  { kind, settings }: Pick<DestinationSpec, 'kind' | 'settings'>,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  return getKind(kind).complete(settings, signal);
}

/** US cents by list prices; see `DestinationKind.priceOf`. */
export function priceOfRequests(
  { kind, settings }: Pick<DestinationSpec, 'kind' | 'settings'>,
  counts: RequestCounts,
): number | undefined {
  return getKind(kind).priceOf(settings, counts);
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
  settings: z.ZodObject & z.ZodType<S>;
  secrets: z.ZodObject;
  isRemote: boolean;
  describe: (settings: S) => string;
  open: (settings: S, secrets: Secrets, context: OpeningContext) => Promise<Destination>;
  complete?: (settings: S, signal: AbortSignal) => Promise<Record<string, unknown>>;
  makeKey?: ((comment: string) => Promise<NewKey>) | undefined;
  priceOf?: (settings: S, counts: RequestCounts) => number | undefined;
}

/** A kind whose settings are checked on the way in, so that the rest is typed. */
function kindOf<S>(kind: TypedKind<S>): DestinationKind {
  const parse = (settings: unknown): S => checked<S>(kind.settings, settings);
  return {
    settings: kind.settings,
    secrets: kind.secrets,
    isRemote: kind.isRemote,
    describe: (settings) => kind.describe(parse(settings)),
    open: async (settings, secrets, context) => kind.open(parse(settings), secrets, context),
    complete: async (settings, signal) => {
      const parsed = parse(settings);
      return kind.complete?.(parsed, signal) ?? (parsed as Record<string, unknown>);
    },
    makeKey: kind.makeKey,
    priceOf: (settings, counts) => kind.priceOf?.(parse(settings), counts),
  };
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw misconfigured(
    result.error.issues.map(({ path, message }) => ({ field: path.join('.'), message })),
  );
}

function misconfigured(problems: Problem[]): AppError {
  const list = problems.map(({ field, message }) => (field ? `${field}: ${message}` : message));
  return destinationError(
    'destination.misconfigured',
    `The settings of the destination are not valid. ${list.join(' ')}`,
    { details: { problems } },
  );
}
