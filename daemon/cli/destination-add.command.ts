/** `holdfast destination add KIND NAME …`. Secrets come from files or are asked for: what stands on a
 * command line, every user of the server can read. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { DestinationView } from '../api/destination-views.js';

import { action } from './context.js';
import { plain } from './format.js';
import { wholeNumber } from './numbers.js';
import { askSecret } from './prompt.js';
import { readText, secretFrom } from './secret-from.js';
import type { Terminal } from './terminal.js';

/** Of all kinds; what a kind requires, commander has asked for. */
interface AddOptions {
  owner?: string;
  threads?: number;
  bandwidth?: number;
  notes?: string;
  visible: boolean;
  readOnly?: boolean;
  path?: string;
  diskLimit?: number;
  requireMount?: boolean;
  timeout?: number;
  host?: string;
  user?: string;
  port?: number;
  key?: string;
  passphrase?: boolean;
  passwordFile?: string;
  hostKey?: string;
  provider?: string;
  bucket?: string;
  accessKey?: string;
  secretKeyFile?: string;
  endpoint?: string;
  region?: string;
  prefix?: string;
  pathStyle?: boolean;
  storageClass?: string;
  ca?: string;
  partSize?: number;
}

type Body = Record<string, unknown>;

export function addDestinationKinds(add: Command, terminal: Terminal): void {
  addLocal(add, terminal);
  addSsh(add, terminal);
  addS3(add, terminal);
}

function addLocal(add: Command, terminal: Terminal): void {
  const local = kind(add, 'local', 'a directory of this server')
    .requiredOption('--path <dir>', 'an existing directory that only root may write')
    .option('--disk-limit <percent>', 'refuse to write when the disk is fuller', wholeNumber)
    .option('--require-mount', 'write nothing while no disk of its own is mounted there');
  local.action(
    adding(terminal, 'local', ({ path = '', diskLimit, requireMount }) => ({
      path: path === '' ? path : resolve(path),
      diskLimitPercent: diskLimit,
      isMountRequired: requireMount,
    })),
  );
}

function addSsh(add: Command, terminal: Terminal): void {
  const ssh = kind(add, 'ssh', 'a directory of another server, over SFTP')
    .requiredOption('--host <host>', 'its name or address')
    .requiredOption('--user <login>', 'the account there')
    .requiredOption('--path <dir>', 'an existing directory of that account')
    .option('--port <port>', 'its SSH port (22)', wholeNumber)
    .option('--key <file>', 'the private key; "holdfast destination key-pair" makes one')
    .option('--passphrase', 'ask for the passphrase of the key')
    .option('--password-file <file>', 'sign in by the password in this file; "-" asks for it')
    .option(
      '--host-key <fingerprint>',
      'what ssh-keygen -lf prints; the first one met when left out',
    ) // prettier-ignore
    .option('--timeout <seconds>', 'how long the server may not answer (30)', wholeNumber)
    .option('--disk-limit <percent>', 'refuse to write when its disk is fuller', wholeNumber);
  ssh.action(
    adding(terminal, 'ssh', async (options) => {
      const { host, user, path, port, key, hostKey, timeout, diskLimit } = options;
      return {
        ...{ host, user, path, port, hostKey, diskLimitPercent: diskLimit },
        timeoutSeconds: timeout,
        privateKey: key === undefined ? undefined : readText(key),
        passphrase:
          options.passphrase === true ? await askSecret(terminal, 'Passphrase: ') : undefined,
        password: await secretFrom(terminal, options.passwordFile, 'Password: '),
      };
    }),
  );
}

function addS3(add: Command, terminal: Terminal): void {
  const s3 = kind(add, 's3', 'a bucket of an S3 store')
    .requiredOption(
      '--provider <name>',
      'aws, backblaze, wasabi, cloudflare, digitalocean, hetzner, minio, ceph or other',
    ) // prettier-ignore
    .requiredOption('--bucket <name>')
    .requiredOption('--access-key <id>', 'the access key, which is no secret')
    .option('--secret-key-file <file>', 'the secret key in this file; asked for when left out')
    .option('--endpoint <url>', 'the address of the store')
    .option('--region <region>')
    .option('--prefix <path>', 'below which everything is kept')
    .option('--path-style', 'the bucket in the path of the address, not in its host name')
    .option('--storage-class <class>')
    .option('--ca <file>', 'certificates of an own CA, PEM')
    .option('--part-size <MiB>', 'of uploads in parts (8)', wholeNumber)
    .option('--timeout <seconds>', 'how long the store may not answer (60)', wholeNumber);
  s3.action(
    adding(terminal, 's3', async (options) => {
      const { provider, bucket, accessKey, endpoint, region, prefix, pathStyle } = options;
      const { storageClass, ca, partSize, timeout, secretKeyFile } = options;
      return {
        ...{ provider, bucket, endpoint, region, prefix, pathStyle, storageClass },
        accessKeyId: accessKey,
        caPem: ca === undefined ? undefined : readText(ca),
        partSizeMiB: partSize,
        timeoutSeconds: timeout,
        secretAccessKey: await secretFrom(terminal, secretKeyFile ?? '-', 'Secret key: '),
      };
    }),
  );
}

function kind(add: Command, name: string, description: string): Command {
  return add
    .command(name)
    .description(description)
    .argument('<name>', 'a–z, 0–9, ".", "_" and "-"')
    .option('--owner <name>', 'whose it is')
    .option('--threads <count>', 'calls at once', wholeNumber)
    .option('--bandwidth <KiB/s>', 'at most so much, both directions together', wholeNumber)
    .option('--notes <text>')
    .option('--no-visible', 'end users do not see the snapshots that lie there')
    .option('--read-only', 'only restore from it: nothing is ever written there');
}

function adding(
  terminal: Terminal,
  kindName: string,
  settingsOf: (options: AddOptions) => Body | Promise<Body>,
) {
  return action<AddOptions>(terminal, async ({ client }, [name = ''], options) => {
    const { owner, threads, bandwidth, notes, visible, readOnly } = options;
    const body = {
      ...{ name, kind: kindName, owner, threads, notes },
      bandwidthKib: bandwidth,
      isVisible: visible,
      isReadOnly: readOnly,
      ...(await settingsOf(options)),
    };
    const destination = await client.post<DestinationView>('/destinations', body);
    terminal.result(destination, addedText);
  });
}

function addedText({ name, settings }: DestinationView): string {
  const { hostKey } = settings;
  const pinned =
    typeof hostKey === 'string' ? `\nIts host key is ${plain(hostKey)}; another one will be refused.` : ''; // prettier-ignore
  return `Added the destination ${plain(name)}.${pinned}`;
}
