import { createHash, randomInt } from 'node:crypto';

const COUNT = 10;
/** Without what is mistaken for one another. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';

/** Ten codes such as `k7fq-m2xw-9hda`: 59 random bits each. */
export function newRecoveryCodes(): string[] {
  const letters = (): string =>
    Array.from({ length: 4 }, () => LETTERS.charAt(randomInt(LETTERS.length))).join('');
  return Array.from({ length: COUNT }, () => [letters(), letters(), letters()].join('-'));
}

/** Under which a code is kept. Typed with blanks or capitals, without hyphens, it is the same. */
export function recoveryCodeId(userId: string, typed: string): string {
  const letters = typed.toLowerCase().replace(/[^a-z0-9]/g, '');
  return createHash('sha256').update(`${userId} ${letters}`).digest('hex');
}
