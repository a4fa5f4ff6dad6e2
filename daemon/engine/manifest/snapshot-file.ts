/**
 * The snapshot file: a snapshot exists when this does. It names everything the snapshot consists of
 * and is signed with the server's key, so that nothing planted at a destination passes as ours.
 * Form and signed bytes: ../FORMAT.md §2.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../platform/errors.js';
import { siteShape } from '../sites/site.js';
import { accountPrefix, FORMAT_VERSION, parseSnapshotKey } from '../layout.js';

const count = z.number().int().nonnegative();
const hex64 = z.string().regex(/^[0-9a-f]{64}$/);

const pageReference = z.strictObject({
  sha256: hex64,
  sizeBytes: count,
  entries: count,
  /** Path reference of its first entry. */
  first: z.string(),
});
export type PageReference = z.infer<typeof pageReference>;

const archiveReference = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9-]{1,80}\.tar(\.gz)?$/),
  sizeBytes: count,
  /** Of incremental snapshots: bytes of content stored in it. */
  contentBytes: count.optional(),
  /** Of incremental snapshots: bytes of that content which this snapshot refers to. */
  liveBytes: count.optional(),
});
export type ArchiveReference = z.infer<typeof archiveReference>;

const snapshotBody = z.strictObject({
  format: z.literal('holdfast-snapshot'),
  version: z.int().min(1).max(FORMAT_VERSION),
  id: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
  server: z.strictObject({ id: z.string(), name: z.string() }),
  account: z.strictObject({
    id: z.string(),
    name: z.string(),
    uid: count,
    gid: count,
    home: z.string(),
    owner: z.string().optional(),
    package: z.string().optional(),
    email: z.string().optional(),
    source: z.string(),
  }),
  job: z.strictObject({ id: z.string(), name: z.string() }).optional(),
  trigger: z.string(),
  structure: z.enum(['archived', 'compressed', 'incremental']),
  /** Of incremental snapshots: the one it started from. */
  parent: z.string().optional(),
  /** Content lies as files in the tree of this snapshot, not in archives. */
  isTree: z.literal(true).optional(),
  state: z.enum(['complete', 'incomplete']),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  items: z.array(
    z.strictObject({ name: z.string(), root: z.string(), entries: count, bytes: count }),
  ),
  entries: count,
  files: count,
  contentBytes: count,
  /** Of incremental snapshots: bytes of content that it stored itself. */
  newBytes: count.optional(),
  excluded: count,
  problems: count,
  leftOut: z.array(z.strictObject({ path: z.string(), code: z.string(), message: z.string() })),
  /** Only where there are some, from version 3. */
  sites: z.array(siteShape).optional(),
  archives: z.array(archiveReference),
  pages: z.array(pageReference),
});
export type SnapshotBody = z.infer<typeof snapshotBody>;

const signature = z.strictObject({
  algorithm: z.literal('ed25519'),
  /** SHA-256, hex, of the public key in SPKI DER form. */
  key: hex64,
  value: z.string(),
});

/** Far more than a signature needs. */
const MAX_SIGNATURE_LENGTH = 1024;
const SIGNATURE_MARK = ',"signature":{';

function keyFingerprint(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

interface PublicKey {
  key: KeyObject;
  fingerprint: string;
}

/** Reading a key from PEM takes longer than checking a signature, and a reindex checks thousands
 * with the same few. */
const publicKeys = new Map<string, PublicKey>();
const KEPT_KEYS = 64;

function publicKeyOf(pem: string): PublicKey {
  const known = publicKeys.get(pem);
  if (known !== undefined) return known;
  const key = createPublicKey(pem);
  const read = { key, fingerprint: keyFingerprint(key) };
  if (publicKeys.size >= KEPT_KEYS) publicKeys.clear();
  publicKeys.set(pem, read);
  return read;
}

/** SHA-256, hex, of a public key in SPKI DER form, as a signature names it. */
export function fingerprintOf(publicKeyPem: string): string {
  return publicKeyOf(publicKeyPem).fingerprint;
}

/** Which key a snapshot file claims to be signed with; undefined when it is not signed at all. */
export function claimedFingerprint(bytes: Buffer): string | undefined {
  const mark = bytes.lastIndexOf(SIGNATURE_MARK);
  if (mark === -1 || bytes.length - mark > MAX_SIGNATURE_LENGTH) return undefined;
  try {
    const text = bytes.toString('utf8', mark + SIGNATURE_MARK.length - 1).trimEnd();
    return signature.parse(JSON.parse(text.slice(0, -1))).key;
  } catch {
    return undefined;
  }
}

/** The bytes of a snapshot file. */
export function signSnapshot(body: SnapshotBody, signingKeyPem: string): Buffer {
  const text = JSON.stringify(body);
  const privateKey = createPrivateKey(signingKeyPem);
  const signed = {
    algorithm: 'ed25519',
    key: keyFingerprint(createPublicKey(privateKey)),
    value: sign(null, Buffer.from(text), privateKey).toString('base64'),
  };
  return Buffer.from(`${text.slice(0, -1)},"signature":${JSON.stringify(signed)}}\n`);
}

function refused(message: string, cause?: unknown): AppError {
  return new AppError('integrity', 'snapshot.untrusted', message, { cause });
}

/**
 * The snapshot in `bytes`, when it is whole and signed by one of the keys; throws `integrity`
 * (`snapshot.untrusted`, `snapshot.damaged`, `snapshot.newer`) otherwise.
 */
export function openSnapshot(bytes: Buffer, trustedKeysPem: string[]): SnapshotBody {
  const text = bytes.toString('utf8').trimEnd();
  const mark = text.lastIndexOf(SIGNATURE_MARK);
  if (mark === -1) throw refused('The snapshot file is not signed, so it is not used.');
  const signedText = `${text.slice(0, mark)}}`;
  checkSignature(signedText, text.slice(mark + SIGNATURE_MARK.length - 1, -1), trustedKeysPem);
  const body: unknown = JSON.parse(signedText);
  const version = (body as { version?: unknown }).version;
  if (typeof version === 'number' && version > FORMAT_VERSION) {
    throw new AppError('integrity', 'snapshot.newer', `The snapshot was written by a newer Holdfast (format ${version}); update this one.`); // prettier-ignore
  }
  const parsed = snapshotBody.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new AppError('integrity', 'snapshot.damaged', `The snapshot file is damaged: ${z.prettifyError(parsed.error)}`); // prettier-ignore
}

/** The same for the file under a key: one that belongs elsewhere is refused, however genuine. */
export function openSnapshotAt(
  bytes: Buffer,
  snapshotKey: string,
  trustedKeysPem: string[],
): SnapshotBody {
  const place = parseSnapshotKey(snapshotKey);
  const body = openSnapshot(bytes, trustedKeysPem);
  const isHere =
    body.id === place.snapshotId && accountPrefix(body.server.id, body.account) === place.prefix;
  if (isHere) return body;
  throw refused(`The snapshot file ${snapshotKey} belongs to another place, so it is not used.`);
}

function checkSignature(signedText: string, signatureText: string, trustedKeysPem: string[]): void {
  let claimed: z.infer<typeof signature>;
  try {
    claimed = signature.parse(JSON.parse(signatureText));
  } catch (error) {
    throw refused('The signature of the snapshot file is damaged, so it is not used.', error);
  }
  const trusted = trustedKeysPem
    .map(publicKeyOf)
    .find(({ fingerprint }) => fingerprint === claimed.key);
  if (trusted === undefined) {
    throw refused(
      'The snapshot file is signed by a server that is not trusted here, so it is not used.',
    );
  }
  const value = Buffer.from(claimed.value, 'base64');
  if (!verify(null, Buffer.from(signedText), trusted.key, value)) {
    throw refused('The snapshot file was changed after it was signed, so it is not used.');
  }
}
