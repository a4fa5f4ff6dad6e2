/**
 * What every part of the daemon may inject: clock, configuration, paths, log, sealed secrets and
 * the server's keys. The one global module; it holds values that were opened before Nest starts, so
 * that a wrong configuration is told before anything else happens.
 */
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { type Clock, systemClock } from './clock.js';
import { type LoadedConfig, loadConfig } from './config.js';
import type { Config } from './config-schema.js';
import { type InstancePaths, makeInstanceDirectories } from './instance.js';
import { createLogger, type Logger } from './logger.js';
import { openSecretBox, SecretBox } from './secret.js';
import { openServerKeys, type ServerKeys } from './server-keys.js';
import { readUptime } from './uptime.js';

/** Tokens of what is an interface; `SecretBox` is injected by its class. */
export const CLOCK = Symbol('Clock');
export const CONFIG = Symbol('Config');
export const CONFIG_SOURCE = Symbol('ConfigSource');
export const INSTANCE_PATHS = Symbol('InstancePaths');
export const LOGGER = Symbol('Logger');
export const SERVER_KEYS = Symbol('ServerKeys');
export const UPTIME = Symbol('Uptime');

/** Where the configuration came from, to say so and to read it again. */
export interface ConfigSource extends Pick<LoadedConfig, 'origins'> {
  env: Record<string, string | undefined>;
}

export interface Platform {
  clock: Clock;
  config: Config;
  configSource: ConfigSource;
  paths: InstancePaths;
  logger: Logger;
  secretBox: SecretBox;
  serverKeys: ServerKeys;
}

/** Opens an instance: configuration, directories, keys and log; makes what is missing. */
export async function openPlatform(
  paths: InstancePaths,
  env: Record<string, string | undefined>,
): Promise<Platform> {
  const { config, origins } = await loadConfig({ file: paths.config, env });
  await makeInstanceDirectories(paths);
  return {
    clock: systemClock,
    config,
    configSource: { origins, env },
    paths,
    logger: createLogger({ level: config.log.level }),
    secretBox: await openSecretBox(paths.keys),
    serverKeys: await openServerKeys(paths),
  };
}

@Global()
@Module({})
export class PlatformModule {
  static of(platform: Platform): DynamicModule {
    const providers = [
      { provide: CLOCK, useValue: platform.clock },
      { provide: CONFIG, useValue: platform.config },
      { provide: CONFIG_SOURCE, useValue: platform.configSource },
      { provide: INSTANCE_PATHS, useValue: platform.paths },
      { provide: LOGGER, useValue: platform.logger },
      { provide: SERVER_KEYS, useValue: platform.serverKeys },
      { provide: UPTIME, useValue: readUptime },
      { provide: SecretBox, useValue: platform.secretBox },
    ];
    return { module: PlatformModule, providers, exports: providers };
  }
}
