import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { cancelled } from '../../daemon/platform/errors.js';
import { failedWith, fromS3 } from './s3-errors.js';
import { placeOf, s3Settings } from './s3.settings.js';

const PLACE = placeOf(
  s3Settings.parse({
    provider: 'other',
    endpoint: 'https://s3.example.com',
    region: 'here-1',
    bucket: 'backups',
    accessKeyId: 'KEY',
    timeoutSeconds: 7,
  }),
);
const NOW = Date.parse('2026-03-01T12:00:00Z');
const ATTEMPT = 'Storing a/b in backups at https://s3.example.com';

/** As the SDK throws it. */
function answer(
  name: string,
  status: number,
  headers: Record<string, string> = {},
  message = 'said so',
): Error {
  return Object.assign(new Error(message), {
    name,
    $metadata: { httpStatusCode: status },
    $response: { statusCode: status, headers },
    request: { headers: { authorization: 'hush' } },
  });
}

function socketError(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code });
}

describe('what a store answers', () => {
  it.each([
    ['AccessDenied', 403, 'destination.denied', false, /read, write, list and delete/],
    ['InvalidAccessKeyId', 403, 'destination.denied', false, /access key ID/],
    ['SignatureDoesNotMatch', 403, 'destination.denied', false, /enter it again/],
    ['ExpiredToken', 400, 'destination.denied', false, /session token has expired/],
    ['NoSuchBucket', 404, 'destination.misconfigured', false, /no such bucket/],
    ['QuotaExceeded', 403, 'destination.full', false, /raise the quota/],
    ['InsufficientStorage', 507, 'destination.full', false, /no room/],
    ['SlowDown', 503, 'destination.unreachable', true, /busy/],
    ['TooManyRequests', 429, 'destination.unreachable', true, /busy/],
    ['InternalError', 500, 'destination.unreachable', true, /busy or broken/],
    ['BadDigest', 400, 'destination.unreachable', true, /damaged/],
    ['RequestTimeout', 400, 'destination.unreachable', true, /silent for 7 s/],
    ['PreconditionFailed', 412, 'destination.exists', false, /taken/],
    ['NotImplemented', 501, 'destination.misconfigured', false, /does not know this kind/],
    ['InvalidStorageClass', 400, 'destination.misconfigured', false, /storage class/],
    ['KeyTooLongError', 400, 'destination.misconfigured', false, /shorten/],
    ['SomethingNew', 400, 'destination.misconfigured', false, /refused the request/],
    ['SomethingNew', 503, 'destination.unreachable', true, /busy or broken/],
  ])('%s (%i) is %s, retryable: %s', (...row) => {
    const [name, status, code, isRetryable, mend] = row;
    const error = fromS3(answer(name, status), ATTEMPT, PLACE, NOW);
    expect(error).toMatchObject({
      kind: 'destination',
      code,
      isRetryable,
      details: { s3Code: name, httpStatus: status },
      message: expect.stringMatching(mend) as unknown,
    });
    expect(String(error)).toContain(`${ATTEMPT} failed (${name}): `);
    expect(failedWith(error, name)).toBe(true);
    expect(failedWith(error, status)).toBe(true);
    expect(failedWith(error, 'Other', 1)).toBe(false);
  });

  it.each([
    [403, 'destination.denied', false],
    [401, 'destination.denied', false],
    [301, 'destination.misconfigured', false],
    [404, 'destination.misconfigured', false],
    [200, 'destination.misconfigured', false],
    [408, 'destination.unreachable', true],
    [429, 'destination.unreachable', true],
    [502, 'destination.unreachable', true],
    [507, 'destination.full', false],
  ])('without a code: %i is %s, retryable: %s', (status, code, isRetryable) => {
    const error = fromS3(answer('UnknownError', status), ATTEMPT, PLACE, NOW);
    expect(error).toMatchObject({ code, isRetryable, details: { s3Code: `HTTP ${status}` } });
  });

  it('tells a spending cap of Backblaze from a missing permission', () => {
    const said = 'Cannot upload files, storage cap exceeded. See the Caps & Alerts page.';
    const error = fromS3(answer('AccessDenied', 403, {}, said), ATTEMPT, PLACE, NOW);
    expect(error).toMatchObject({ code: 'destination.full' });
  });

  it.each([
    ['PermanentRedirect', 301, { 'x-amz-bucket-region': 'eu-west-1' }, ''],
    [
      'AuthorizationHeaderMalformed',
      400,
      {},
      "the region 'here-1' is wrong; expecting 'eu-west-1'",
    ],
  ])('names the right region after %s', (name, status, headers, said) => {
    const error = fromS3(answer(name, status, headers, said), ATTEMPT, PLACE, NOW);
    expect(error).toMatchObject({
      code: 'destination.misconfigured',
      message: expect.stringMatching(/not in the region "here-1".*to "eu-west-1"/) as unknown,
    });
  });

  it.each([
    ['Sun, 01 Mar 2026 12:30:00 GMT', /is 1800 seconds behind the store's; set it by NTP/],
    ['Sun, 01 Mar 2026 11:00:00 GMT', /is 3600 seconds ahead of the store's; set it by NTP/],
    ['', /differs from that of the store by more than it allows/],
  ])('names the skew when the store says it is %s', (date, mend) => {
    const error = fromS3(answer('RequestTimeTooSkewed', 403, { date }), ATTEMPT, PLACE, NOW);
    expect(error).toMatchObject({
      code: 'destination.misconfigured',
      message: expect.stringMatching(mend) as unknown,
    });
  });

  it('is told without headers and signatures', () => {
    const error = fromS3(answer('AccessDenied', 403, { cookie: 'hush' }), ATTEMPT, PLACE, NOW);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('hush');
  });
});

describe('what a connection ends with', () => {
  it.each([
    ['ECONNREFUSED', 'destination.unreachable', true, /nothing listens there/],
    ['ECONNRESET', 'destination.unreachable', true, /connection broke/],
    ['EPIPE', 'destination.unreachable', true, /connection broke/],
    ['ETIMEDOUT', 'destination.unreachable', true, /connection broke/],
    ['EAI_AGAIN', 'destination.unreachable', true, /name servers/],
    ['ENOTFOUND', 'destination.unreachable', false, /no host of this name/],
    ['STALLED', 'destination.unreachable', true, /silent for 7 s/],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'destination.misconfigured', false, /caPem/],
    ['CERT_HAS_EXPIRED', 'destination.misconfigured', false, /renew/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'destination.misconfigured', false, /another name/],
    ['EPROTO', 'destination.misconfigured', false, /does not speak TLS/],
    ['HPE_INVALID_CONSTANT', 'destination.misconfigured', false, /not an S3 store/],
  ])('%s is %s, retryable: %s', (code, destinationCode, isRetryable, mend) => {
    expect(fromS3(socketError(code), ATTEMPT, PLACE, NOW)).toMatchObject({
      code: destinationCode,
      isRetryable,
      message: expect.stringMatching(mend) as unknown,
    });
  });

  it('leaves errors of others as they are', () => {
    const ofBody = new Error('the source broke');
    for (const error of [ofBody, cancelled('It'), 'text', undefined]) {
      expect(fromS3(error, ATTEMPT, PLACE, NOW)).toBe(error);
    }
  });
});
