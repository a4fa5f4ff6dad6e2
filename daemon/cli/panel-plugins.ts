/**
 * The plugins of hosting panels: which files of panel-ui/plugins go where, and what a panel wants to
 * be told. Plain data; plugin-files.ts puts it in place.
 */
import type { PanelSource } from '../accounts/detect-source.js';

export interface PluginFile {
  /** Below panel-ui/plugins. */
  from: string;
  /** On the server. */
  to: string;
  mode: number;
}

/** A program of the panel and its arguments. */
export type PanelCommand = readonly [program: string, ...args: string[]];

export interface PanelPlugin {
  /** Must be there already: the panel's own folders. */
  needs: readonly string[];
  /** Folders that are the plugin's alone: made, and removed with all that is in them. */
  own: readonly string[];
  files: readonly PluginFile[];
  register: readonly PanelCommand[];
  unregister: readonly PanelCommand[];
  /** What an admin has to do by hand. */
  hint: string;
}

const READ = 0o644;
const RUN = 0o755;
const ROOT_ONLY = 0o700;

const JUPITER = '/usr/local/cpanel/base/frontend/jupiter';
const CPANEL_STAGE = '/usr/local/cpanel/holdfast';
const WHM = '/usr/local/cpanel/whostmgr/docroot/cgi/addons';
const CPANEL: PanelPlugin = {
  needs: [JUPITER, WHM],
  own: [`${JUPITER}/holdfast`, `${WHM}/holdfast`, CPANEL_STAGE],
  files: [
    { from: 'cpanel/index.live.php', to: `${JUPITER}/holdfast/index.live.php`, mode: READ },
    { from: 'cpanel/holdfast.svg', to: `${JUPITER}/holdfast/holdfast.svg`, mode: READ },
    { from: 'cpanel/install.json', to: `${CPANEL_STAGE}/install.json`, mode: READ },
    { from: 'cpanel/holdfast.svg', to: `${CPANEL_STAGE}/holdfast.svg`, mode: READ },
    { from: 'cpanel/whm/holdfast.conf', to: `${CPANEL_STAGE}/holdfast.conf`, mode: READ },
    { from: 'cpanel/whm/index.cgi', to: `${WHM}/holdfast/index.cgi`, mode: ROOT_ONLY },
    { from: 'shared/HoldfastLink.pm', to: `${WHM}/holdfast/HoldfastLink.pm`, mode: READ },
  ],
  register: [
    ['/usr/local/cpanel/scripts/install_plugin', CPANEL_STAGE, '--theme=jupiter'],
    ['/usr/local/cpanel/bin/register_appconfig', `${CPANEL_STAGE}/holdfast.conf`],
  ],
  unregister: [
    ['/usr/local/cpanel/bin/unregister_appconfig', 'holdfast'],
    ['/usr/local/cpanel/scripts/uninstall_plugin', CPANEL_STAGE, '--theme=jupiter'],
  ],
  hint: 'Customers see Backups when the feature "holdfast" is on in their feature list.',
};

const DA = '/usr/local/directadmin/plugins';
const DIRECTADMIN: PanelPlugin = {
  needs: [DA],
  own: [`${DA}/holdfast`],
  files: [
    { from: 'directadmin/plugin.conf', to: `${DA}/holdfast/plugin.conf`, mode: READ },
    { from: 'shared/HoldfastLink.pm', to: `${DA}/holdfast/lib/HoldfastLink.pm`, mode: READ },
    ...['user', 'reseller', 'admin'].flatMap((level) => [
      ...['index.raw', 'index.html'].map((name) => ({
        from: `directadmin/${level}/${name}`,
        to: `${DA}/holdfast/${level}/${name}`,
        mode: RUN,
      })),
      {
        from: `directadmin/hooks/${level}_txt.html`,
        to: `${DA}/holdfast/hooks/${level}_txt.html`,
        mode: READ,
      },
    ]),
    ...['install.sh', 'uninstall.sh', 'update.sh'].map((name) => ({
      from: `directadmin/scripts/${name}`,
      to: `${DA}/holdfast/scripts/${name}`,
      mode: RUN,
    })),
  ],
  register: [],
  unregister: [],
  hint: 'Backups stands among the plugins at once. The entry of admins needs DirectAdmin 1.689 or later.',
};

const PSA = '/usr/local/psa/admin';
const PLESK: PanelPlugin = {
  needs: [`${PSA}/htdocs/modules`, `${PSA}/plib/modules`, `${PSA}/sbin/modules`],
  own: ['htdocs', 'plib', 'sbin'].map((part) => `${PSA}/${part}/modules/holdfast`),
  files: [
    { from: 'plesk/htdocs/index.php', to: `${PSA}/htdocs/modules/holdfast/index.php`, mode: READ },
    { from: 'plesk/meta.xml', to: `${PSA}/plib/modules/holdfast/meta.xml`, mode: READ },
    ...['controllers/IndexController.php', 'hooks/CustomButtons.php'].map((name) => ({
      from: `plesk/plib/${name}`,
      to: `${PSA}/plib/modules/holdfast/${name}`,
      mode: READ,
    })),
    {
      from: 'shared/holdfast-link',
      to: `${PSA}/sbin/modules/holdfast/holdfast-link`,
      mode: ROOT_ONLY,
    },
    {
      from: 'shared/HoldfastLink.pm',
      to: `${PSA}/sbin/modules/holdfast/HoldfastLink.pm`,
      mode: READ,
    },
  ],
  register: [['/usr/local/psa/bin/extension', '--register', 'holdfast']],
  unregister: [['/usr/local/psa/bin/extension', '--unregister', 'holdfast']],
  hint: 'Backups stands in the navigation of subscriptions, and in Tools & Settings for admins.',
};

const HESTIA = '/usr/local/hestia';
const HESTIACP: PanelPlugin = {
  needs: [`${HESTIA}/bin`, `${HESTIA}/web/js/custom_scripts`],
  own: [`${HESTIA}/web/holdfast`],
  files: [
    { from: 'hestiacp/holdfast/index.php', to: `${HESTIA}/web/holdfast/index.php`, mode: READ },
    {
      from: 'hestiacp/custom_scripts/holdfast.js',
      to: `${HESTIA}/web/js/custom_scripts/holdfast.js`,
      mode: READ,
    },
    { from: 'shared/holdfast-link', to: `${HESTIA}/bin/v-holdfast-link`, mode: RUN },
    { from: 'shared/HoldfastLink.pm', to: `${HESTIA}/bin/HoldfastLink.pm`, mode: READ },
  ],
  register: [],
  unregister: [],
  hint: 'HestiaCP has no plugins of its own: after an upgrade of HestiaCP install this once more.',
};

const WEBMIN = '/usr/share/webmin';
const VIRTUALMIN: PanelPlugin = {
  needs: [WEBMIN, '/etc/webmin'],
  own: [`${WEBMIN}/holdfast`, '/etc/webmin/holdfast'],
  files: [
    ...['module.info', 'lang/en', 'acl_security.pl', 'virtual_feature.pl', 'config'].map(
      (name) => ({
        from: `virtualmin/${name}`,
        to: `${WEBMIN}/holdfast/${name}`,
        mode: READ,
      }),
    ),
    { from: 'virtualmin/index.cgi', to: `${WEBMIN}/holdfast/index.cgi`, mode: RUN },
    { from: 'shared/HoldfastLink.pm', to: `${WEBMIN}/holdfast/HoldfastLink.pm`, mode: READ },
    { from: 'virtualmin/config', to: '/etc/webmin/holdfast/config', mode: READ },
  ],
  register: [],
  unregister: [],
  hint:
    'In Webmin, choose Refresh Modules and give yourself the module Holdfast; in Virtualmin, tick ' +
    'Holdfast backups below System Settings, Features and Plugins, for owners to see it.',
};

export const PANEL_PLUGINS: Record<PanelSource, PanelPlugin> = {
  cpanel: CPANEL,
  directadmin: DIRECTADMIN,
  plesk: PLESK,
  hestiacp: HESTIACP,
  virtualmin: VIRTUALMIN,
};
