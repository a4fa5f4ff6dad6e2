/** A MariaDB server of its own, reached by a socket; this Unix user is its root. */
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { MariadbServer } from '../../engine/databases/mariadb-server.js';
import { run } from '../../platform/processes.js';
import { startServerScript } from './server-script.js';

/** For `needsTool`. */
export const MARIADB_TOOLS = ['mariadbd', 'mariadb-install-db', 'mariadb-dump', 'mariadb'];

export interface MariadbTestServer {
  server: MariadbServer;
  pid: number;
  /** Runs a script as `mariadb` does, delimiters and all; answers rows, columns separated by tabs. */
  sql(script: string, database?: string): Promise<string>;
  close(): Promise<void>;
}

export async function startMariadb(): Promise<MariadbTestServer> {
  const script = await startServerScript('mariadb-server.sh', 0);
  const server = { socketPath: join(script.directory, 'mariadb.sock'), user: userInfo().username };
  return {
    server,
    pid: script.pid,
    sql: async (input, database) => {
      const place = ['--no-defaults', `--socket=${server.socketPath}`, `--user=${server.user}`];
      const how = ['--batch', '--skip-column-names', '--default-character-set=utf8mb4'];
      const args = [...place, ...how, ...(database === undefined ? [] : [database])];
      const { stdout } = await run('mariadb', args, { input, maxOutputBytes: 64 * 1024 * 1024 });
      return stdout.toString('utf8');
    },
    close: () => script.close(),
  };
}
