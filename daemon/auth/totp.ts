/** Codes of an authenticator app (RFC 6238): six digits, new every thirty seconds. Pure. */
import { Secret, TOTP } from 'otpauth';

const PERIOD_SECONDS = 30;
/** How many steps a clock may be off, either way. */
const WINDOW = 1;
const SECRET_BYTES = 20;

/** In base32, as people type it into an app that cannot scan. */
export function newTotpSecret(): string {
  return new Secret({ size: SECRET_BYTES }).base32;
}

/** The address that a QR code holds. `server` tells several servers apart in the app. */
export function totpUri(secret: string, user: string, server: string): string {
  return totpOf(secret, user, server).toString();
}

/** The time step whose code this is, within a step of now; undefined: it is no code of now. */
export function stepOfCode(secret: string, code: string, now: Date): number | undefined {
  const timestamp = now.getTime();
  const token = code.replace(/\s/g, '');
  if (!/^\d{6}$/.test(token)) return undefined;
  const delta = totpOf(secret).validate({ token, timestamp, window: WINDOW });
  return delta === null ? undefined : Math.floor(timestamp / 1000 / PERIOD_SECONDS) + delta;
}

/** What an app shows at this moment. */
export function totpCode(secret: string, now: Date): string {
  return totpOf(secret).generate({ timestamp: now.getTime() });
}

function totpOf(secret: string, user = '', server = ''): TOTP {
  const issuer = server === '' ? 'Holdfast' : `Holdfast ${server}`;
  return new TOTP({
    ...{ issuer, label: user, digits: 6, period: PERIOD_SECONDS },
    secret: Secret.fromBase32(secret),
  });
}
