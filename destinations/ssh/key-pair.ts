/** Keys that sign in: made, and read. */
import ssh2, { type ParsedKey } from 'ssh2';
import { destinationError } from '../destination-error.js';

/** SFTP and nothing else: no shell, no forwarding, no terminal. */
const OPTIONS = 'restrict,command="internal-sftp"';
const COMMENT = /^[\x21-\x7e]{1,100}$/;

export interface KeyPair {
  /** OpenSSH format, without a passphrase: a secret. */
  privateKey: string;
  /** `ssh-ed25519 AAAA… comment`. */
  publicKey: string;
  /** What the admin adds to `~/.ssh/authorized_keys` of the account on the server. */
  authorizedKeysLine: string;
}

/** An ed25519 key for one destination. The comment tells whose key it is: printable, no spaces. */
export function generateKeyPair(comment: string): KeyPair {
  if (!COMMENT.test(comment)) {
    throw destinationError(
      'destination.misconfigured',
      'The comment of a key must be up to 100 printable ASCII characters without spaces.',
    );
  }
  const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment });
  const publicKey = pair.public.trim();
  return {
    privateKey: pair.private,
    publicKey,
    authorizedKeysLine: `${OPTIONS} ${publicKey}`,
  };
}

/**
 * The private key, or `destination.misconfigured`: not a private key, of a kind that is not known,
 * protected by a passphrase that was not given or is another one. `place` starts the sentence.
 */
export function readPrivateKey(
  privateKey: string,
  passphrase: string | undefined,
  place: string,
): ParsedKey {
  // Line ends of Windows, and the last one lost, are what forms do to a key.
  const text = `${privateKey.replace(/\r\n?/g, '\n').trim()}\n`;
  const key = parse(text, passphrase);
  if (key instanceof Error) throw keyError(place, keyProblem(key, passphrase), key);
  if (!key.isPrivateKey()) {
    throw keyError(place, 'the private key given is a public key; give the file without .pub.');
  }
  return key;
}

function parse(text: string, passphrase: string | undefined): ParsedKey | Error {
  try {
    const parsed: unknown = ssh2.utils.parseKey(text, passphrase);
    return (Array.isArray(parsed) ? parsed[0] : parsed) as ParsedKey | Error;
  } catch (error) {
    return error as Error; // Of the cipher, when an old PEM is opened with a wrong passphrase.
  }
}

function keyProblem(error: Error, passphrase: string | undefined): string {
  if (/no passphrase given/i.test(error.message)) {
    return 'the private key is protected by a passphrase, which is missing; give it.';
  }
  if (/bad passphrase|bad decrypt|malformed .* private key/i.test(error.message) && passphrase) {
    return 'the passphrase does not open the private key; give the right one.';
  }
  return 'the private key cannot be read; give the whole file as ssh-keygen makes it.';
}

function keyError(place: string, problem: string, cause?: Error): Error {
  return destinationError('destination.misconfigured', `${place} cannot be used: ${problem}`, {
    cause,
  });
}
