/**
 * The daemon's log: JSON lines through pino. Whatever is logged passes through redaction twice:
 * values under telling names are masked, then credentials that still stand in texts (addresses,
 * headers, sign-in links) are masked in the finished line. Names that would move a cursor cannot.
 */
import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino';
import { AppError } from './errors.js';
import { escapeMarks } from './harmless-json.js';

export type { Logger } from 'pino';

export interface LoggerOptions {
  level: string;
  /** Where lines go; standard output when not given. */
  destination?: DestinationStream;
}

export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level,
      base: {},
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        bindings: (bindings) => maskObject(bindings, 0),
        log: (object) => maskObject(object, 0),
      },
      serializers: { err: describeError, error: describeError },
      hooks: { streamWrite: (line) => escapeMarks(maskText(line)) },
    },
    options.destination ?? pino.destination({ fd: 1, sync: true }),
  );
}

const MASK = '[secret]';
const MAX_DEPTH = 6;
const TELLING_NAME =
  /^(?:authorization|cookie|set-cookie)$|passphrase|password|secret|token$|privateKey|private_key|signingKey|accessKey|credential/i;
const TELLING_FIELD =
  /("(?:authorization|cookie|[\w-]*(?:passphrase|password|secret|token))":)"(?:[^"\\]|\\.)*"/gi;

function maskObject(object: object, depth: number): Record<string, unknown> {
  const entries = Object.entries(object).map(([key, value]: [string, unknown]) => {
    const isTelling = TELLING_NAME.test(key) && value !== undefined && value !== null;
    return [key, isTelling ? MASK : maskValue(value, depth + 1)];
  });
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function maskValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  // Errors have their serializer; anything with its own JSON form (dates, Secret) keeps it.
  if (value instanceof Error || 'toJSON' in value) return value;
  if (depth > MAX_DEPTH) return '[deep]';
  if (Array.isArray(value)) return value.map((item) => maskValue(item, depth + 1));
  return maskObject(value, depth);
}

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { type, message, stack } = stdSerializers.err(error);
  const cause = error.cause === undefined ? {} : { cause: describeError(error.cause) };
  if (!(error instanceof AppError)) return { type, message, stack, ...cause };
  const { kind, code, details } = error;
  // An expected failure is explained by its message; a stack would only drown it.
  const where = kind === 'bug' ? { stack } : {};
  return { kind, code, message, details: maskObject(details, 1), ...where, ...cause };
}

/** Masks credentials inside a finished line; the patterns never reach over a JSON quote. */
function maskText(line: string): string {
  return (
    line
      // Strings under telling names once more: formatters do not see what child loggers carry.
      .replaceAll(TELLING_FIELD, `$1"${MASK}"`)
      .replaceAll(/([a-z][a-z0-9+.-]*:\/\/[^\s/:@"\\]*):[^\s/@"\\]+@/gi, `$1:${MASK}@`)
      .replaceAll(/\b(Bearer|Basic) [A-Za-z0-9._~+/=-]{8,}/g, `$1 ${MASK}`)
      .replaceAll(/([?&](?:token|password|secret|key)=)[^\s&"\\]+/gi, `$1${MASK}`)
      .replaceAll(/(\/link\/)[A-Za-z0-9_-]{16,}/g, `$1${MASK}`)
      .replaceAll(/-----BEGIN ([A-Z ]*)PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----/g, MASK)
  );
}
