/** Names that the daemon knows, to complete by. Who asks gets those that may be seen. */
import type { PermissionsView } from '../api/permission-views.js';
import type { ScheduleView } from '../api/schedule-views.js';
import type { RunView, SnapshotView } from '../api/views.js';
import type { DaemonClient, Query } from './client.js';
import type { Candidate, Completion } from './completion-words.js';
import { localTime } from './format.js';

/** More than anybody reads; whoever wants another types more of it. */
const MOST = 200;

export async function namesFor(
  client: DaemonClient,
  kind: NonNullable<Completion['names']>,
  account: string | undefined,
): Promise<Candidate[]> {
  const list = <Row>(path: string, query?: Query) => client.get<Row[]>(path, query);
  if (kind === 'snapshot') {
    const snapshots = await list<SnapshotView>('/snapshots', { account, limit: MOST });
    return snapshots.map((one) => ({
      value: one.id,
      description: `${one.account}, ${localTime(one.startedAt)}, ${one.state}`,
    }));
  }
  if (kind === 'run') {
    const runs = await list<RunView>('/runs', { limit: MOST });
    return runs.map((run) => ({ value: String(run.id), description: `${run.kind}, ${run.state}` }));
  }
  if (kind === 'schedule') {
    const schedules = await list<ScheduleView>('/schedules');
    return schedules.map(({ id, job, when }) => ({ value: id, description: `${job}: ${when}` }));
  }
  if (kind === 'permission') {
    const { permissions } = await client.get<PermissionsView>('/permissions');
    return permissions.map(({ name, title }) => ({ value: name, description: title }));
  }
  const named = await list<{ name: string }>(`/${kind}s`);
  return named.map(({ name }) => ({ value: name, description: '' }));
}
