/** The command line's exit codes; one of the three places that translate errors for the outside. */
import type { ErrorKind } from './errors.js';

export const exitCodes = {
  done: 0,
  usage: 2,
  incomplete: 3,
  failed: 4,
  notFound: 5,
  denied: 6,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export function exitCodeOf(kind: ErrorKind): ExitCode {
  switch (kind) {
    case 'input':
      return exitCodes.usage;
    case 'not-found':
      return exitCodes.notFound;
    case 'denied':
      return exitCodes.denied;
    case 'conflict':
    case 'source':
    case 'destination':
    case 'integrity':
    case 'cancelled':
    case 'bug':
      return exitCodes.failed;
  }
}
