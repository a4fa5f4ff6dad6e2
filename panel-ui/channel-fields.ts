/** The fields of channels: what all kinds share, and what each has. What a field may hold is decided by
 * the schemas of the services; here it is only named and explained. Pure. */
import type { ChannelKindName } from '../daemon/notices/channel.entity.js';
import { ADMIN_KINDS, NOTICE_KINDS } from '../daemon/notices/notice-kinds.js';
import { msg } from '../daemon/platform/messages.js';
import type { Field } from './destination-fields.js';
import { readFields } from './destination-forms.js';
import { listOf, textOf } from './form.js';

type Typed = Readonly<Record<string, unknown>>;

export const CHANNEL_LABELS: Record<ChannelKindName, string> = {
  mail: msg('Mail'),
  webhook: msg('Webhook'),
  slack: msg('Slack or what takes the same'),
  ntfy: msg('ntfy'),
};

const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour));

const COMMON: readonly Field[] = [
  {
    name: 'level',
    label: msg('From which level on'),
    help: msg('What is less urgent is not said.'),
    type: 'select',
    isRequired: true,
    choices: [
      { value: 'info', label: msg('Everything') },
      { value: 'warning', label: msg('Warnings and errors') },
      { value: 'error', label: msg('Errors only') },
    ],
  },
  {
    name: 'digestHour',
    label: msg('When'),
    help: msg('At once, or all of a day together at this hour of the server’s time zone.'),
    type: 'select',
    isRequired: true,
    choices: [
      { value: '', label: msg('At once') },
      ...HOURS.map((hour) => ({ value: hour, label: `${hour.padStart(2, '0')}:00` })),
    ],
  },
  {
    name: 'events',
    label: msg('What'),
    help: msg('None ticked: all of it.'),
    type: 'choices',
    choices: ADMIN_KINDS.map((kind) => ({ value: kind, label: NOTICE_KINDS[kind].title })),
  },
];

const NAME: Field = {
  name: 'name',
  label: msg('Name'),
  help: msg('Of a–z, 0–9, ".", "_" and "-".'),
  type: 'text',
  isRequired: true,
  example: 'ops',
};

const OF_KIND: Record<ChannelKindName, readonly Field[]> = {
  mail: [
    { name: 'from', label: msg('Sender'), help: msg('The address that mails come from.'), type: 'text', isRequired: true, example: 'backup@example.com' }, // prettier-ignore
    { name: 'to', label: msg('Recipients'), help: msg('One address in each line.'), type: 'textarea' }, // prettier-ignore
    { name: 'isForOwners', label: msg('Owners of accounts are told by this channel'), help: msg('Of failed backups, restores and downloads of their own, at their own addresses.'), type: 'checkbox' }, // prettier-ignore
    {
      name: 'transport',
      label: msg('How'),
      help: msg('By a mail server, or by a program of this server.'),
      type: 'select',
      isRequired: true,
      choices: [
        { value: 'smtp', label: 'SMTP' },
        { value: 'sendmail', label: 'sendmail' },
      ],
    },
    { name: 'host', label: msg('Mail server'), help: msg('Its name. Not needed with sendmail.'), type: 'text', example: 'mail.example.com' }, // prettier-ignore
    { name: 'port', label: msg('Port'), help: msg('Empty: 587 with STARTTLS, 465 with TLS, else 25.'), type: 'number', example: '587' }, // prettier-ignore
    {
      name: 'security',
      label: msg('Security'),
      help: msg('Without any, a password is only sent to this very server.'),
      type: 'select',
      isRequired: true,
      choices: [
        { value: 'starttls', label: 'STARTTLS' },
        { value: 'tls', label: 'TLS' },
        { value: 'none', label: msg('None') },
      ],
    },
    { name: 'isCertificateChecked', label: msg('The certificate must be right'), help: msg('Off only for a server of your own with a certificate of its own.'), type: 'checkbox', isOn: true }, // prettier-ignore
    { name: 'user', label: msg('User'), help: msg('Who signs in to the mail server. Empty: nobody.'), type: 'text', example: 'holdfast' }, // prettier-ignore
    { name: 'password', label: msg('Password'), help: msg('Kept sealed, never shown again. Empty: the one that is kept.'), type: 'secret' }, // prettier-ignore
    { name: 'envelopeFrom', label: msg('Bounces'), help: msg('Where mails go that could not be delivered. Empty: to the sender.'), type: 'text', example: 'postmaster@example.com' }, // prettier-ignore
    { name: 'program', label: msg('Program'), help: msg('With sendmail: its absolute path. Empty: /usr/sbin/sendmail.'), type: 'text', example: '/usr/sbin/sendmail' }, // prettier-ignore
  ],
  webhook: [
    { name: 'url', label: msg('Address'), help: msg('JSON is posted there. Redirects are not followed.'), type: 'text', isRequired: true, example: 'https://pager.example.com/hook' }, // prettier-ignore
    { name: 'signingKey', label: msg('Signing key'), help: msg('At least 16 characters that the receiver knows, too. Kept sealed. Empty: the one that is kept.'), type: 'secret' }, // prettier-ignore
  ],
  slack: [
    { name: 'url', label: msg('Address of the incoming webhook'), help: msg('Whoever knows it can post there, so it is kept sealed. Empty: the one that is kept.'), type: 'secret' }, // prettier-ignore
  ],
  ntfy: [
    { name: 'url', label: msg('Server'), help: msg('Empty: https://ntfy.sh.'), type: 'text', example: 'https://ntfy.sh' }, // prettier-ignore
    { name: 'topic', label: msg('Topic'), help: msg('Whoever knows it can read along, unless it is protected.'), type: 'text', isRequired: true, example: 'holdfast-7f3a' }, // prettier-ignore
    { name: 'token', label: msg('Access token'), help: msg('For a protected topic. Kept sealed. Empty: the one that is kept.'), type: 'secret' }, // prettier-ignore
  ],
};

/** The kind's own first. */
export function channelFields(kind: ChannelKindName): Field[] {
  return [NAME, ...OF_KIND[kind], ...COMMON];
}

/** What a form says of a channel, as the services take it. */
export function readChannel(kind: ChannelKindName, typed: Typed) {
  const all = readFields(channelFields(kind), typed);
  const lines = textOf(typed['to']).split(/\r?\n/);
  const to = lines.map((line) => line.trim()).filter((line) => line !== '');
  const own = OF_KIND[kind].flatMap(({ name, type }) => {
    const value = name === 'to' ? to : all[name];
    return [{ name, isSecret: type === 'secret', value }];
  });
  const hour = textOf(typed['digestHour']);
  const events = listOf(typed['events']);
  return {
    common: {
      name: all['name'],
      level: all['level'],
      events: events.length === 0 ? null : events,
      digestHour: hour === '' ? null : Number(hour),
    },
    /** What was left empty is undefined. */
    settings: own.filter(({ isSecret }) => !isSecret),
    secrets: own.filter(({ isSecret, value }) => isSecret && value !== undefined),
  };
}
