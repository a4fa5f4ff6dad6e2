/**
 * Mail, by SMTP or through a sendmail program of this server. nodemailer makes the message and speaks
 * SMTP; a program is started by platform/processes.ts as every other. Addresses come from schemas, and
 * every other header is one plain line, so that no name can add a header or a recipient.
 */
import { createTransport } from 'nodemailer';
import { z } from 'zod';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { run } from '../platform/processes.js';
import { programProblem } from '../platform/trusted-program.js';
import type { ChannelKind, Sending } from './channel-kind.js';
import { mailAddress } from './mail-address.js';
import type { Message } from './message.js';
import { messageHtml, messageText } from './message-templates.js';
import { plainLine } from './plain-line.js';
import { refused } from './post-message.js';

const TIMEOUT_MS = 30_000;
const PORTS = { tls: 465, starttls: 587, none: 25 } as const;
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '::1'];

export const mailSettings = z.strictObject({
  from: mailAddress.meta({ description: 'The sender that people see' }),
  envelopeFrom: mailAddress.optional().meta({ description: 'Where bounces go; `from` when not given' }), // prettier-ignore
  to: z
    .array(mailAddress)
    .max(50, { error: () => t('At most 50 recipients.') })
    .default([]),
  isForOwners: z
    .boolean()
    .default(false)
    .meta({ description: 'What owners of accounts are told goes out by this channel' }),
  transport: z.enum(['smtp', 'sendmail']).default('smtp'),
  host: z
    .string()
    .regex(/^[A-Za-z0-9._:-]{1,255}$/, {
      error: () => t('Give the name or the address of a mail server.'),
    })
    .optional(),
  port: z
    .int({ error: () => t('It must be a whole number.') })
    .min(1)
    .max(65_535)
    .optional(),
  security: z
    .enum(['tls', 'starttls', 'none'])
    .default('starttls')
    .meta({ description: 'TLS from the start, after STARTTLS, or none' }),
  isCertificateChecked: z.boolean().default(true),
  user: z.string().min(1).max(255).optional(),
  program: z.string().startsWith('/', { error: () => t('Give the absolute path of a program.') }).max(4096).default('/usr/sbin/sendmail'), // prettier-ignore
});
type MailSettings = z.output<typeof mailSettings>;

export const mailSecrets = z.strictObject({
  password: z.string().min(1).max(1_000).optional(),
});

/** What no single field tells. */
export const checkedMailSettings = mailSettings
  .refine(({ to, isForOwners }) => to.length > 0 || isForOwners, {
    path: ['to'],
    error: () => t('Name a recipient, or let the channel send to owners of accounts.'),
  })
  .refine(({ transport, host }) => transport !== 'smtp' || host !== undefined, {
    path: ['host'],
    error: () => t('Give the mail server, or choose sendmail.'),
  })
  .refine(
    ({ user, security, host = '' }) =>
      user === undefined || security !== 'none' || LOCAL_HOSTS.includes(host),
    {
      path: ['security'],
      error: () => t('A password goes to another machine only with TLS or STARTTLS.'),
    },
  );

export const mailChannel: ChannelKind = {
  settings: mailSettings,
  secrets: mailSecrets,
  describe: (settings) => {
    const { transport, host = '', program, to, isForOwners } = mailSettings.parse(settings);
    const by = transport === 'smtp' ? host : program;
    return `${[...to, ...(isForOwners ? ['owners of accounts'] : [])].join(', ')} by ${by}`;
  },
  send: (sending) => {
    const settings = mailSettings.parse(sending.settings);
    const to = sending.address === null ? settings.to : [sending.address];
    if (to.length === 0) throw refused('The channel has no recipients of its own; give an address.'); // prettier-ignore
    return settings.transport === 'smtp'
      ? sendBySmtp(settings, to, sending)
      : sendByProgram(settings, to, sending);
  },
};

async function sendBySmtp(
  settings: MailSettings,
  to: string[],
  { message, secrets, signal }: Sending,
): Promise<string> {
  const { host, port, security, user, isCertificateChecked } = settings;
  const transport = createTransport({
    host: host ?? '',
    port: port ?? PORTS[security],
    secure: security === 'tls',
    ...(security === 'starttls' ? { requireTLS: true } : {}),
    ...(security === 'none' ? { ignoreTLS: true } : {}),
    tls: { rejectUnauthorized: isCertificateChecked },
    ...(user === undefined ? {} : { auth: { user, pass: secrets['password'] ?? '' } }),
    ...{ connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  const close = (): void => transport.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    const { response } = await transport.sendMail(toMail(settings, to, message));
    return plainLine(response, 200);
  } catch (error) {
    throw refused(`The mail server did not take it: ${smtpProblem(error, secrets)}`, error);
  } finally {
    signal.removeEventListener('abort', close);
    transport.close();
  }
}

async function sendByProgram(
  settings: MailSettings,
  to: string[],
  { message, signal }: Sending,
): Promise<string> {
  const problem = await programProblem(settings.program);
  if (problem !== undefined) throw refused(`The mail program was not run: ${problem}`);
  const maker = createTransport({ streamTransport: true, buffer: true, newline: 'unix' });
  const made = await maker.sendMail(toMail(settings, to, message));
  const { from, envelopeFrom = from } = settings;
  try {
    await run(settings.program, ['-i', '-f', envelopeFrom, '--', ...to], {
      ...{ cwd: '/', input: made.message as Buffer, isMerged: true, signal },
      ...{ timeoutMs: TIMEOUT_MS, maxOutputBytes: 4_096 },
    });
    return 'accepted';
  } catch (error) {
    const why = error instanceof AppError ? error.message : String(error);
    throw refused(`The mail program did not take it: ${plainLine(why, 300)}`, error);
  }
}

function toMail(settings: MailSettings, to: string[], message: Message) {
  const { from, envelopeFrom = from } = settings;
  return {
    from: { name: `Holdfast ${message.server}`, address: from },
    to,
    envelope: { from: envelopeFrom, to },
    subject: message.title,
    text: messageText(message),
    html: messageHtml(message),
    messageId: `<${message.id}@${from.slice(from.lastIndexOf('@') + 1)}>`,
    date: new Date(message.at),
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'Content-Language': message.language,
    },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  };
}

/** A server may repeat what it was given. */
function smtpProblem(error: unknown, secrets: Sending['secrets']): string {
  const said = error instanceof Error ? error.message : String(error);
  const { password = '' } = secrets;
  const encoded = Buffer.from(password).toString('base64');
  const shown = [password, encoded].reduce(
    (text, secret) => (secret === '' ? text : text.replaceAll(secret, '[secret]')),
    said,
  );
  return plainLine(shown, 300);
}
