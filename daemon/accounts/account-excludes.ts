import { z } from 'zod';

/** One gitignore pattern, as one line of a `.gitignore` would hold it. */
const pattern = z
  .string()
  .max(1000, 'must not be longer than 1,000 characters')
  // eslint-disable-next-line no-control-regex -- control characters are exactly what is refused
  .regex(/^[^\x00\r\n]*\S[^\x00\r\n]*$/, 'must be one line that is not empty');

export const accountExcludes = z.array(pattern).max(500, 'must not be more than 500 patterns');
