import { hash, verify } from '@node-rs/argon2';
import { t } from '../platform/messages.js';
import { newToken } from './tokens.js';

/** OWASP's second recommendation for Argon2id (the library's default algorithm): 19 MiB, 2 passes. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const MIN_CHARACTERS = 12;
const MAX_CHARACTERS = 200;

let decoyHash: Promise<string> | undefined;

/** What is wrong with a password as one sentence each; empty when it may be used. */
export function passwordProblems(password: string, userName: string): string[] {
  const characters = Array.from(password);
  const problems: string[] = [];
  if (characters.length < MIN_CHARACTERS) {
    problems.push(
      t(
        'A password has at least {least} characters; this one has {count}. A few words in a row are easy to remember.',
        { least: String(MIN_CHARACTERS), count: String(characters.length) },
      ),
    );
  }
  if (characters.length > MAX_CHARACTERS) {
    problems.push(t('A password has at most {most} characters.', { most: String(MAX_CHARACTERS) }));
  }
  if (password.toLowerCase().includes(userName.toLowerCase())) {
    problems.push(t("A password must not contain the user's name."));
  }
  if (new Set(characters).size < 4 && characters.length >= MIN_CHARACTERS) {
    problems.push(t('A password must not be the same few characters over and over.'));
  }
  return problems;
}

/** Argon2id in PHC form, with a random salt. */
export function hashPassword(password: string): Promise<string> {
  return hash(password.normalize('NFC'), COST);
}

/**
 * Whether the password is the hash's. Without a hash (no such user, or one without a password) it
 * takes as long and says no, so that the time does not tell which names exist.
 */
export async function isPassword(password: string, expected: string | null): Promise<boolean> {
  // Hashing text of any length would be a way to keep the server busy.
  const candidate = password.length > 4 * MAX_CHARACTERS ? '' : password.normalize('NFC');
  decoyHash ??= hashPassword(newToken());
  const isSame = await verify(expected ?? (await decoyHash), candidate);
  return isSame && expected !== null && candidate !== '';
}
