/** Holdfast as one of those who copy: told by a file what to do. */
import { fileURLToPath } from 'node:url';
import { WORKER_NODE_ARGS } from '../daemon/runs/worker-process.js';
import type { DestinationSpec } from '../destinations/registry.js';
import { fileOf, type Peer } from './destination-places.js';
import type { DestinationTask } from './destination-task.js';

/** `directory` is for the files. */
export function holdfast(spec: DestinationSpec, directory: string): Peer {
  const argvOf = (kind: DestinationTask['kind'], local: string, folder: string): string[] => {
    const task: DestinationTask = { kind, spec, directory: local, prefix: `${folder}/` };
    return [
      process.execPath,
      ...WORKER_NODE_ARGS,
      fileURLToPath(new URL('../joined/destination-task.js', import.meta.url)),
      fileOf(directory, `${kind}-${folder}.json`, [JSON.stringify(task)]),
    ];
  };
  return {
    id: 'holdfast',
    label: 'Holdfast',
    tools: [],
    put: (from, folder) => argvOf('put', from, folder),
    get: (folder, to) => argvOf('get', to, folder),
  };
}
