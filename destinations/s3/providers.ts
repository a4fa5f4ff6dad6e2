/** What Holdfast knows about each provider, so that an admin has to say as little as possible. */

export const S3_PROVIDERS = [
  'aws',
  'backblaze',
  'wasabi',
  'cloudflare',
  'digitalocean',
  'hetzner',
  'minio',
  'ceph',
  'other',
] as const;

export type S3Provider = (typeof S3_PROVIDERS)[number];

export interface ProviderPreset {
  /** For people. */
  label: string;
  /** `{region}` is filled in; undefined when the admin has to give the endpoint. */
  endpoint: string | undefined;
  /** What an endpoint looks like, for the message that asks for one. */
  endpointExample: string;
  /** Undefined when the admin has to choose. */
  region: string | undefined;
  regionExample: string;
  /** What requests are signed with, when that is not the region. */
  signingRegion?: string;
  pathStyle: boolean;
  /** Whether `If-None-Match: *` is known to be honoured. The first use finds out for itself. */
  conditionalPut: boolean;
  /** All parts of an upload but the last must have the same size. */
  equalParts: boolean;
  partSizeMiB: number;
}

const COMMON = {
  endpoint: undefined,
  endpointExample: 'https://s3.example.com',
  region: 'us-east-1',
  regionExample: 'us-east-1',
  pathStyle: false,
  conditionalPut: false,
  equalParts: false,
  partSizeMiB: 8,
} satisfies Omit<ProviderPreset, 'label'>;

export const PROVIDER_PRESETS: Readonly<Record<S3Provider, ProviderPreset>> = {
  aws: {
    ...COMMON,
    label: 'Amazon S3',
    endpoint: 'https://s3.{region}.amazonaws.com',
    region: undefined,
    regionExample: 'eu-central-1',
    conditionalPut: true,
  },
  backblaze: {
    ...COMMON,
    label: 'Backblaze B2',
    endpoint: 'https://s3.{region}.backblazeb2.com',
    region: undefined,
    regionExample: 'us-west-004',
  },
  wasabi: { ...COMMON, label: 'Wasabi', endpoint: 'https://s3.{region}.wasabisys.com' },
  cloudflare: {
    ...COMMON,
    label: 'Cloudflare R2',
    endpointExample: 'https://ACCOUNT.r2.cloudflarestorage.com',
    region: 'auto',
    conditionalPut: true,
    equalParts: true,
    partSizeMiB: 16,
  },
  digitalocean: {
    ...COMMON,
    label: 'DigitalOcean',
    endpoint: 'https://{region}.digitaloceanspaces.com',
    region: undefined,
    regionExample: 'fra1',
    signingRegion: 'us-east-1',
  },
  hetzner: {
    ...COMMON,
    label: 'Hetzner',
    endpoint: 'https://{region}.your-objectstorage.com',
    region: undefined,
    regionExample: 'fsn1',
  },
  minio: {
    ...COMMON,
    label: 'MinIO',
    endpointExample: 'https://minio.example.com:9000',
    pathStyle: true,
    conditionalPut: true,
  },
  ceph: { ...COMMON, label: 'Ceph', pathStyle: true, conditionalPut: true },
  other: { ...COMMON, label: 'Another', pathStyle: true },
};
