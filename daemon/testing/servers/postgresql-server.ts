/** A PostgreSQL server of its own, reached by a socket; its superuser is known by the Unix user. */
import { join } from 'node:path';
import type { PostgresqlServer } from '../../engine/databases/postgresql-server.js';
import { run } from '../../platform/processes.js';
import { startServerScript } from './server-script.js';

/** For `needsTool`. */
export const POSTGRESQL_TOOLS = ['postgres', 'pg_dump', 'psql', 'setpriv'];

export interface PostgresqlTestServer {
  server: PostgresqlServer;
  pid: number;
  /** Runs a script as `psql` does, up to its first error; answers rows, columns separated by tabs. */
  sql(script: string | Uint8Array, database?: string): Promise<string>;
  close(): Promise<void>;
}

/** `asDebians`: passwords are for 127.0.0.1 only. */
export async function startPostgresql({ asDebians = false } = {}): Promise<PostgresqlTestServer> {
  const script = await startServerScript('postgresql-server.sh', asDebians ? 1 : 0);
  const [port = 5432] = script.ports;
  const systemUser = process.geteuid?.() === 0 ? await idsOf('postgres') : undefined;
  const socketDirectory = join(script.directory, 'pg');
  const server = { socketDirectory, port, user: 'postgres', systemUser };
  return {
    server,
    pid: script.pid,
    sql: async (input, database = 'postgres') => {
      const place = [
        `--host=${socketDirectory}`,
        `--port=${String(port)}`,
        '--username=postgres',
        `--dbname=${database}`,
      ];
      const how = ['--no-psqlrc', '--quiet', '--no-align', '--tuples-only', '--field-separator=\t'];
      const args = [...place, ...how, '--set=ON_ERROR_STOP=1'];
      const options = { input, maxOutputBytes: 64 * 1024 * 1024, cwd: '/', env: { PGCLIENTENCODING: 'UTF8', PGOPTIONS: '-c role=none -c statement_timeout=0' } }; // prettier-ignore
      const { stdout } = await run('psql', args, { ...options, ...systemUser });
      return stdout.toString('utf8');
    },
    close: () => script.close(),
  };
}

async function idsOf(user: string): Promise<{ uid: number; gid: number }> {
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, user])).stdout.toString())),
  );
  return { uid: uid ?? 0, gid: gid ?? 0 };
}
