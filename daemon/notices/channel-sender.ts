/** Sends a message by a stored channel: the one place where its secrets are unsealed. */
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../platform/config-schema.js';
import { CONFIG } from '../platform/platform.module.js';
import { SecretBox } from '../platform/secret.js';
import { CHANNEL_KINDS } from './channel-kinds.js';
import type { Channel } from './channel.entity.js';
import type { Message } from './message.js';
import { NoticeLinks, type ExpiringLink, type FinishedDownload } from './notice-links.js';

/** No message may take longer, whatever the other side does. */
const LONGEST_MS = 60_000;

@Injectable()
export class ChannelSender {
  constructor(
    private readonly secretBox: SecretBox,
    private readonly links: NoticeLinks,
    @Inject(CONFIG) private readonly config: Pick<Config, 'server'>,
  ) {}

  get server(): string {
    return this.config.server.name;
  }

  /** The page of a run; undefined: there is no panel. */
  runUrl(runId: number): string | undefined {
    return this.links.run(runId);
  }

  downloadLink(of: FinishedDownload): ExpiringLink | undefined {
    return this.links.download(of);
  }

  /** Answers what the other side said; `address`: instead of whom the channel names. */
  async send(
    channel: Channel,
    message: Message,
    { address, signal }: { address: string | null; signal: AbortSignal },
  ): Promise<string> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]);
    const { kind, settings } = channel;
    const secrets = this.unseal(channel);
    return CHANNEL_KINDS[kind].send({ settings, secrets, message, address, signal: limit });
  }

  /** Null when there are none. */
  seal(id: string, secrets: Record<string, string>): string | null {
    if (Object.keys(secrets).length === 0) return null;
    return this.secretBox.seal(JSON.stringify(secrets), `channel:${id}`);
  }

  unseal({ id, sealedSecrets }: Pick<Channel, 'id' | 'sealedSecrets'>): Record<string, string> {
    if (sealedSecrets === null) return {};
    const text = this.secretBox.open(sealedSecrets, `channel:${id}`).reveal();
    return JSON.parse(text) as Record<string, string>;
  }
}
