/**
 * Against DNS rebinding: a web page on the internet can point its own name at 127.0.0.1 and let a
 * browser on this server talk to the panel. Such a request carries the foreign name in its Host
 * header, so a listener on TCP answers only to the names it is known by.
 */
import { isIP } from 'node:net';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';

export interface KnownNames {
  /** The address the panel listens on. */
  host: string;
  publicUrl?: string | undefined;
}

/** The host names a request over TCP may use, in lower case, without a port. */
export function allowedHosts(names: KnownNames): ReadonlySet<string> {
  const hosts = new Set(['localhost', '127.0.0.1', '[::1]']);
  if (!isWildcard(names.host)) hosts.add(bracketed(names.host.toLowerCase()));
  if (names.publicUrl !== undefined) hosts.add(new URL(names.publicUrl).hostname.toLowerCase());
  return hosts;
}

/** Throws `auth.wrong-host` unless the Host header is one of the allowed names. */
export function checkHost(header: string | undefined, allowed: ReadonlySet<string>): void {
  const name = hostName(header ?? '');
  if (name !== undefined && allowed.has(name)) return;
  throw new AppError(
    'denied',
    'auth.wrong-host',
    t(
      'This server does not answer under this host name. Set panel.publicUrl in config.yaml to the address the panel is opened at.',
    ),
  );
}

/** The name in a Host header, or undefined when it is not one. */
function hostName(header: string): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]/@\s]+)(:\d{1,5})?$/i.exec(header);
  return match?.[1]?.toLowerCase();
}

function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::' || host === '';
}
