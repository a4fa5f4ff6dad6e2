import { readPanelFile } from './panel-files.js';

/** The hashes of passwords in /etc/shadow; none of users who are locked or have none. */
export async function readPasswordHashes(root: string): Promise<Map<string, string>> {
  const text = (await readPanelFile(root, '/etc/shadow')) ?? '';
  const pairs = text.split('\n').map((line) => line.split(':'));
  return new Map(
    pairs.flatMap(([name = '', hash = '']) => (hash.startsWith('$') ? [[name, hash]] : [])),
  );
}
