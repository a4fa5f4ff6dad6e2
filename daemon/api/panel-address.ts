/** Where browsers reach the panel. Filled in when the port is open, since port 0 is the system's
 * choice; undefined while the panel is switched off. */
export interface PanelAddress {
  url: string | undefined;
}

export const PANEL_ADDRESS = Symbol('PanelAddress');
