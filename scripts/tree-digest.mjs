/** What a tree holds, for saying whether it came back: shares nothing with Holdfast itself. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';

/** Path (one character for each byte) to type, mode, time, target and SHA-256 of every entry. */
export function digestTree(directory) {
  const entries = new Map();
  const totals = { files: 0, bytes: 0 };
  const visit = (full, relative) => {
    const stats = fs.lstatSync(full, { bigint: true });
    const facts = [stats.mode, stats.uid, stats.gid, stats.mtimeNs];
    if (stats.isFile()) {
      facts.push(createHash('sha256').update(fs.readFileSync(full)).digest('hex'));
      totals.files += 1;
      totals.bytes += Number(stats.size);
    }
    if (stats.isSymbolicLink()) facts.push(fs.readlinkSync(full, { encoding: 'latin1' }));
    entries.set(relative, facts.join(' '));
    if (!stats.isDirectory()) return;
    for (const name of fs.readdirSync(full, { encoding: 'buffer' })) {
      const below = Buffer.concat([full, Buffer.from('/'), name]);
      visit(below, `${relative}/${name.toString('latin1')}`);
    }
  };
  visit(Buffer.from(directory), '');
  return { entries, ...totals };
}

/** Paths that are missing, additional or different. */
export function differencesOf(before, after) {
  const paths = new Set([...before.entries.keys(), ...after.entries.keys()]);
  return [...paths].filter((path) => before.entries.get(path) !== after.entries.get(path));
}
