/**
 * The one place where what S3 stores, sockets and the SDK say becomes a destination error: one
 * sentence with the attempt, bucket and endpoint, and what to do. The SDK's own error is not passed
 * on: it carries request headers and signatures.
 */
import { AppError, errnoOf } from '../../daemon/platform/errors.js';
import type { DestinationErrorCode } from '../destination.js';
import { destinationError } from '../destination-error.js';
import type { S3Place } from './s3.settings.js';

/** The code of a connection that was silent for too long. */
export const STALLED = 'STALLED';
/** Told by us when an answer has no error code: "HTTP 403". */
const MAX_SAID_LENGTH = 300;

interface Meaning {
  code: DestinationErrorCode;
  mend: string;
  isRetryable?: boolean;
}

type MeaningOf = Meaning | ((failure: S3Failure, place: S3Place) => Meaning);

/** What is known of a failed request. */
export interface S3Failure {
  /** `NoSuchBucket`, `ECONNREFUSED`, `HTTP 503`, … */
  name: string;
  status: number | undefined;
  /** What the store said in words. */
  said: string;
  /** How far the store's clock is ahead of ours, when its answer told. */
  skewSeconds: number | undefined;
  /** Where the bucket is, when the store told. */
  bucketRegion: string | undefined;
}

const KEY: Meaning = {
  code: 'destination.denied',
  mend: 'the store does not know this access key; check the access key ID and the endpoint',
};
const SECRET: Meaning = {
  code: 'destination.denied',
  mend: 'the secret access key does not belong to this access key; enter it again',
};
const EXPIRED: Meaning = {
  code: 'destination.denied',
  mend: 'the session token has expired; enter a new one, or a key that does not expire',
};
const REFUSED: Meaning = {
  code: 'destination.denied',
  mend: 'the key may not do this; let it read, write, list and delete in this bucket',
};
const FULL: Meaning = {
  code: 'destination.full',
  mend: 'the store has no room left for this; remove old snapshots or raise the quota',
};
const BUSY: Meaning = {
  code: 'destination.unreachable',
  mend: 'the store is busy or broken at the moment; try again later, and ask its provider if it lasts',
  isRetryable: true,
};
const BROKEN_LINE: Meaning = {
  code: 'destination.unreachable',
  mend: 'the connection broke; check the network, and that the store is running',
  isRetryable: true,
};
const DAMAGED: Meaning = {
  code: 'destination.unreachable',
  mend: 'the bytes were damaged or cut short on the way; check the network if it happens again',
  isRetryable: true,
};
const SWEPT: Meaning = {
  code: 'destination.unreachable',
  mend: 'the unfinished upload was removed meanwhile; do it again, and let nothing else tidy there',
};
const BUCKET: Meaning = {
  code: 'destination.misconfigured',
  mend: 'there is no such bucket at this endpoint; create it, or check its name and the endpoint',
};
const UNKNOWN_CA: Meaning = {
  code: 'destination.misconfigured',
  mend: 'no CA known here has signed its certificate; give the CA as caPem, if it is your own',
};
const OLD_CERTIFICATE: Meaning = {
  code: 'destination.misconfigured',
  mend: 'its certificate is not valid at this time; renew it, or check the clock of this server',
};
const NOT_TLS: Meaning = {
  code: 'destination.misconfigured',
  mend: 'what answers there does not speak TLS; check the port, or use http://',
};
const NOT_S3: Meaning = {
  code: 'destination.misconfigured',
  mend: 'what answers there is not an S3 store; check the endpoint and its port',
};
const UNKNOWN_CALL: Meaning = {
  code: 'destination.misconfigured',
  mend: 'the store does not know this kind of request; check the provider and path style',
};
const TAKEN: Meaning = { code: 'destination.exists', mend: 'the name is taken' };
const OTHER: Meaning = {
  code: 'destination.misconfigured',
  mend: 'the store refused the request; check the provider, the storage class and the endpoint',
};
const NO_NAME: Meaning = {
  code: 'destination.unreachable',
  mend: 'there is no host of this name; check the endpoint and the name servers',
};

function wrongRegion({ said, bucketRegion }: S3Failure, { region }: S3Place): Meaning {
  const told = bucketRegion ?? /expecting\s+'([a-z0-9-]+)'/.exec(said)?.[1];
  const mend = `the bucket is not in the region "${region}" at this endpoint; set the region`;
  return {
    code: 'destination.misconfigured',
    mend: told === undefined ? `${mend} and endpoint of the bucket` : `${mend} to "${told}"`,
  };
}

function skewed({ skewSeconds }: S3Failure): Meaning {
  const by =
    skewSeconds === undefined
      ? 'differs from that of the store by more than it allows'
      : `is ${Math.abs(skewSeconds)} seconds ${skewSeconds > 0 ? 'behind' : 'ahead of'} the store's`;
  return {
    code: 'destination.misconfigured',
    mend: `the clock of this server ${by}; set it by NTP`,
  };
}

function silent(_failure: S3Failure, { timeoutMs }: S3Place): Meaning {
  return {
    code: 'destination.unreachable',
    mend: `the store was silent for ${timeoutMs / 1000} s; check the network and the store`,
    isRetryable: true,
  };
}

function accessDenied({ said }: S3Failure): Meaning {
  // Backblaze tells a spending cap this way.
  return /\b(cap|quota) exceeded\b/i.test(said) ? FULL : REFUSED;
}

const MEANINGS = new Map<string, MeaningOf>([
  ['InvalidAccessKeyId', KEY],
  ['NoSuchAccessKey', KEY],
  ['SignatureDoesNotMatch', SECRET],
  ['ExpiredToken', EXPIRED],
  ['ExpiredTokenException', EXPIRED],
  ['InvalidToken', EXPIRED],
  ['TokenRefreshRequired', EXPIRED],
  ['AccessDenied', accessDenied],
  ['QuotaExceeded', FULL],
  ['StorageQuotaExceeded', FULL],
  ['XMinioStorageFull', FULL],
  ['XMinioAdminBucketQuotaExceeded', FULL],
  ['InsufficientStorage', FULL],
  [
    'EntityTooLarge',
    { code: 'destination.full', mend: 'the store does not take objects this large' },
  ],
  ['SlowDown', BUSY],
  ['TooManyRequests', BUSY],
  ['Throttling', BUSY],
  ['ThrottlingException', BUSY],
  ['RequestLimitExceeded', BUSY],
  ['OperationAborted', BUSY],
  ['ConditionalRequestConflict', BUSY],
  ['PreconditionFailed', TAKEN],
  ['InvalidRange', { code: 'destination.corrupt', mend: 'the object does not hold these bytes' }],
  ['NoSuchKey', { code: 'destination.not-found', mend: 'there is no such object' }],
  ['RequestTimeout', silent],
  ['NoSuchUpload', SWEPT],
  ['InvalidPart', SWEPT],
  ['BadDigest', DAMAGED],
  ['IncompleteBody', DAMAGED],
  ['XAmzContentSHA256Mismatch', DAMAGED],
  ['NoSuchBucket', BUCKET],
  ['InvalidBucketName', BUCKET],
  ['PermanentRedirect', wrongRegion],
  ['TemporaryRedirect', wrongRegion],
  ['AuthorizationHeaderMalformed', wrongRegion],
  ['IllegalLocationConstraintException', wrongRegion],
  ['InvalidRegionName', wrongRegion],
  ['RequestTimeTooSkewed', skewed],
  ['RequestExpired', skewed],
  [
    'InvalidStorageClass',
    { code: 'destination.misconfigured', mend: 'the store has no such storage class; change it' },
  ],
  [
    'KeyTooLongError',
    { code: 'destination.misconfigured', mend: 'with the prefix the name is too long; shorten it' },
  ],
  ['NotImplemented', UNKNOWN_CALL],
  ['MethodNotAllowed', UNKNOWN_CALL],
  [
    'ECONNREFUSED',
    { ...BROKEN_LINE, mend: 'nothing listens there; check the endpoint and its port' },
  ],
  ['EHOSTUNREACH', BROKEN_LINE],
  ['ENETUNREACH', BROKEN_LINE],
  ['ECONNRESET', BROKEN_LINE],
  ['EPIPE', BROKEN_LINE],
  ['ETIMEDOUT', BROKEN_LINE],
  ['EAI_AGAIN', { ...NO_NAME, isRetryable: true }],
  ['ENOTFOUND', NO_NAME],
  [STALLED, silent],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNKNOWN_CA],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', UNKNOWN_CA],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', UNKNOWN_CA],
  ['UNABLE_TO_GET_ISSUER_CERT', UNKNOWN_CA],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNKNOWN_CA],
  ['CERT_HAS_EXPIRED', OLD_CERTIFICATE],
  ['CERT_NOT_YET_VALID', OLD_CERTIFICATE],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    {
      code: 'destination.misconfigured',
      mend: 'its certificate is for another name; check the endpoint, or switch on path style',
    },
  ],
  ['EPROTO', NOT_TLS],
  ['ERR_SSL_WRONG_VERSION_NUMBER', NOT_TLS],
]);

/**
 * `attempt` starts the sentence: "Storing a/b in bucket at https://…". Errors of ours, and those that
 * come from neither store nor network, come back unchanged.
 */
export function fromS3(error: unknown, attempt: string, place: S3Place, nowMs: number): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const failure = failureOf(error, nowMs);
  if (failure === undefined) return error;
  const { code, mend, isRetryable = false } = meaningOf(failure, place);
  return destinationError(code, `${attempt} failed (${failure.name}): ${mend}.`, {
    isRetryable,
    cause: new Error(`${failure.name}: ${failure.said}`),
    details: { s3Code: failure.name, httpStatus: failure.status },
  });
}

/** The HTTP status of a failed request, when the store answered. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  return numberAt(error.$metadata, 'httpStatusCode');
}

function failureOf(error: Error, nowMs: number): S3Failure | undefined {
  const status = statusOf(error);
  const said = error.message.slice(0, MAX_SAID_LENGTH);
  if (status !== undefined) {
    // An answer without a body (HEAD), or with one that is not S3's, has no code.
    const isNamed = /^[A-Z][A-Za-z0-9]+$/.test(error.name) && !NAMELESS.has(error.name);
    const name = isNamed ? error.name : `HTTP ${status}`;
    const headers = valueAt('$response' in error ? error.$response : undefined, 'headers');
    const region = valueAt(headers, 'x-amz-bucket-region');
    const bucketRegion = typeof region === 'string' ? region : undefined;
    return { name, status, said, skewSeconds: skewOf(headers, nowMs), bucketRegion };
  }
  const name = errnoOf(error);
  if (name === undefined) return undefined;
  return { name, status, said, skewSeconds: undefined, bucketRegion: undefined };
}

/** For answers without a code that we know. */
const STATUS_MEANINGS = new Map<number, MeaningOf>([
  [301, wrongRegion],
  [307, wrongRegion],
  [401, REFUSED],
  [403, REFUSED],
  [405, UNKNOWN_CALL],
  [408, BUSY],
  [412, TAKEN],
  [429, BUSY],
  [501, UNKNOWN_CALL],
  [507, FULL],
]);

/** What the SDK calls answers it does not understand. */
const NAMELESS = new Set([
  ...['Error', 'SyntaxError', 'TypeError', 'Unknown', 'UnknownError'],
  ...['BadRequest', 'Forbidden', 'NotFound'],
]);

function meaningOf(failure: S3Failure, place: S3Place): Meaning {
  const known = MEANINGS.get(failure.name);
  if (known !== undefined) return typeof known === 'function' ? known(failure, place) : known;
  const { name, status } = failure;
  if (name.startsWith('HPE_')) return NOT_S3;
  if (status === undefined) return BROKEN_LINE;
  const byStatus = STATUS_MEANINGS.get(status);
  if (byStatus !== undefined) {
    return typeof byStatus === 'function' ? byStatus(failure, place) : byStatus;
  }
  if (status >= 500) return BUSY;
  if (status < 400 || name.startsWith('HTTP ')) return NOT_S3;
  return OTHER;
}

/** From the `Date` of the answer. */
function skewOf(headers: unknown, nowMs: number): number | undefined {
  const serverMs = Date.parse(String(valueAt(headers, 'date')));
  return Number.isNaN(serverMs) ? undefined : Math.round((serverMs - nowMs) / 1000);
}

function valueAt(object: unknown, key: string): unknown {
  if (typeof object !== 'object' || object === null) return undefined;
  return (object as Record<string, unknown>)[key];
}

function numberAt(object: unknown, key: string): number | undefined {
  const value = valueAt(object, key);
  return typeof value === 'number' ? value : undefined;
}

/** Whether a failure told by `fromS3` had one of these codes of the store, or this HTTP status. */
export function failedWith(error: unknown, ...codes: (string | number)[]): boolean {
  if (!(error instanceof AppError)) return false;
  const { s3Code, httpStatus } = error.details;
  return codes.some((code) => code === s3Code || code === httpStatus);
}
