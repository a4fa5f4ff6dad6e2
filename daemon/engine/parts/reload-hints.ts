/** What an admin runs so that a service takes notice of a part that was restored. Pure. */
import type { AccountIdentity } from '../types.js';
import type { PartPlace } from './part-places.js';

/** Of the panels' own documentation: they make their services' files anew from what they keep. */
const REBUILD: Record<string, (name: string) => string> = {
  cpanel: () => '/usr/local/cpanel/scripts/updateuserdomains && /usr/local/cpanel/scripts/rebuildhttpdconf', // prettier-ignore
  directadmin: () => '/usr/local/directadmin/custombuild/build rewrite_confs',
  hestiacp: (name) => `/usr/local/hestia/bin/v-rebuild-user ${name}`,
  plesk: () => 'plesk sbin httpdmng --reconfigure-all',
  virtualmin: () => 'systemctl restart webmin',
};
const PLAIN = /^[\w.@-]+$/;

/** Undefined: nothing has to be told. */
export function reloadHint(
  { kind, item }: Pick<PartPlace, 'kind' | 'item'>,
  { source, name }: Pick<AccountIdentity, 'source' | 'name'>,
): string | undefined {
  switch (kind) {
    case 'zone': {
      const domain = item.slice('zone:'.length);
      return `rndc reload ${PLAIN.test(domain) ? domain : ''}`.trim();
    }
    case 'certificate':
      return 'reload the web and mail servers, such as: systemctl reload apache2 nginx dovecot postfix';
    case 'config':
    case 'ftp':
      return PLAIN.test(name) ? REBUILD[source]?.(name) : undefined;
    case 'cron':
    case 'mailbox':
      return undefined;
  }
}
