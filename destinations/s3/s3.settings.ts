/** What an admin says about an S3 destination, and what follows from it. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { destinationError } from '../destination-error.js';
import { isKeySegment } from '../keys.js';
import { Secret } from '../../daemon/platform/secret.js';
import { PROVIDER_PRESETS, S3_PROVIDERS, type S3Provider } from './providers.js';

const MIB = 1024 * 1024;
const DEFAULT_THREADS = 4;
const MIN_PART_MIB = 5;
/** Each of `threads` parts is held in memory. */
const MAX_PART_MIB = 512;
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** Far beyond what a prefix needs; leaves room for keys within S3's 1,024 bytes. */
const MAX_PREFIX_LENGTH = 256;

const bucketName = z
  .string()
  .regex(
    BUCKET,
    'A bucket name has 3 to 63 characters: lower-case letters, digits, dots and hyphens, with a ' +
      'letter or digit at both ends.',
  )
  .refine((bucket) => !bucket.includes('..'), 'A bucket name has no two dots in a row.')
  .refine((bucket) => isIP(bucket) === 0, 'A bucket name must not look like an IP address.');

const prefixPath = z
  .string()
  .max(MAX_PREFIX_LENGTH, `The prefix must not be longer than ${MAX_PREFIX_LENGTH} characters.`)
  .transform((prefix) => prefix.replace(/^\/+|\/+$/g, ''))
  .refine(
    (prefix) => prefix === '' || prefix.split('/').every(isKeySegment),
    'A prefix is made of letters, digits, ".", "_" and "-", in parts separated by "/".',
  );

const endpointUrl = z
  .string()
  .max(1000)
  .transform((text) => text.trim().replace(/\/+$/, ''))
  .refine(
    isEndpoint,
    'The endpoint is an address like https://s3.example.com or http://10.0.0.5:9000, without ' +
      'user, path or query.',
  );

const certificates = z
  .string()
  .max(100_000)
  .refine(
    (pem) => /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.test(pem),
    'The CA must be one or more certificates in PEM form ("-----BEGIN CERTIFICATE-----").',
  );

export const s3Settings = z
  .strictObject({
    provider: z.enum(S3_PROVIDERS),
    endpoint: endpointUrl.optional(),
    region: z
      .string()
      .regex(/^[a-z0-9-]{1,64}$/, 'A region is made of lower-case letters, digits and hyphens.')
      .optional(),
    bucket: bucketName,
    prefix: prefixPath.optional(),
    /** The bucket in the path of the address rather than in its host name. */
    pathStyle: z.boolean().optional(),
    accessKeyId: z
      .string()
      .regex(/^[\x21-\x7e]{1,256}$/, 'The access key has no blanks and only plain characters.'),
    storageClass: z
      .string()
      .regex(/^[A-Z0-9_-]{1,64}$/, 'A storage class is made of capitals, like STANDARD_IA.')
      .optional(),
    /** Certificates of an own CA that signs the endpoint's. */
    caPem: certificates.optional(),
    partSizeMiB: z.int().min(MIN_PART_MIB).max(MAX_PART_MIB).optional(),
    /** A store that is silent for this long does not answer any more. */
    timeoutSeconds: z.int().min(1).max(3600).optional(),
  })
  .superRefine((settings, context) => {
    for (const { field, message } of problemsOf(settings)) {
      context.addIssue({ code: 'custom', path: [field], message });
    }
  });

export type S3Settings = z.infer<typeof s3Settings>;

const secretText = z.string().max(4096);

/** A session token comes with temporary keys. */
export const s3Secrets = z.strictObject({
  secretAccessKey: secretText.optional(),
  sessionToken: secretText.optional(),
});

/** Settings with everything filled in. */
export interface S3Place {
  provider: S3Provider;
  bucket: string;
  /** '' or ending in a slash: put before every key. */
  keyPrefix: string;
  endpoint: string;
  /** What requests are signed with. */
  region: string;
  pathStyle: boolean;
  accessKeyId: string;
  storageClass: string | undefined;
  caPem: string | undefined;
  partBytes: number;
  timeoutMs: number;
  threads: number;
  /** `bucket/prefix at endpoint`, for messages. */
  described: string;
}

export interface S3Secrets {
  secretAccessKey: Secret;
  sessionToken: Secret | undefined;
}

export function placeOf(settings: S3Settings, threads = DEFAULT_THREADS): S3Place {
  const preset = PROVIDER_PRESETS[settings.provider];
  const region = settings.region ?? preset.region ?? '';
  return {
    provider: settings.provider,
    bucket: settings.bucket,
    keyPrefix: (settings.prefix ?? '') === '' ? '' : `${settings.prefix}/`,
    endpoint: endpointOf(settings) ?? '',
    region: preset.signingRegion ?? region,
    pathStyle: settings.pathStyle ?? preset.pathStyle,
    accessKeyId: settings.accessKeyId,
    storageClass: settings.storageClass,
    caPem: settings.caPem,
    partBytes: (settings.partSizeMiB ?? preset.partSizeMiB) * MIB,
    timeoutMs: (settings.timeoutSeconds ?? 60) * 1000,
    threads,
    described: describeS3(settings),
  };
}

/** `bucket/prefix at endpoint`. */
export function describeS3(settings: S3Settings): string {
  const { bucket, prefix = '' } = settings;
  const place = prefix === '' ? bucket : `${bucket}/${prefix}`;
  return `${place} at ${endpointOf(settings) ?? ''}`;
}

/** Throws `destination.misconfigured` when one is missing or unknown; never tells its text. */
export function secretsOf(secrets: Readonly<Record<string, string>>): S3Secrets {
  const { secretAccessKey = '', sessionToken = '', ...others } = secrets;
  if (Object.keys(others).length > 0) {
    throw destinationError(
      'destination.misconfigured',
      `An S3 destination has no secret "${Object.keys(others).join('", "')}"; ` +
        'it has secretAccessKey and sessionToken.',
    );
  }
  if (secretAccessKey === '') {
    throw destinationError(
      'destination.misconfigured',
      'The secret access key of the S3 destination is missing; enter it.',
    );
  }
  return {
    secretAccessKey: new Secret(secretAccessKey),
    sessionToken: sessionToken === '' ? undefined : new Secret(sessionToken),
  };
}

interface Combination {
  provider: S3Provider;
  endpoint?: string | undefined;
  region?: string | undefined;
  pathStyle?: boolean | undefined;
  caPem?: string | undefined;
}

function problemsOf(settings: Combination): { field: string; message: string }[] {
  const { provider, region, pathStyle, caPem } = settings;
  const preset = PROVIDER_PRESETS[provider];
  const endpoint = endpointOf(settings);
  const problems: { field: string; message: string }[] = [];
  const add = (field: string, message: string): number => problems.push({ field, message });
  if (region === undefined && preset.region === undefined) {
    add('region', `Choose the region of the bucket, like ${preset.regionExample}.`);
  }
  if (endpoint === undefined) {
    add('endpoint', `Give the address of the store, like ${preset.endpointExample}.`);
  }
  const url = endpoint === undefined || !isEndpoint(endpoint) ? undefined : new URL(endpoint);
  if (caPem !== undefined && url?.protocol === 'http:') {
    add(
      'caPem',
      'An own CA is of use with an https:// endpoint only; change it or leave out the CA.',
    );
  }
  const isPathStyle = pathStyle ?? preset.pathStyle;
  if (!isPathStyle && url !== undefined && isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0) {
    add('pathStyle', 'An endpoint that is an IP address needs path style; switch it on.');
  }
  return problems;
}

function endpointOf({ provider, endpoint, region }: Combination): string | undefined {
  if (endpoint !== undefined) return endpoint;
  const preset = PROVIDER_PRESETS[provider];
  return preset.endpoint?.replace('{region}', region ?? preset.region ?? '');
}

function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, pathname, search, hash } = new URL(text);
  const isWeb = protocol === 'https:' || protocol === 'http:';
  return isWeb && pathname === '/' && `${username}${password}${search}${hash}` === '';
}
