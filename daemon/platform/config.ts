/**
 * The configuration: config.yaml and `HOLDFAST_*` environment variables through one schema.
 *
 * Every problem is reported at once, each with its key; an unknown key is a problem, with a guess at
 * what was meant. Beside the entry points this is the only code that looks at the environment, and
 * it is handed in. The result is frozen: nothing changes the configuration while the daemon runs.
 */
import { open } from 'node:fs/promises';
import { availableParallelism, hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { readEnvironment } from './config-environment.js';
import {
  buildConfigSchema,
  type Config,
  type ConfigSchema,
  type Machine,
} from './config-schema.js';
import {
  type ConfigTree,
  isTree,
  leavesOf,
  mergeTrees,
  problemsOf,
  valueAt,
  withoutNulls,
} from './config-tree.js';
import { AppError, errnoOf, inputError, type Problem } from './errors.js';

export interface ConfigSources {
  /** Path of config.yaml; a missing file means the defaults. */
  file: string;
  env: Record<string, string | undefined>;
}

/** The configuration, and where what is no default comes from. */
export interface LoadedConfig {
  config: Config;
  /** By key (`panel.port`). */
  origins: ReadonlyMap<string, ConfigOrigin>;
}

export type ConfigOrigin = 'file' | 'environment';

/** Reads, merges (environment over file over defaults), checks and freezes the configuration. */
export async function loadConfig(sources: ConfigSources): Promise<LoadedConfig> {
  const text = await readConfigFile(sources.file);
  return parseConfig({ ...sources, text });
}

/** The pure part of `loadConfig`: `text` is the file's content, empty when there is none. */
export function parseConfig(
  sources: ConfigSources & { text: string },
  machine: Machine = thisMachine(),
): LoadedConfig {
  const schema = buildConfigSchema(machine);
  const file = parseYaml(sources.text);
  const environment = readEnvironment(sources.env, schema);
  const parsed = schema.safeParse(mergeTrees(file.tree, environment.tree));
  const problems = [...file.problems, ...environment.problems];
  if (!parsed.success) problems.push(...problemsOf(parsed.error, schema, environment.names));
  if (!parsed.success || problems.length > 0) throw invalid(sources.file, problems);
  const config = freeze(withAbsolutePaths(parsed.data, dirname(sources.file)));
  return { config, origins: originsOf(schema, file.tree, environment.names) };
}

function originsOf(
  schema: ConfigSchema,
  file: ConfigTree,
  variables: ReadonlyMap<string, string>,
): LoadedConfig['origins'] {
  const found = leavesOf(schema).flatMap(({ path }): [string, ConfigOrigin][] => {
    const key = path.join('.');
    if (variables.has(key)) return [[key, 'environment']];
    return valueAt(file, path) === undefined ? [] : [[key, 'file']];
  });
  return new Map(found);
}

/** What defaults depend on, here. */
export function thisMachine(): Machine {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  return { cores: availableParallelism(), hostname: hostname(), timeZone };
}

interface ReadTree {
  tree: ConfigTree;
  problems: Problem[];
}

function parseYaml(text: string): ReadTree {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) return notATree(`is not valid YAML: ${firstLine(error.message)}`);
  try {
    // Aliases have no use here, and a few of them can stand for gigabytes.
    const value = withoutNulls(document.toJS({ maxAliasCount: 0 }) ?? {});
    return isTree(value) ? { tree: value, problems: [] } : notATree('must hold "section:" keys');
  } catch (thrown) {
    return notATree(`cannot be used: ${thrown instanceof Error ? thrown.message : ''}`);
  }
}

function notATree(message: string): ReadTree {
  return { tree: {}, problems: [{ field: '', message }] };
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

function invalid(file: string, problems: Problem[]) {
  const lines = problems.map(
    ({ field, message }) => `  ${field === '' ? file : field}: ${message}`,
  );
  const count = problems.length === 1 ? 'a problem' : `${String(problems.length)} problems`;
  return inputError(
    'config.invalid',
    `The configuration (${file} and HOLDFAST_* variables) has ${count}:\n${lines.join('\n')}`,
    problems,
  );
}

async function readConfigFile(path: string): Promise<string> {
  try {
    return await readClosedFile(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return '';
    if (error instanceof AppError) throw error;
    const reason = errnoOf(error) ?? 'unknown error';
    const message = `The configuration ${path} cannot be read (${reason}).`;
    throw inputError('config.unreadable', message, [{ field: '', message: 'cannot be read' }]);
  }
}

async function readClosedFile(path: string): Promise<string> {
  const handle = await open(path, 'r');
  try {
    const stats = await handle.stat();
    // What it names (certificates, account lists) is read as root: nobody else may choose it.
    if ((stats.mode & 0o002) !== 0) {
      throw inputError('config.exposed', `Anyone may write ${path}; run "chmod o-w ${path}".`, [
        { field: '', message: 'is writable by everyone' },
      ]);
    }
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/** Relative paths in the configuration count from the directory of config.yaml. */
function withAbsolutePaths(config: Config, base: string): Config {
  const { accounts, panel, databases } = config;
  return {
    ...config,
    databases: { ...databases, ...resolved(databases, base) },
    accounts: {
      ...accounts,
      ...(accounts.file === undefined ? {} : { file: resolve(base, accounts.file) }),
    },
    panel: {
      ...panel,
      ...(panel.tls === undefined
        ? {}
        : {
            tls: {
              certFile: resolve(base, panel.tls.certFile),
              keyFile: resolve(base, panel.tls.keyFile),
            },
          }),
    },
  };
}

const DATABASE_PATHS = [
  'mariadbSocket',
  'mariadbOptionFile',
  'postgresqlSocket',
  'postgresqlPassFile',
] as const;

/** Those paths that are set. */
function resolved(databases: Config['databases'], base: string): Partial<Config['databases']> {
  const pairs = DATABASE_PATHS.flatMap((key) => {
    const path = databases[key];
    return path === undefined ? [] : [[key, resolve(base, path)] as const];
  });
  return Object.fromEntries(pairs);
}

function freeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null) freeze(inner as object);
  }
  return Object.freeze(value);
}
