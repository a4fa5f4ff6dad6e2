/** The section `databases` of the configuration: the servers whose databases accounts have. */
import { z } from 'zod';
import { msg } from './messages.js';

const filePath = z.string().min(1);

export const databases = z.strictObject({
  mariadb: z
    .enum(['auto', 'on', 'off'])
    .default('auto')
    .describe(msg('MariaDB or MySQL. auto: if its socket is found; on: its absence is an error')),
  mariadbSocket: filePath
    .optional()
    .describe(msg('The socket of MariaDB or MySQL; looked for when not given')),
  mariadbUser: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .describe(
      msg('Who we are there; whoever runs the daemon when neither this nor the option file tells'),
    ),
  mariadbOptionFile: filePath
    .optional()
    .describe(
      msg('With user and password in its [client] section; /root/.my.cnf when it is there'),
    ),
  postgresql: z
    .enum(['auto', 'on', 'off'])
    .default('auto')
    .describe(msg('PostgreSQL. auto: if its socket is found; on: its absence is an error')),
  postgresqlSocket: filePath.optional().describe(msg('The folder of the socket of PostgreSQL')),
  postgresqlPort: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe(msg('The port that names the socket of PostgreSQL')),
  postgresqlUser: z
    .string()
    .min(1)
    .max(63)
    .optional()
    .describe(msg('A role of PostgreSQL that may do everything')),
  postgresqlPassFile: filePath
    .optional()
    .describe(
      msg(
        'A file with the password of that role, as psql has it: host:port:database:user:password',
      ),
    ),
  postgresqlSystemUser: z
    .string()
    .min(1)
    .max(32)
    .optional()
    .describe(
      msg(
        'The Unix user whom the server knows as that role; root becomes postgres unless there is a password',
      ),
    ),
  byPrefix: z
    .boolean()
    .default(true)
    .describe(
      msg(
        'Where the account source names no databases: those called like the account and “_” are its own',
      ),
    ),
});
