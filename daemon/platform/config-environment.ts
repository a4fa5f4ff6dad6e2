/** `HOLDFAST_PANEL_PORT=8080` as `panel.port: 8080`. */
import { parse } from 'yaml';
import type { z } from 'zod';
import { closest, type ConfigLeaf, type ConfigTree, leavesOf, mergeTrees } from './config-tree.js';
import type { Problem } from './errors.js';

export interface EnvironmentConfig {
  tree: ConfigTree;
  problems: Problem[];
  /** Which variable set which key (`panel.port`), so that a problem can name it. */
  names: Map<string, string>;
}

const PREFIX = 'HOLDFAST_';
/** Read by the command line, not part of the configuration. */
const OTHER_NAMES = ['HOLDFAST_HOME'];

export function readEnvironment(
  env: Record<string, string | undefined>,
  schema: z.ZodType,
): EnvironmentConfig {
  const leaves = new Map(leavesOf(schema).map((leaf) => [variableName(leaf.path), leaf]));
  const result: EnvironmentConfig = { tree: {}, problems: [], names: new Map() };
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(PREFIX) || value === undefined || OTHER_NAMES.includes(name)) continue;
    const leaf = leaves.get(name);
    if (leaf === undefined) {
      const guess = closest(name, [...leaves.keys()]);
      const hint = guess === undefined ? '' : `; did you mean ${guess}?`;
      result.problems.push({ field: name, message: `is not a known variable${hint}` });
      continue;
    }
    result.tree = mergeTrees(result.tree, branch(leaf.path, valueOf(leaf, value)));
    result.names.set(leaf.path.join('.'), name);
  }
  return result;
}

/** `panel.tls.certFile` is `HOLDFAST_PANEL_TLS_CERT_FILE`. */
export function variableName(path: string[]): string {
  const words = path.map((part) => part.replaceAll(/[A-Z]/g, (letter) => `_${letter}`));
  return PREFIX + words.join('_').toUpperCase();
}

function branch(path: string[], value: unknown): ConfigTree {
  const [first = '', ...rest] = path;
  return { [first]: rest.length === 0 ? value : branch(rest, value) };
}

function valueOf(leaf: ConfigLeaf, text: string): unknown {
  if (leaf.isText) return text;
  try {
    return parse(text) as unknown;
  } catch {
    return text;
  }
}
