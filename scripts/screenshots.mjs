/** `npm run screenshots -- [--rows=0|3|5000] [PART OF AN ADDRESS …]`: photographs the panel. */
import { buildAndRun } from './bench-build.mjs';

await buildAndRun('photograph-panel');
