/** WordPress sites as the API tells them. */
import { z } from 'zod';
import { siteShape } from '../engine/sites/site.js';

export const siteView = siteShape.meta({ id: 'Site', description: 'As its files and its database tell; what is not known is left out' }); // prettier-ignore
export type SiteView = z.infer<typeof siteView>;

export const accountSitesView = z
  .strictObject({
    snapshotId: z.string().nullable().meta({ description: 'Its newest; null: there is none' }),
    sites: z.array(siteView),
  })
  .meta({ id: 'AccountSites' });
export type AccountSitesView = z.infer<typeof accountSitesView>;
