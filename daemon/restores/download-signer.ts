/**
 * Makes and knows links to prepared files. The panel lies above this folder: whoever opens its door
 * says how addresses are spelled.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../platform/clock.js';
import type { Config } from '../platform/config-schema.js';
import { CLOCK, CONFIG } from '../platform/platform.module.js';
import { SecretBox } from '../platform/secret.js';
import type { Run } from '../runs/run.entity.js';
import { keptUntil } from './download-expiry.js';
import { isSigned, signatureOf, type Grant } from './download-signature.js';

/** The query of a link. */
export interface LinkProof {
  expires: number;
  signature: string;
}

export interface DownloadLink {
  url: string;
  /** ISO 8601. */
  expiresAt: string;
}

type Grantable = Pick<Run, 'id' | 'requestedBy' | 'finishedAt'>;

@Injectable()
export class DownloadSigner {
  private readonly key: Buffer;
  private addressOf: ((runId: number, proof: LinkProof) => string) | undefined;

  constructor(
    secretBox: SecretBox,
    @Inject(CONFIG) private readonly config: Pick<Config, 'downloads'>,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.key = secretBox.deriveKey('links to downloads');
  }

  lead(addressOf: (runId: number, proof: LinkProof) => string): void {
    this.addressOf = addressOf;
  }

  /** Of a run that completed; it lasts as long as the file at most. Undefined: there is no panel, or
   * there are to be no links. */
  linkTo({ id: runId, requestedBy, finishedAt }: Grantable): DownloadLink | undefined {
    const { keepHours, linkHours } = this.config.downloads;
    const until = keptUntil({ finishedAt }, keepHours);
    if (linkHours === 0 || until === undefined) return undefined;
    const wantedMs = this.clock.now().getTime() + linkHours * 3_600_000;
    const expires = Math.floor(Math.min(until.getTime(), wantedMs) / 1000);
    return this.sign({ runId, requestedBy, expires });
  }

  /** The same for a message, which is worded anew at each attempt: its end follows from the run alone. */
  linkSince(run: Grantable): DownloadLink | undefined {
    const { keepHours, linkHours } = this.config.downloads;
    const until = keptUntil(run, Math.min(keepHours, linkHours));
    if (linkHours === 0 || until === undefined) return undefined;
    const expires = Math.floor(until.getTime() / 1000);
    return this.sign({ runId: run.id, requestedBy: run.requestedBy, expires });
  }

  /** One whose end is settled. */
  sign(grant: Grant): DownloadLink | undefined {
    const proof = { expires: grant.expires, signature: signatureOf(this.key, grant) };
    const url = this.addressOf?.(grant.runId, proof);
    const expiresAt = new Date(grant.expires * 1000).toISOString();
    return url === undefined ? undefined : { url, expiresAt };
  }

  isOver({ expires }: LinkProof): boolean {
    return expires * 1000 <= this.clock.now().getTime();
  }

  isGood({ id: runId, requestedBy }: Run, { expires, signature }: LinkProof): boolean {
    return isSigned(this.key, { runId, requestedBy, expires }, signature);
  }
}
