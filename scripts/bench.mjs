/** `npm run bench -- NAME`: compiles the bench and runs it. */
import { buildAndRun } from './bench-build.mjs';

await buildAndRun('run-bench');
