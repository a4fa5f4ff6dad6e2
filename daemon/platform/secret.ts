/**
 * Secrets in memory (`Secret`) and at rest (`SecretBox`).
 *
 * A `Secret` prints as `[secret]` wherever it is printed; only `reveal()` gives the text, so a
 * search for that word finds every use. A `SecretBox` seals with AES-256-GCM under the instance's
 * key file. Nothing here logs, and no error message carries a secret or a key.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { AppError } from './errors.js';
import { readPrivateFile } from './private-file.js';
import { writeFileAtomic } from './files.js';

const SHOWN = '[secret]';

export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const PREFIX = 'v1.';

export class SecretBox {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    if (key.length !== KEY_BYTES) {
      throw new AppError(
        'integrity',
        'secret.bad-key',
        'The key that seals secrets is not 32 bytes long.',
      );
    }
    this.#key = key;
  }

  /**
   * Seals a secret for one place, `context` (`destination:3f9c2a…`): sealed text that was moved to
   * another row does not open there.
   */
  seal(secret: Secret | string, context: string): string {
    const text = typeof secret === 'string' ? secret : secret.reveal();
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv);
    cipher.setAAD(Buffer.from(context));
    const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final()]);
    return PREFIX + Buffer.concat([sealed, cipher.getAuthTag()]).toString('base64url');
  }

  /** A key of 32 bytes for one purpose, always the same; it tells nothing about this one. */
  deriveKey(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#key, '', purpose, KEY_BYTES));
  }

  /** Opens what `seal` made for the same `context`; anything else is an `integrity` error. */
  open(sealed: string, context: string): Secret {
    const bytes = Buffer.from(sealed.slice(PREFIX.length), 'base64url');
    if (!sealed.startsWith(PREFIX) || bytes.length < IV_BYTES + TAG_BYTES) {
      throw cannotOpen(context);
    }
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, IV_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(context));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      const text = decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES), undefined, 'utf8');
      return new Secret(text + decipher.final('utf8'));
    } catch (error) {
      throw cannotOpen(context, error);
    }
  }
}

/** The box over `secrets.key` in the key directory; the key is made on first use. */
export async function openSecretBox(keyDirectory: string): Promise<SecretBox> {
  const path = join(keyDirectory, 'secrets.key');
  const key = await readPrivateFile(path);
  if (key !== undefined) return new SecretBox(key);
  await writeFileAtomic(path, randomBytes(KEY_BYTES), { ifAbsent: true });
  // Read back rather than use what was generated: another process may have been first.
  return new SecretBox((await readPrivateFile(path)) ?? Buffer.alloc(0));
}

function cannotOpen(context: string, cause?: unknown): AppError {
  return new AppError(
    'integrity',
    'secret.cannot-open',
    `The stored secret of ${context} does not open with this server's key; enter it again, or put back the secrets.key it was sealed with.`,
    { cause },
  );
}
