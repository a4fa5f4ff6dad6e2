import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { S3Destination } from './s3.destination.js';
import { describeS3, placeOf, s3Settings, secretsOf } from './s3.settings.js';

const AWS = { provider: 'aws', region: 'eu-central-1', bucket: 'backups', accessKeyId: 'AKIA' };
const OWN = {
  provider: 'other',
  endpoint: 'http://10.0.0.5:9000',
  bucket: 'b-1',
  accessKeyId: 'k',
};
const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

describe('the settings of an S3 destination', () => {
  it.each([
    [AWS, 'https://s3.eu-central-1.amazonaws.com', 'eu-central-1', false],
    [
      { ...AWS, provider: 'backblaze', region: 'us-west-004' },
      'https://s3.us-west-004.backblazeb2.com',
      'us-west-004',
      false,
    ],
    [
      { ...AWS, provider: 'wasabi', region: undefined },
      'https://s3.us-east-1.wasabisys.com',
      'us-east-1',
      false,
    ],
    [
      { ...AWS, provider: 'digitalocean', region: 'fra1' },
      'https://fra1.digitaloceanspaces.com',
      'us-east-1',
      false,
    ],
    [
      { ...AWS, provider: 'hetzner', region: 'fsn1' },
      'https://fsn1.your-objectstorage.com',
      'fsn1',
      false,
    ],
    [
      { ...OWN, provider: 'cloudflare', endpoint: 'https://x.r2.cloudflarestorage.com/' },
      'https://x.r2.cloudflarestorage.com',
      'auto',
      false,
    ],
    [{ ...OWN, provider: 'minio' }, 'http://10.0.0.5:9000', 'us-east-1', true],
    [{ ...OWN, provider: 'ceph', region: 'zone-1' }, 'http://10.0.0.5:9000', 'zone-1', true],
    [OWN, 'http://10.0.0.5:9000', 'us-east-1', true],
  ])('are filled in: %j', (settings, endpoint, region, pathStyle) => {
    expect(placeOf(s3Settings.parse(settings))).toMatchObject({ endpoint, region, pathStyle });
  });

  it('have defaults for the rest, and keep what was said', () => {
    const MIB = 1024 * 1024;
    const place = placeOf(s3Settings.parse(OWN));
    expect(place).toMatchObject({ partBytes: 8 * MIB, timeoutMs: 60_000, threads: 4 });
    expect(place).toMatchObject({ keyPrefix: '', storageClass: undefined });
    const said = { partSizeMiB: 64, timeoutSeconds: 5, prefix: '/a/b/' };
    expect(
      placeOf(s3Settings.parse({ ...OWN, ...said, storageClass: 'GLACIER_IR' }), 10),
    ).toMatchObject({
      partBytes: 64 * MIB,
      timeoutMs: 5000,
      threads: 10,
      keyPrefix: 'a/b/',
      storageClass: 'GLACIER_IR',
    });
  });

  it.each([
    [{ ...AWS, region: undefined }, 'region', /region of the bucket, like eu-central-1/],
    [{ ...OWN, endpoint: undefined }, 'endpoint', /address of the store, like https/],
    [{ ...OWN, endpoint: 'store.example.com' }, 'endpoint', /https:\/\/s3\.example\.com/],
    [{ ...OWN, endpoint: 'ftp://store' }, 'endpoint', /https:\/\//],
    [{ ...OWN, endpoint: 'https://user:pw@store' }, 'endpoint', /without user/],
    [{ ...OWN, endpoint: 'https://store/bucket' }, 'endpoint', /path/],
    [{ ...OWN, pathStyle: false }, 'pathStyle', /IP address needs path style/],
    [{ ...OWN, caPem: PEM }, 'caPem', /https:\/\/ endpoint only/],
    [{ ...OWN, endpoint: 'https://s', caPem: 'MIIB' }, 'caPem', /PEM form/],
    [{ ...OWN, bucket: 'UPPER' }, 'bucket', /lower-case/],
    [{ ...OWN, bucket: 'a' }, 'bucket', /3 to 63/],
    [{ ...OWN, bucket: '10.0.0.5' }, 'bucket', /IP address/],
    [{ ...OWN, bucket: 'a..b' }, 'bucket', /two dots/],
    [{ ...OWN, prefix: 'a b' }, 'prefix', /letters, digits/],
    [{ ...OWN, prefix: 'a/../b' }, 'prefix', /letters, digits/],
    [{ ...OWN, prefix: 'p'.repeat(257) }, 'prefix', /longer than 256/],
    [{ ...OWN, accessKeyId: 'with blank' }, 'accessKeyId', /no blanks/],
    [{ ...OWN, region: 'EU West' }, 'region', /lower-case/],
    [{ ...OWN, storageClass: 'cold' }, 'storageClass', /capitals/],
    [{ ...OWN, partSizeMiB: 4 }, 'partSizeMiB', /5/],
    [{ ...OWN, timeoutSeconds: 0 }, 'timeoutSeconds', /1/],
    [{ ...OWN, provider: 'tape' }, 'provider', /aws/],
    [{ ...OWN, secretAccessKey: 'x' }, '', /secretAccessKey/],
  ])('%j are refused for %s', (settings, field, message) => {
    const result = s3Settings.safeParse(settings);
    const issues = result.error?.issues.map(({ path, message }) => [path.join('.'), message]);
    expect(issues).toEqual([[field, expect.stringMatching(message)]]);
  });

  it('are told in one line', () => {
    expect(describeS3(s3Settings.parse(OWN))).toBe('b-1 at http://10.0.0.5:9000');
    expect(describeS3(s3Settings.parse({ ...AWS, prefix: 'web/1/' }))).toBe(
      'backups/web/1 at https://s3.eu-central-1.amazonaws.com',
    );
  });
});

describe('the secrets of an S3 destination', () => {
  it.each([
    [{}, /secret access key of the S3 destination is missing/],
    [{ secretAccessKey: '' }, /missing/],
    [{ secretAccessKey: 'verysecret', password: 'hush' }, /no secret "password"/],
  ])('%j are refused in a sentence without them', (secrets, message) => {
    let error: unknown;
    try {
      secretsOf(secrets);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({
      code: 'destination.misconfigured',
      message: expect.stringMatching(message) as unknown,
    });
    expect(inspect(error)).not.toMatch(/verysecret|hush/);
  });

  it('are not seen in the destination', async () => {
    const secrets = { secretAccessKey: 'verysecret', sessionToken: 'hushtoken' };
    const destination = new S3Destination(s3Settings.parse(OWN), secrets);
    const seen = inspect(destination, { depth: 20, showHidden: true });
    expect(seen + JSON.stringify(destination)).not.toMatch(/verysecret|hushtoken/);
    await destination.close();
  });
});
