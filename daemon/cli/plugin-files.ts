/**
 * Puts a panel's plugin in place and takes it away. Runs as root in folders that a panel owns: a
 * symlink is followed only where nobody but root can have made it, and none is ever written through.
 */
import { lstat, mkdir, readFile, realpath, rm } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { AppError, errnoOf } from '../platform/errors.js';
import { writeFileAtomic } from '../platform/files.js';
import { projectFile } from '../platform/project-files.js';
import { isOnlyRoots } from '../platform/trusted-path.js';
import type { PanelPlugin, PluginFile } from './panel-plugins.js';

const PLACEHOLDER = '@HOLDFAST_SOCKET@';

/** Where to: `root` is / but for trying it out. */
export interface PluginPlace {
  root: string;
  socket: string;
}

/** Copies all files; answers where they are. */
export async function installPlugin(plugin: PanelPlugin, place: PluginPlace): Promise<string[]> {
  if (!/^\/[\w./-]+$/.test(place.socket)) throw oddSocket(place.socket);
  for (const path of plugin.needs) {
    if (!(await isThere(join(place.root, path)))) throw noPanel(path);
  }
  const written: string[] = [];
  for (const file of plugin.files) written.push(await copy(file, place));
  return written;
}

/** Files outside of the plugin's own folders go one by one, then the folders. */
export async function uninstallPlugin(
  plugin: PanelPlugin,
  { root }: Pick<PluginPlace, 'root'>,
): Promise<void> {
  for (const { to } of plugin.files) {
    const folder = await safeFolder(root, posix.dirname(to), false);
    if (folder !== undefined) await rm(join(folder, posix.basename(to)), { force: true });
  }
  for (const path of plugin.own) {
    const parent = await safeFolder(root, posix.dirname(path), false);
    if (parent === undefined) continue;
    await rm(join(parent, posix.basename(path)), { recursive: true, force: true });
  }
}

/** How many of the files are there as they would be installed now. */
export async function countInstalled(plugin: PanelPlugin, place: PluginPlace): Promise<number> {
  let count = 0;
  for (const file of plugin.files) {
    const found = await readFile(join(place.root, file.to), 'utf8').catch(() => undefined);
    if (found === (await textOf(file, place))) count += 1;
  }
  return count;
}

async function copy(file: PluginFile, place: PluginPlace): Promise<string> {
  const folder = await safeFolder(place.root, posix.dirname(file.to), true);
  const target = join(folder ?? place.root, posix.basename(file.to));
  const status = await statusOf(target);
  if (status !== undefined && !status.isFile()) throw notAFile(target);
  await writeFileAtomic(target, await textOf(file, place), { mode: file.mode });
  return target;
}

async function textOf({ from }: PluginFile, { socket }: PluginPlace): Promise<string> {
  const text = await readFile(projectFile('panel-ui', 'plugins', from), 'utf8');
  return text.replaceAll(PLACEHOLDER, socket);
}

/** The real folder; made, or undefined, where it is missing. */
async function safeFolder(
  root: string,
  path: string,
  isMade: boolean,
): Promise<string | undefined> {
  let folder = await realpath(root);
  for (const name of path.split('/').filter((part) => part !== '')) {
    const next = join(folder, name);
    const status = await statusOf(next);
    if (status === undefined) {
      if (!isMade) return undefined;
      await mkdir(next, { mode: 0o755 });
      folder = next;
    } else if (status.isSymbolicLink()) {
      if (!isOnlyRoots(await lstat(folder))) throw symlink(next);
      folder = await realpath(next);
    } else if (status.isDirectory()) folder = next;
    else throw notAFile(next);
  }
  return folder;
}

async function isThere(path: string): Promise<boolean> {
  return realpath(path).then(
    () => true,
    () => false,
  );
}

function statusOf(path: string) {
  return lstat(path).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
}

function noPanel(path: string): AppError {
  const message = `The panel is not installed here: there is no ${path}.`;
  return new AppError('conflict', 'plugin.no-panel', message);
}

function symlink(path: string): AppError {
  const message = `${path} is a symlink that others than root can change; nothing is written through it. Remove it first.`;
  return new AppError('denied', 'plugin.symlink', message);
}

function notAFile(path: string): AppError {
  const message = `${path} is there and is not what the plugin puts there; remove it first.`;
  return new AppError('denied', 'plugin.in-the-way', message);
}

function oddSocket(path: string): AppError {
  const message = `The socket's path ${path} has characters that do not fit into a panel's scripts; choose another --home.`;
  return new AppError('input', 'plugin.odd-socket', message);
}
