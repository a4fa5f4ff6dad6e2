/** Looks at what lies at a local destination with nothing of the engine: files and JSON only. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

interface SnapshotFile {
  id: string;
  archives: { name: string; sizeBytes: number }[];
  pages: { sha256: string; sizeBytes: number }[];
}

/** The folder of each account, by the account's name. */
export function accountFolders(store: string): Map<string, string> {
  const folders = new Map<string, string>();
  for (const server of readdirSync(store, { withFileTypes: true })) {
    if (!server.isDirectory()) continue;
    for (const name of readdirSync(join(store, server.name))) {
      folders.set(name.split('.')[0] ?? '', join(store, server.name, name));
    }
  }
  return folders;
}

/** Ids of what is published. */
export function publishedIn(store: string): string[] {
  return [...accountFolders(store).values()]
    .flatMap((folder) => namesIn(folder, 'snapshots'))
    .filter((name) => !isTemporary(name))
    .map((name) => name.replace(/\.json$/, ''))
    .sort();
}

/** Published and yet not whole: never allowed, not even in the instant of a kill. */
export function brokenIn(store: string): string[] {
  return [...accountFolders(store).values()].flatMap((folder) =>
    snapshotsIn(folder).flatMap(({ name, snapshot }) => {
      if (snapshot === undefined) return [`${name} is no whole snapshot file`];
      return referencesOf(snapshot)
        .filter(({ path, sizeBytes }) => sizeOf(join(folder, path)) !== sizeBytes)
        .map(({ path }) => `${name} needs ${path}, which is missing or not whole`);
    }),
  );
}

/** What a killed backup left: allowed until the next run of the account has ended. */
export function straysIn(store: string): string[] {
  return [...accountFolders(store).values()].flatMap((folder) => {
    const wanted = new Set(
      snapshotsIn(folder).flatMap(({ snapshot }) =>
        snapshot === undefined ? [] : referencesOf(snapshot).map(({ path }) => path),
      ),
    );
    const stored = ['archives', 'pages'].flatMap((kind) =>
      namesIn(folder, kind).map((name) => `${kind}/${name}`),
    );
    const unreferenced = stored.filter((path) => !wanted.has(path));
    const temporaries = ['', 'snapshots'].flatMap((kind) =>
      namesIn(folder, kind).filter(isTemporary),
    );
    return [...unreferenced, ...temporaries].map((path) => join(folder, path));
  });
}

function snapshotsIn(folder: string): { name: string; snapshot: SnapshotFile | undefined }[] {
  return namesIn(folder, 'snapshots')
    .filter((name) => !isTemporary(name))
    .map((name) => ({ name, snapshot: parse(join(folder, 'snapshots', name)) }));
}

function referencesOf({ archives, pages }: SnapshotFile): { path: string; sizeBytes: number }[] {
  return [
    ...archives.map(({ name, sizeBytes }) => ({ path: `archives/${name}`, sizeBytes })),
    ...pages.map(({ sha256, sizeBytes }) => ({ path: `pages/${sha256}.jsonl.gz`, sizeBytes })),
  ];
}

function parse(path: string): SnapshotFile | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as SnapshotFile;
  } catch {
    return undefined;
  }
}

function isTemporary(name: string): boolean {
  return /^\..*\.tmp-/.test(name);
}

function namesIn(folder: string, kind: string): string[] {
  try {
    return readdirSync(join(folder, kind));
  } catch {
    return [];
  }
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}
