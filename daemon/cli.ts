#!/usr/bin/env node
/**
 * The command line's entry. Talks to a running daemon over its Unix socket; `daemon` is the one
 * command that becomes it. Must stay quick to load: no Nest, no catalogue, no schemas.
 */
import { VERSION } from './platform/version.js';
import { runCli } from './cli/program.js';

// A reader that has seen enough (`holdfast … | head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runCli(process.argv.slice(2), process, VERSION);
