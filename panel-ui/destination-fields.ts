/**
 * The fields of destinations: one table for what all kinds share and one for each kind. A kind is
 * offered when the registry has it. What a field may hold is decided by the schemas of the services;
 * here it is only named and explained.
 */
import { msg, t } from '../daemon/platform/messages.js';
import {
  PROVIDER_PRESETS,
  S3_PROVIDERS,
  type ProviderPreset,
} from '../destinations/s3/providers.js';
import type { IconName } from './wording.js';

export interface Field {
  name: string;
  label: string;
  /** What it is, and what is safe. */
  help: string;
  type: 'text' | 'number' | 'select' | 'choices' | 'checkbox' | 'secret' | 'textarea';
  isRequired?: boolean;
  example?: string;
  /** A function where their words depend on the language. */
  choices?: readonly Choice[] | (() => readonly Choice[]);
  /** Of a checkbox on a fresh form. */
  isOn?: boolean;
  /** The words of a choice stand for a yes or a no. */
  isYesNo?: boolean;
  /** Asked for only with this way to sign in. */
  onlyFor?: string;
  /** Fixed when the destination is added. */
  isFixed?: boolean;
}

export interface Choice {
  value: string;
  label: string;
}

export interface KindForm {
  kind: string;
  label: string;
  icon: IconName;
  hint: string;
  /** The ways to sign in: the first is the usual one. */
  logins: readonly (Choice & { help: string })[];
  fields: readonly Field[];
}

/** The way to sign in of a destination that has one already. */
export const KEPT_LOGIN: Choice & { help: string } = {
  value: 'kept',
  label: msg('As now'),
  help: msg('The key or password that is kept stays.'),
};

/** The way to sign in that needs a key to be made first. */
export const MADE_KEY = 'made';

export const COMMON_FIELDS: readonly Field[] = [
  {
    name: 'owner',
    label: msg('Owner'),
    help: msg('Whose it is, for people who look at the list. Empty: the server’s.'),
    type: 'text',
    example: 'ops',
  },
  {
    name: 'threads',
    label: msg('Calls at once'),
    help: msg('From 1 to 64. Empty: as many as suit the kind. Fewer spare a slow store.'),
    type: 'number',
    example: '4',
  },
  {
    name: 'bandwidthKib',
    label: msg('Bandwidth limit, KiB per second'),
    help: msg('Both directions together, at least 64. Empty: no limit.'),
    type: 'number',
    example: '10240',
  },
  {
    name: 'isVisible',
    label: msg('End users see the snapshots that lie there'),
    help: msg('Off: only admins restore from it.'),
    type: 'checkbox',
    isOn: true,
  },
  {
    name: 'isReadOnly',
    label: msg('Read-only'),
    help: msg('For a destination of another server: nothing is ever written there.'),
    type: 'checkbox',
    isFixed: true,
  },
  {
    name: 'notes',
    label: msg('Notes'),
    help: msg('For admins: where it stands, whom to call. No passwords.'),
    type: 'textarea',
  },
];

export const NAME_FIELD: Field = {
  name: 'name',
  label: msg('Name'),
  help: msg('Short and lasting: jobs and commands use it. Letters a–z, digits, “.”, “_” and “-”.'),
  type: 'text',
  isRequired: true,
  example: 'cellar',
};

const DISK_LIMIT: Field = {
  name: 'diskLimitPercent',
  label: msg('Disk limit, percent'),
  help: msg('No backup starts while the disk is fuller than this. Empty: 95.'),
  type: 'number',
  example: '95',
};

const TIMEOUT: Field = {
  name: 'timeoutSeconds',
  label: msg('Timeout, seconds'),
  help: msg(
    'How long the store may be silent before a call is given up. Empty: as usual for the kind.',
  ),
  type: 'number',
  example: '30',
};

/** Each with what it fills in, and what is left to be given. */
function providerChoices(): Choice[] {
  return S3_PROVIDERS.map((value) => {
    const preset = PROVIDER_PRESETS[value];
    return { value, label: `${preset.label} – ${presetText(preset)}` };
  });
}

function presetText({ endpoint, region, pathStyle }: ProviderPreset): string {
  const filled = [
    ...(endpoint === undefined ? [] : [t('Endpoint')]),
    ...(region === undefined ? [] : [t('Region')]),
    ...(pathStyle ? [t('Path style')] : []),
  ].join(', ');
  if (endpoint === undefined) return t('fills {fields}; give the endpoint', { fields: filled });
  if (region === undefined) return t('fills {fields}; give the region', { fields: filled });
  return t('fills {fields}', { fields: filled });
}

const LOCAL: KindForm = {
  kind: 'local',
  label: msg('Directory'),
  icon: 'hdd',
  hint: msg('On a disk of this server, or mounted on it.'),
  logins: [],
  fields: [
    {
      name: 'path',
      label: msg('Path'),
      help: msg(
        'An existing directory of root’s, mode 700, on a disk of its own, outside every home.',
      ),
      type: 'text',
      isRequired: true,
      example: '/backup/holdfast',
    },
    DISK_LIMIT,
    {
      name: 'isMountRequired',
      label: msg('A mount is required'),
      help: msg(
        'Nothing is written while the path lies on the disk of / or of a home: a disk that is not mounted cannot fill the wrong one.',
      ),
      type: 'checkbox',
      isOn: false,
    },
  ],
};

const SSH: KindForm = {
  kind: 'ssh',
  label: msg('SSH server'),
  icon: 'hdd-network',
  hint: msg('Any account with SFTP: a server, a NAS, a storage box.'),
  logins: [
    {
      value: MADE_KEY,
      label: msg('A key made here'),
      help: msg('You paste one line into authorized_keys; the key can do nothing but SFTP.'),
    },
    { value: 'own', label: msg('A key of yours'), help: msg('A private key you have already.') },
    { value: 'password', label: msg('A password'), help: msg('Where keys are not possible.') },
  ],
  fields: [
    {
      name: 'host',
      label: msg('Server'),
      help: msg('Its name or address. Not this very server.'),
      type: 'text',
      isRequired: true,
      example: 'backup.example.com',
    },
    {
      name: 'port',
      label: msg('Port'),
      help: msg('Where its SSH answers. Empty: 22.'),
      type: 'number',
      example: '22',
    },
    {
      name: 'user',
      label: msg('User'),
      help: msg('An account for backups alone, not root.'),
      type: 'text',
      isRequired: true,
      example: 'holdfast',
    },
    {
      name: 'path',
      label: msg('Path'),
      help: msg('A directory on that server that this user may write, and nobody else.'),
      type: 'text',
      isRequired: true,
      example: '/backup',
    },
    {
      name: 'hostKey',
      label: msg('Fingerprint of the host key'),
      help: msg(
        'As “ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub” prints it on the server: whoever shows another key is refused.',
      ),
      type: 'text',
      example: 'SHA256:…',
    },
    {
      name: 'privateKey',
      label: msg('Private key'),
      help: msg('The whole file, without .pub. Kept sealed, never shown again.'),
      type: 'secret',
      onlyFor: 'own',
    },
    {
      name: 'passphrase',
      label: msg('Passphrase of the key'),
      help: msg('Empty when it has none.'),
      type: 'secret',
      onlyFor: 'own',
    },
    {
      name: 'password',
      label: msg('Password'),
      help: msg('Kept sealed, never shown again.'),
      type: 'secret',
      onlyFor: 'password',
    },
    TIMEOUT,
    DISK_LIMIT,
  ],
};

const S3: KindForm = {
  kind: 's3',
  label: msg('S3 storage'),
  icon: 'cloud',
  hint: msg('A bucket of any S3-compatible store.'),
  logins: [],
  fields: [
    {
      name: 'provider',
      label: msg('Provider'),
      help: msg('Fills the fields it names, when they are left empty.'),
      type: 'select',
      isRequired: true,
      choices: providerChoices,
    },
    {
      name: 'bucket',
      label: msg('Bucket'),
      help: msg('It exists, is private, and has no rule that deletes objects.'),
      type: 'text',
      isRequired: true,
      example: 'acme-backups',
    },
    {
      name: 'prefix',
      label: msg('Folder in the bucket'),
      help: msg('Empty: its top. One for each server when several share a bucket.'),
      type: 'text',
      example: 'web1',
    },
    {
      name: 'region',
      label: msg('Region'),
      help: msg('As the provider names it.'),
      type: 'text',
      example: 'eu-central-1',
    },
    {
      name: 'endpoint',
      label: msg('Endpoint'),
      help: msg(
        'The address of the store, without the bucket. https, unless the network is yours.',
      ),
      type: 'text',
      example: 'https://s3.example.com',
    },
    {
      name: 'accessKeyId',
      label: msg('Access key'),
      help: msg('Of a user who may list, read, write and delete in this bucket, and nothing else.'),
      type: 'text',
      isRequired: true,
      example: 'AKIA…',
    },
    {
      name: 'secretAccessKey',
      label: msg('Secret access key'),
      help: msg('Kept sealed, never shown again.'),
      type: 'secret',
      isRequired: true,
    },
    {
      name: 'sessionToken',
      label: msg('Session token'),
      help: msg('Comes with temporary keys only; they end, and backups with them.'),
      type: 'secret',
    },
    {
      name: 'storageClass',
      label: msg('Storage class'),
      help: msg('Empty: the bucket’s own. Not one that must be thawed before it is read.'),
      type: 'text',
      example: 'STANDARD_IA',
    },
    {
      name: 'pathStyle',
      label: msg('Path style'),
      help: msg('The bucket in the path of the address rather than in the name of the host.'),
      type: 'select',
      isYesNo: true,
      choices: [
        { value: '', label: msg('As the provider does') },
        { value: 'yes', label: msg('On') },
        { value: 'no', label: msg('Off') },
      ],
    },
    {
      name: 'caPem',
      label: msg('Own CA'),
      help: msg('Certificates in PEM form, when the endpoint’s is signed by a CA of yours.'),
      type: 'textarea',
      example: '-----BEGIN CERTIFICATE-----',
    },
    {
      name: 'partSizeMiB',
      label: msg('Part size, MiB'),
      help: msg('Of large uploads, from 5 to 512. Empty: as suits the provider.'),
      type: 'number',
      example: '16',
    },
    TIMEOUT,
  ],
};

const KIND_FORMS: readonly KindForm[] = [LOCAL, SSH, S3];

/** The forms of the kinds that there are. */
export function offeredForms(kinds: { has(kind: string): boolean }): KindForm[] {
  return KIND_FORMS.filter(({ kind }) => kinds.has(kind));
}

export function formOfKind(kind: string): KindForm | undefined {
  return KIND_FORMS.find((form) => form.kind === kind);
}
