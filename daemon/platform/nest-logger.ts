import type { LoggerService } from '@nestjs/common';
import type { Logger } from './logger.js';

/** Where Nest tells why it did not start, before it throws just that to whoever started it. */
const TOLD_BY_THROWING = 'ExceptionHandler';

/** Lets Nest's own messages go to the same log. */
export function nestLogger(logger: Logger): LoggerService {
  const write = (level: 'info' | 'warn' | 'error' | 'debug' | 'trace' | 'fatal') => {
    return (message: unknown, ...rest: unknown[]): void => {
      const context = rest.at(-1);
      if (context === TOLD_BY_THROWING) return;
      const fields = typeof context === 'string' ? { context } : {};
      if (message instanceof Error) logger[level]({ ...fields, err: message }, message.message);
      else logger[level](fields, typeof message === 'string' ? message : JSON.stringify(message));
    };
  };
  return {
    // Nest narrates its start-up at this level; that is our debug.
    log: write('debug'),
    warn: write('warn'),
    error: write('error'),
    debug: write('debug'),
    verbose: write('trace'),
    fatal: write('fatal'),
  };
}
