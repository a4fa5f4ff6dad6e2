/**
 * Posts JSON to an address of the admin's. What is sent is signed, so that the receiver knows that it
 * comes from here and is not a repetition of something old; the README says how to check it.
 */
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { t } from '../platform/messages.js';
import type { ChannelKind } from './channel-kind.js';
import { httpAddress } from './http-address.js';
import type { Message } from './message.js';
import { postMessage } from './post-message.js';

export const webhookSettings = z.strictObject({ url: httpAddress });
export const webhookSecrets = z.strictObject({
  signingKey: z
    .string({
      error: () => t('Give a key of at least 16 characters that the receiver knows, too.'),
    })
    .min(16, { error: () => t('The key must have at least 16 characters.') })
    .max(256)
    .meta({ description: 'What is sent is signed with it; the receiver needs it to check that' }),
});

export const webhookChannel: ChannelKind = {
  settings: webhookSettings,
  secrets: webhookSecrets,
  describe: (settings) => new URL(webhookSettings.parse(settings).url).host,
  send: ({ settings, secrets, message, signal }) => {
    const body = JSON.stringify(toBody(message));
    const headers = {
      'Content-Type': 'application/json',
      'Holdfast-Delivery': message.id,
      'Holdfast-Signature': sign(body, secrets['signingKey'] ?? '', Date.parse(message.at)),
    };
    return postMessage({ url: webhookSettings.parse(settings).url, body, headers, signal });
  },
};

/** `t=SECONDS,v1=HEX`: the HMAC-SHA256 of `SECONDS.BODY`. */
function sign(body: string, key: string, atMs: number): string {
  const seconds = Math.floor(atMs / 1_000);
  const mac = createHmac('sha256', key).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${mac}`;
}

/** Fields are only ever added. */
function toBody({ id, at, server, level, title, isTest, sections, more }: Message): object {
  return {
    ...{ id, at, server, level, title, isTest, more: more ?? null },
    notices: sections.map(({ noticeId, atText: _, more: left, link, ...section }) => ({
      ...{ id: noticeId, ...section, more: left ?? null },
      url: link?.url ?? null,
    })),
  };
}
