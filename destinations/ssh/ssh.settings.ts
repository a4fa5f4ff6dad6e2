/** What an admin says about an SSH destination, and what must come with it as secrets. */
import { posix } from 'node:path';
import { z } from 'zod';
import { destinationError } from '../destination-error.js';

export const DEFAULT_SSH_PORT = 22;
export const DEFAULT_TIMEOUT_SECONDS = 30;

const HOST = /^(?!-)[A-Za-z0-9._:%-]+$/;
const PRINTABLE = /^[^\s\p{C}]+$/u;
const CONTROL = /\p{Cc}/u;
const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;

export const sshSettings = z.strictObject({
  host: z
    .string()
    .max(253)
    .transform((host) => host.replace(/^\[(.*)\]$/, '$1'))
    .refine((host) => HOST.test(host), 'Give the name or the address of the server.'),
  port: z.int().min(1).max(65_535).optional(),
  user: z
    .string()
    .max(255)
    .refine((user) => PRINTABLE.test(user), 'Give the name of the account, without spaces.'),
  path: z
    .string()
    .max(4000)
    .refine((path) => posix.isAbsolute(path), 'The path must be absolute, like /backup.')
    .refine((path) => !CONTROL.test(path), 'The path must not contain control characters.')
    .transform((path) => posix.normalize(path).replace(/(?<=.)\/+$/, '')),
  /** Fingerprint of the host key, as `ssh-keygen -lf` prints it. Nothing works without. */
  hostKey: z
    .string()
    .transform((hostKey) => hostKey.replace(/=+$/, ''))
    .refine(
      (hostKey) => FINGERPRINT.test(hostKey),
      'Give the fingerprint as ssh-keygen -lf prints it, SHA256: and 43 characters.',
    )
    .optional(),
  /** For connecting, and for how long a server may not answer. */
  timeoutSeconds: z.int().min(1).max(3600).optional(),
  /** New backups are refused when the file system is fuller than this. */
  diskLimitPercent: z.int().min(1).max(100).optional(),
});

export type SshSettings = z.infer<typeof sshSettings>;

const MAX_SECRET = 64 * 1024;

/** One way to sign in: a private key, or a password. */
export const sshSecrets = z.strictObject({
  privateKey: z.string().max(MAX_SECRET).optional(),
  passphrase: z.string().max(MAX_SECRET).optional(),
  password: z.string().max(MAX_SECRET).optional(),
});

export type SshSecrets = Readonly<Record<string, string>>;

/** How the account is entered: exactly one of the two. */
export type SshLogin =
  | { kind: 'key'; privateKey: string; passphrase: string | undefined }
  | { kind: 'password'; password: string };

/** `user@host:port/path`, for lists, logs and messages. */
export function describeSsh({ user, host, port = DEFAULT_SSH_PORT, path }: SshSettings): string {
  return `${user}@${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
}

/** Throws `destination.misconfigured` unless the secrets are those of one way to sign in. */
export function loginOf(settings: SshSettings, secrets: SshSecrets): SshLogin {
  const { privateKey, passphrase, password } = secrets;
  const place = describeSsh(settings);
  const problem = secretsProblem(secrets);
  if (problem !== undefined) {
    throw destinationError('destination.misconfigured', `${place} cannot be used: ${problem}`);
  }
  if (isGiven(privateKey)) {
    return { kind: 'key', privateKey, passphrase: isGiven(passphrase) ? passphrase : undefined };
  }
  return { kind: 'password', password: password ?? '' };
}

function secretsProblem(secrets: SshSecrets): string | undefined {
  const unknown = Object.keys(secrets).find((name) => !SECRETS.includes(name));
  if (unknown !== undefined) {
    return `there is no secret "${unknown}"; choose among ${SECRETS.join(', ')}.`;
  }
  const hasKey = isGiven(secrets['privateKey']);
  const hasPassword = isGiven(secrets['password']);
  if (hasKey && hasPassword) {
    return 'a private key and a password are given; give one of the two.';
  }
  if (!hasKey && isGiven(secrets['passphrase'])) {
    return 'a passphrase is given, but no private key for it; give the key, too.';
  }
  if (!hasKey && !hasPassword) {
    return 'neither a private key nor a password is given; give one of the two.';
  }
  return undefined;
}

const SECRETS = ['privateKey', 'passphrase', 'password'];

function isGiven(secret: string | undefined): secret is string {
  return secret !== undefined && secret !== '';
}
