/**
 * Servers of our own on loopback, and how Holdfast and its peers are told to use them: Ceph with its
 * S3 gateway, kept in memory, and OpenSSH on the disk. They are those of the tests.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CEPH_TOOLS, startCeph } from '../daemon/testing/servers/ceph-server.js';
import { startSshd } from '../daemon/testing/servers/sshd-server.js';
import type { DestinationSpec } from '../destinations/registry.js';

export interface Place {
  id: string;
  label: string;
  spec: DestinationSpec;
  peers: Peer[];
  close(): Promise<void>;
}

/** A tool that copies a directory of files to the server and back. */
export interface Peer {
  id: string;
  label: string;
  tools: string[];
  /** Does less, so that Holdfast is not judged by it. */
  isForInformation?: boolean;
  /** `folder`: what it is to be called at the server. */
  put: (directory: string, folder: string) => string[];
  /** The directory is not there before. */
  get: (folder: string, directory: string) => string[];
}

export interface PlaceKind {
  label: string;
  tools: string[];
  isRootNeeded: boolean;
  /** `directory` is for files of settings and keys. */
  open: (directory: string) => Promise<Place>;
}

const BUCKET = 'bench';

export const PLACE_KINDS: PlaceKind[] = [
  {
    label: 'S3',
    tools: CEPH_TOOLS,
    isRootNeeded: false,
    open: (directory) => openS3(directory, { id: 's3', label: 'S3', isTls: false }),
  },
  {
    label: 'S3 over TLS',
    tools: CEPH_TOOLS,
    isRootNeeded: false,
    open: (directory) => openS3(directory, { id: 's3-tls', label: 'S3 over TLS', isTls: true }),
  },
  {
    label: 'SSH',
    tools: ['sshd', 'ssh-keygen', 'useradd', 'chpasswd'],
    isRootNeeded: true,
    open: openSsh,
  },
];

async function openS3(
  directory: string,
  { id, label, isTls }: { id: string; label: string; isTls: boolean },
): Promise<Place> {
  const server = await startCeph();
  await server.createBucket(BUCKET);
  const { accessKeyId, secretAccessKey, caPem } = server;
  const endpoint = isTls ? server.tlsEndpoint : server.endpoint;
  const { host } = new URL(endpoint);
  const ca = fileOf(directory, 'ca.pem', [caPem.trimEnd()]);
  const rclone = fileOf(directory, 'rclone-s3.conf', [
    '[s3]',
    'type = s3',
    'provider = Ceph',
    `endpoint = ${endpoint}`,
    `access_key_id = ${accessKeyId}`,
    `secret_access_key = ${secretAccessKey}`,
    'no_check_bucket = true',
  ]);
  const s3cmd = fileOf(directory, 's3cmd.conf', [
    '[default]',
    `access_key = ${accessKeyId}`,
    `secret_key = ${secretAccessKey}`,
    `host_base = ${host}`,
    `host_bucket = ${host}`,
    `use_https = ${isTls ? 'True' : 'False'}`,
    `ca_certs_file = ${ca}`,
  ]);
  const s3cmdArgs = ['s3cmd', '-c', s3cmd, '--quiet', '--recursive'];
  return {
    id,
    label,
    spec: {
      kind: 's3',
      settings: {
        ...{ provider: 'ceph', endpoint, bucket: BUCKET, accessKeyId },
        ...(isTls ? { caPem } : {}),
      },
      secrets: { secretAccessKey },
    },
    peers: [
      rclonePeer(['--config', rclone, '--ca-cert', ca], `s3:${BUCKET}/`),
      {
        id: 's3cmd',
        label: 's3cmd',
        tools: ['s3cmd'],
        put: (from, folder) => [...s3cmdArgs, 'put', `${from}/`, `s3://${BUCKET}/${folder}/`],
        get: (folder, to) => [...s3cmdArgs, 'sync', `s3://${BUCKET}/${folder}/`, `${to}/`],
      },
    ],
    close: () => server.close(),
  };
}

async function openSsh(directory: string): Promise<Place> {
  const server = await startSshd('shell');
  const { port, user, path, hostKey, privateKey } = server;
  const host = '127.0.0.1';
  const identity = fileOf(directory, 'identity', [privateKey.trimEnd()]);
  const rclone = fileOf(directory, 'rclone-ssh.conf', [
    '[ssh]',
    'type = sftp',
    `host = ${host}`,
    `port = ${port}`,
    `user = ${user}`,
    `key_file = ${identity}`,
    // Nobody else reads back what was stored.
    'disable_hashcheck = true',
  ]);
  const options = [
    `IdentityFile=${identity}`,
    `UserKnownHostsFile=${join(directory, 'known_hosts')}`,
    'StrictHostKeyChecking=accept-new',
  ];
  const sftp = (name: string, command: string): string[] => [
    ...['sftp', '-q', '-F', 'none', '-P', String(port)],
    ...options.flatMap((option) => ['-o', option]),
    ...['-b', fileOf(directory, name, [command]), `${user}@${host}`],
  ];
  return {
    id: 'ssh',
    label: 'SSH',
    spec: { kind: 'ssh', settings: { host, port, user, path, hostKey }, secrets: { privateKey } },
    peers: [
      {
        id: 'sftp',
        label: 'sftp',
        tools: ['sftp'],
        put: (from, folder) => sftp(`put-${folder}`, `put -fr "${from}" "${path}/${folder}"`),
        get: (folder, to) => sftp(`get-${folder}`, `get -r "${path}/${folder}" "${to}"`),
      },
      // It does not wait for the disk.
      { ...rclonePeer(['--config', rclone], `ssh:${path}/`), isForInformation: true },
    ],
    close: () => server.stop(),
  };
}

function rclonePeer(options: string[], root: string): Peer {
  const copy = ['rclone', ...options, 'copy'];
  return {
    id: 'rclone',
    label: 'rclone copy',
    tools: ['rclone'],
    put: (from, folder) => [...copy, from, root + folder],
    get: (folder, to) => [...copy, root + folder, to],
  };
}

/** Readable by its owner only. */
export function fileOf(directory: string, name: string, lines: string[]): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, name);
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 });
  return path;
}
