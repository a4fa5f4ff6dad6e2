import { ensureBuilt, ensureDependencies } from './prepare.mjs';

try {
  ensureDependencies();
  ensureBuilt();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
