/** What the API answers about accounts that are made again. */
import { z } from 'zod';
import type { Recreation } from '../restores/recreations.service.js';
import { accountView, runView } from './views.js';

export const recreationView = z
  .strictObject({
    account: z.string(),
    source: z.string(),
    commands: z
      .array(z.array(z.string()))
      .meta({ description: 'Program and arguments, in this order; PASSWORD-FILE is a file with a random password' }), // prettier-ignore
    obstacles: z.array(z.string()).meta({ description: 'Why it cannot be done' }),
    notes: z.array(z.string()),
    snapshotId: z.string().nullable().meta({ description: 'The newest; it would be restored' }),
  })
  .meta({ id: 'Recreation' });
export type RecreationView = z.infer<typeof recreationView>;

export const recreatedView = z
  .strictObject({ account: accountView, run: runView.nullable() })
  .meta({ id: 'Recreated' });
export type RecreatedView = z.infer<typeof recreatedView>;

export function toRecreationView(recreation: Recreation): RecreationView {
  const { account, source, steps, obstacles, notes, snapshot } = recreation;
  const commands = steps.map(({ program, args }) => [program, ...args]);
  const snapshotId = snapshot?.id ?? null;
  return { account: account.name, source, commands, obstacles, notes, snapshotId };
}
