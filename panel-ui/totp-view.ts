/** Setting up codes of an app, as the sign-in and My account show it. Pure but for the picture. */
import type { TotpProposal } from '../daemon/auth/totp.service.js';
import { qrImage } from './qr-image.js';

export interface TotpSetUpView {
  /** Comes back with the code. */
  sealed: string;
  qr: string;
  /** In groups of four, for typing. */
  secret: string;
}

export async function toTotpSetUpView({
  sealed,
  secret,
  uri,
}: TotpProposal): Promise<TotpSetUpView> {
  return { sealed, qr: await qrImage(uri), secret: secret.replace(/(.{4})(?=.)/g, '$1 ') };
}
